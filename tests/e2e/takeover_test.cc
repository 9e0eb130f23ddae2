// SPDX-License-Identifier: BSD-3-Clause
// Two services of one MISP and one owner on a real Zeek: one feeds it, the other stands by.
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "process/process.h"
#include "process/waiting.h"
#include "stack/stack.h"
#include "web/client.h"

namespace misp_zeek {
namespace {

using nlohmann::json;
using process::content_of;
using process::eventually;
using process::Process;
using stack::Stack;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds kLimit{40};
constexpr std::size_t kEntries = 250;

void replace(std::string& text, const std::string& old, const std::string& with) {
  const auto at = text.find(old);
  ASSERT_NE(at, std::string::npos) << old;
  text.replace(at, old.size(), with);
}

class Takeover : public testing::Test {
 protected:
  void TearDown() override {
    if (stack_) {
      stack_->keep_files(HasFailure());
    }
  }
  void start() {
    const std::string zeek = stack::find_zeek("auto");
    if (zeek.empty()) {
      GTEST_SKIP() << "no Zeek whose Broker this build speaks";
    }
    stack_ = std::make_unique<Stack>(
        stack::Options{.zeek = zeek,
                       .misp_arguments = {"--empty", "--heartbeat-ms", "500"},
                       .settings = "[filter]\nmax_age = \"0\"\n",
                       .start_limit = kLimit});
    stack_->start_misp();
    const json event = stack_->post("/events/add", {{"info", "a campaign"}, {"distribution", "3"}});
    const json& id = event.at("Event").at("id");
    event_ = id.is_string() ? id.get<std::string>() : id.dump();
    for (std::size_t n = 0; n < kEntries; ++n) {
      add("198.51.100." + std::to_string(n));
    }
    stack_->start_zeek();
    stack_->start_service();
    stack_->wait_until_ready(kLimit);
    start_second();
  }
  void add(const std::string& value) {
    stack_->post("/attributes/add/" + event_,
                 {{"type", "ip-dst"}, {"value", value}, {"to_ids", true}});
  }
  void start_second() {
    std::string config = content_of(stack_->file("misp-zeek.toml"));
    second_port_ = process::free_port();
    replace(config, "127.0.0.1:" + std::to_string(stack_->health_port()),
            "127.0.0.1:" + std::to_string(second_port_));
    replace(config, stack_->control_socket(), stack_->file("second.sock"));
    std::ofstream(stack_->file("second.toml")) << config;
    second_ = std::make_unique<Process>(
        Process::Options{{MISP_ZEEK_PROGRAM, "run", "-c", stack_->file("second.toml")},
                         {{"MISP_ZEEK_MISP_API_KEY", Stack::api_key()},
                          {"MISP_ZEEK_HTTP_TOKEN", Stack::http_token()}},
                         "",
                         stack_->file("second.log")});
  }
  /// Whether the second service is ready, and says this of Zeek.
  bool second_says(const std::string& text) const {
    const auto answer = web::Client(second_port_).get("/readyz");
    const json ready = json::parse(answer ? answer->body : "{}", nullptr, false);
    if (!ready.value("ready", false)) {
      return false;
    }
    for (const auto& check : ready.at("checks")) {
      if (check.at("name") == "zeek:zeek") {
        return check.at("message").get<std::string>().starts_with(text);
      }
    }
    return false;
  }
  std::size_t sightings() const { return stack_->get("/sightings/index/" + event_).size(); }

  std::unique_ptr<Stack> stack_;
  std::unique_ptr<Process> second_;
  int second_port_ = 0;
  std::string event_;
};

TEST_F(Takeover, NoEntryIsAbsentAndNoSightingLostWhenTheFirstServiceIsKilled) {
  start();
  if (IsSkipped() || HasFailure()) {
    return;
  }
  ASSERT_TRUE(eventually([&] { return second_says("standby: service "); }, kLimit))
      << content_of(stack_->file("second.log"));
  EXPECT_TRUE(stack_->ready().at("ready").get<bool>());

  stack_->kill_service();
  const auto killed = steady_clock::now();
  stack_->see("198.51.100.7");
  std::size_t fewest = kEntries;
  while (!second_says("in sync") && steady_clock::now() - killed < kLimit) {
    fewest = std::min(fewest, stack_->held_indicators());
  }
  const auto took = steady_clock::now() - killed;
  EXPECT_LE(took, seconds(8));
  EXPECT_EQ(fewest, kEntries);
  RecordProperty(
      "takeover_ms",
      static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(took).count()));
  EXPECT_TRUE(eventually([&] { return sightings() == 1; }, kLimit)) << sightings();
  add("203.0.113.1");
  EXPECT_TRUE(eventually([&] { return stack_->held_indicators() == kEntries + 1; }, kLimit));
}

TEST_F(Takeover, TheSecondServiceGoesOnAtOnceWhenTheFirstOneTakesLeave) {
  start();
  if (IsSkipped() || HasFailure()) {
    return;
  }
  ASSERT_TRUE(eventually([&] { return second_says("standby: service "); }, kLimit));
  stack_->stop_service();
  EXPECT_TRUE(eventually([&] { return second_says("in sync"); }, seconds(4)));
  EXPECT_EQ(stack_->held_indicators(), kEntries);
}

}  // namespace
}  // namespace misp_zeek
