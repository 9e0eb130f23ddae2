// SPDX-License-Identifier: BSD-3-Clause
// Matches on their way to a chat, through the service as a process.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <ctime>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "process/process.h"
#include "process/temporary_folder.h"
#include "process/waiting.h"
#include "stack/stack.h"
#include "web/server.h"
#include "zeek_sim/zeek_sim.h"

namespace misp_zeek::e2e {
namespace {

using nlohmann::json;
using process::eventually;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* kPath = "/services/T000/B000/hunter2";

/// A chat that takes every message, answers with another status, or leaves its caller waiting.
class Chat {
 public:
  explicit Chat(bool answers) {
    server_ = std::make_unique<web::Server>([this, answers](const web::Request& request) {
      {
        const std::lock_guard lock(mutex_);
        auto& texts = status_ == 200 ? texts_ : refused_;
        texts.push_back(json::parse(request.body).at("text").get<std::string>());
      }
      for (; !answers && !ended_; std::this_thread::sleep_for(milliseconds(20))) {
      }
      web::Reply reply;
      reply.status = status_;
      reply.body = "ok";
      return reply;
    });
  }
  ~Chat() {
    ended_ = true;
    server_.reset();
  }
  Chat(const Chat&) = delete;
  Chat& operator=(const Chat&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(server_->port()) + kPath; }
  void set_status(int status) { status_ = status; }
  std::vector<std::string> texts() const {
    const std::lock_guard lock(mutex_);
    return texts_;
  }
  std::size_t refused() const {
    const std::lock_guard lock(mutex_);
    return refused_.size();
  }

 private:
  std::atomic<bool> ended_{false};
  std::atomic<int> status_{200};
  mutable std::mutex mutex_;
  std::vector<std::string> texts_;
  std::vector<std::string> refused_;  ///< that came while the status was another
  std::unique_ptr<web::Server> server_;
};

/// A simulated MISP with one attribute, a Zeek in this process, and the service with a webhook.
class Notified {
 public:
  explicit Notified(const std::string& url, int max_per_minute = 3)
      : stack_({.zeek = "",
                .misp_arguments = {"--empty"},
                .zeek_arguments = {},
                .settings = "[sightings]\naggregate = \"1s\"\nmax_per_second = 1000\n"
                            "[sightings.webhook]\nmax_per_minute = " +
                            std::to_string(max_per_minute) + "\nurl_file = \"" +
                            secrets_.write("webhook.url", url) + "\"\n",
                .start_limit = seconds(40),
                .state = true}) {
    stack_.start_misp();
    const json event = stack_.post("/events/add", {{"info", "chat"}, {"distribution", "3"}});
    event_ = event.at("Event").at("id").get<std::string>();
    stack_.post("/attributes/add/" + event_,
                {{"type", "domain"}, {"value", "c2.example"}, {"to_ids", true}});
    auto zeek = sim::ZeekSim::start(
        {.address = "127.0.0.1", .port = 0, .tls = {}, .disable_tls = true, .package = {}});
    if (!zeek) {
      throw std::runtime_error(zeek.error().message);
    }
    zeek_ = std::move(*zeek);
    stack_.route({0, 0, zeek_->port()});
    stack_.start_service();
    stack_.wait_until_ready(seconds(60));
  }

  void see(std::uint64_t at, const std::string& value = "c2.example") {
    contract::Sighting sighting;
    sighting.attribute_uuids = zeek_->items().front().attribute_uuids;
    sighting.indicator = value;
    sighting.event_id = event_;
    sighting.seen_at = at;
    zeek_->see(std::move(sighting));
  }
  std::size_t in_misp() const { return stack_.get("/sightings/index/" + event_).size(); }
  stack::Stack& stack() { return stack_; }
  const std::string& event() const { return event_; }

 private:
  process::TemporaryFolder secrets_;
  stack::Stack stack_;
  std::unique_ptr<sim::ZeekSim> zeek_;
  std::string event_;
};

std::uint64_t hour_ago() { return static_cast<std::uint64_t>(std::time(nullptr)) - 3'600; }

TEST(WebhookOfMatches, GetsTheMatchWithALinkToItsEventAndNoMoreThanAMinuteAllows) {
  const Chat chat(true);
  Notified notified(chat.url());
  for (std::uint64_t n = 0; n < 50; ++n) {
    notified.see(hour_ago() + n, n < 20 ? "c2.example" : "v" + std::to_string(n));
  }
  EXPECT_TRUE(eventually([&] { return notified.in_misp() == 50; })) << notified.in_misp();
  EXPECT_TRUE(eventually([&] { return chat.texts().size() == 3; }));
  const auto texts = chat.texts();
  ASSERT_EQ(texts.size(), 3U);
  EXPECT_NE(texts[0].find("`zeek` saw `c2.example`"), std::string::npos) << texts[0];
  EXPECT_NE(texts[0].find("/events/view/" + notified.event()), std::string::npos) << texts[0];
  notified.stack().stop_service();
  notified.stack().keep_files(testing::Test::HasFailure());
}

TEST(WebhookOfMatches, TellsFiveHitsOfOneValueOnceAndHasRoomForOthers) {
  const Chat chat(true);
  Notified notified(chat.url(), 10);
  for (std::uint64_t n = 0; n < 5; ++n) {
    notified.see(hour_ago() + n);
  }
  EXPECT_TRUE(eventually([&] { return chat.texts().size() == 1; }, seconds(10)));
  EXPECT_NE(chat.texts().at(0).find("5 times"), std::string::npos) << chat.texts().at(0);
  for (std::uint64_t n = 0; n < 30; ++n) {
    notified.see(hour_ago() + n, "v" + std::to_string(n) + ".example");
  }
  EXPECT_TRUE(eventually([&] { return chat.texts().size() == 10; }, seconds(10)));
  EXPECT_TRUE(eventually([&] { return chat.texts().size() == 11; }, seconds(70)));
  EXPECT_EQ(chat.texts().back().find("and 21 more matches of 21 values: "), 0U)
      << chat.texts().back();
  notified.stack().stop_service();
  notified.stack().keep_files(testing::Test::HasFailure());
}

class FaultyChat : public testing::TestWithParam<int> {};

TEST_P(FaultyChat, GetsTheMatchSoonAfterItIsBack) {
  Chat chat(true);
  Notified notified(chat.url());
  chat.set_status(GetParam());
  notified.see(hour_ago());
  EXPECT_TRUE(eventually([&] { return chat.refused() == 2; }));
  chat.set_status(200);
  EXPECT_TRUE(eventually([&] { return chat.texts().size() == 1; }, seconds(10)));
  EXPECT_NE(chat.texts().at(0).find("`c2.example`"), std::string::npos) << chat.texts().at(0);
  notified.stack().stop_service();
  notified.stack().keep_files(testing::Test::HasFailure());
}

TEST_P(FaultyChat, IsToldWhatItMissedWhenItWasAwayForLong) {
  Chat chat(true);
  Notified notified(chat.url());
  chat.set_status(GetParam());
  notified.see(hour_ago());
  EXPECT_TRUE(eventually([&] { return chat.refused() == 5; }));
  for (std::uint64_t n = 0; n < 20; ++n) {
    notified.see(hour_ago() + n, "v" + std::to_string(n % 4) + ".example");
  }
  EXPECT_TRUE(eventually([&] { return notified.in_misp() >= 20; })) << "sightings go on";
  chat.set_status(200);
  EXPECT_TRUE(eventually([&] { return chat.texts().size() == 1; }));
  const std::string text = chat.texts().at(0);
  EXPECT_EQ(text.find("this webhook failed for "), 0U) << text;
  EXPECT_NE(text.find("21 matches of 5 values"), std::string::npos) << text;
  notified.stack().stop_service();
  notified.stack().keep_files(testing::Test::HasFailure());
}

INSTANTIATE_TEST_SUITE_P(WebhookOfMatches, FaultyChat, testing::Values(404, 429, 500),
                         [](const auto& status) { return std::to_string(status.param); });

TEST(WebhookOfMatches, ThatDoesNotAnswerHoldsUpNeitherSightingsNorTheEnd) {
  const Chat chat(false);
  Notified notified(chat.url());
  for (std::uint64_t n = 0; n < 50; ++n) {
    notified.see(hour_ago() + n);
  }
  EXPECT_TRUE(eventually([&] { return notified.in_misp() == 50; })) << notified.in_misp();
  EXPECT_TRUE(eventually([&] { return chat.texts().size() == 1; }));
  notified.stack().stop_service();
  notified.stack().keep_files(testing::Test::HasFailure());
}

TEST(WebhookOfMatches, ItsUrlIsInNoLog) {
  std::string url = "http://127.0.0.1:1" + std::string(kPath);
  Notified notified(url);
  notified.see(static_cast<std::uint64_t>(std::time(nullptr)));
  const auto log = [&] { return process::content_of(notified.stack().file("misp-zeek.log")); };
  EXPECT_TRUE(
      eventually([&] { return log().find("posting to the webhook failed") != std::string::npos; }));
  EXPECT_EQ(log().find("hunter2"), std::string::npos);
  notified.stack().stop_service();
  notified.stack().keep_files(testing::Test::HasFailure());
}

}  // namespace
}  // namespace misp_zeek::e2e
