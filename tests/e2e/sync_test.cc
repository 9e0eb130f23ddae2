// SPDX-License-Identifier: BSD-3-Clause
// What MISP really does that a list over all cannot bear: it hides rows, speaks other languages,
// fails in the middle, is slow, and has no feed.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <utility>

#include "process/waiting.h"
#include "stack/stack.h"

namespace misp_zeek {
namespace {

using nlohmann::json;
using process::content_of;
using process::eventually;
using std::chrono::seconds;

constexpr seconds kLimit{60};
constexpr const char* kAnyAge = "[filter]\nmax_age = \"0\"\n";

/// MISP with a set of its own, the stand-in for Zeek, and the service, not started yet.
class Sync : public testing::Test {
 protected:
  explicit Sync(const std::string& settings = kAnyAge)
      : stack_({.zeek = "",
                .misp_arguments = {"--empty"},
                .settings = settings,
                .start_limit = kLimit,
                .state = true}) {
    stack_.start_misp();
    stack_.start_zeek();
  }
  void TearDown() override { stack_.keep_files(HasFailure()); }

  void load(int events, int attributes) {
    stack_.post("/sim/load", {{"events", events}, {"attributes", attributes}});
  }
  void start() {
    stack_.start_service();
    stack_.wait_until_ready(kLimit);
  }
  std::string add_event() {
    const json event = stack_.post("/events/add", {{"info", "sync"}, {"distribution", 1}});
    const json& id = event.at("Event").at("id");
    return id.is_string() ? id.get<std::string>() : id.dump();
  }
  json add(const std::string& event, const std::string& type, const std::string& value) {
    return stack_.post("/attributes/add/" + event,
                       {{"type", type}, {"value", value}, {"to_ids", true}});
  }
  json check(const std::string& name) {
    for (const auto& one : stack_.ready().value("checks", json::array())) {
      if (one.at("name") == name) {
        return one;
      }
    }
    return {{"message", ""}, {"ok", false}};
  }
  bool says(const std::string& name, const std::string& text) {
    return check(name).at("message").get<std::string>().find(text) != std::string::npos;
  }
  bool holds(std::size_t entries, seconds limit = seconds(30)) {
    return process::eventually([&] { return stack_.held().size() == entries; }, limit);
  }
  std::size_t held() { return stack_.held().size(); }
  std::string log() { return content_of(stack_.file("misp-zeek.log")); }
  std::string answer() { return content_of(stack_.file("command.log")); }
  std::size_t searches() {
    const json requests = stack_.get("/sim/stats").at("requests");
    std::size_t count = 0;
    for (const auto& [action, number] : requests.items()) {
      count += number.get<std::size_t>();
    }
    return count;
  }
  /// A first read, whose state is forgotten: the entries in Zeek and the requests that it took.
  std::pair<std::size_t, std::size_t> read_undisturbed(int events, int attributes) {
    load(events, attributes);
    start();
    const std::pair read(held(), searches());
    stack_.stop_service();
    std::filesystem::remove_all(stack_.state_path());
    return read;
  }
  stack::Stack stack_;
};

TEST_F(Sync, AnAllowedlistedRowIsNoEndOfAList) {
  load(50, 1'000);
  const json rows = stack_.get("/sim/expected");
  const std::string hidden = rows.at(3).at("value");
  stack_.post("/sim/instance", {{"allowedlist", json::array({"/^" + hidden + "$/"})}});
  start();
  const auto all = rows.size();
  EXPECT_GE(held() + 5, all) << "more than the hidden value is missing";
  EXPECT_LT(held(), all);
  const auto before = held();
  stack_.stop_service();
  start();
  EXPECT_EQ(held(), before) << "a restart takes nothing out";
  // A live add of such a value leaves again.
  const std::string event = add_event();
  stack_.post("/sim/instance",
              {{"allowedlist", json::array({"/^" + hidden + "$/", "/^198\\.51\\.100\\.77$/"})}});
  add(event, "ip-dst", "198.51.100.77");
  add(event, "ip-dst", "198.51.100.78");
  EXPECT_TRUE(holds(before + 1, seconds(15))) << held() << " of " << before + 1;
}

TEST_F(Sync, ADeletionIsUnderstoodInFrench) {
  stack_.post("/sim/instance", {{"language", "fra"}});
  const std::string event = add_event();
  const json row = add(event, "ip-dst", "198.51.100.1");
  start();
  ASSERT_EQ(held(), 1U);
  stack_.post("/sim/faults", {{"silent", true}});
  const json& id = row.at("Attribute").at("id");
  stack_.post("/attributes/delete/" + (id.is_string() ? id.get<std::string>() : id.dump()) + "/1",
              json::object());
  EXPECT_EQ(stack_.command({"reconcile", "--full"}), 0);
  EXPECT_TRUE(holds(0)) << stack_.ready().dump();
  stack_.post("/sim/faults", {{"silent", false}});
  add(event, "ip-dst", "198.51.100.2");
  EXPECT_TRUE(holds(1));
  stack_.wait_until_ready(kLimit);
}

TEST_F(Sync, GoesOnAfterErrorsInTheMiddleOfTheFirstRead) {
  const auto [whole, undisturbed] = read_undisturbed(200, 4'000);
  const auto before = searches();
  stack_.post("/sim/instance", {{"costs", {{"row_ns", 500'000}}}});
  stack_.start_service();
  ASSERT_TRUE(eventually(
      [&] { return says("snapshot", "reading: 1") || says("snapshot", "reading: 2"); }, kLimit));
  stack_.post("/sim/faults", {{"status", {{"code", 502}, {"for_ms", 1'500}}}});
  stack_.wait_until_ready(kLimit);
  EXPECT_EQ(held(), whole);
  EXPECT_LE(searches() - before, undisturbed + 10);
}

TEST_F(Sync, GoesOnAfterARestartInTheMiddleOfTheFirstRead) {
  const auto [whole, undisturbed] = read_undisturbed(400, 8'000);
  const auto before = searches();
  stack_.post("/sim/instance", {{"costs", {{"row_ns", 1'000'000}}}});
  stack_.start_service();
  const std::size_t half = whole / 2;
  ASSERT_TRUE(eventually([&] { return held() > half; }, kLimit));
  std::this_thread::sleep_for(seconds(2));  // what was read is saved within a second
  stack_.kill_service();
  stack_.post("/sim/instance", {{"costs", false}});
  stack_.start_service();
  stack_.wait_until_ready(kLimit);
  EXPECT_EQ(held(), whole);
  EXPECT_LE(searches() - before, undisturbed + 10);
}

TEST_F(Sync, ASlipInTheFilterAndARestartWaitForTheOperator) {
  load(10, 300);
  start();
  const auto before = held();
  stack_.stop_service();
  stack_.set_settings("[filter]\nmax_age = \"0\"\ntags = [\"no-such-tag\"]\n");
  stack_.start_service();
  EXPECT_TRUE(eventually([&] { return says("zeek:zeek", "--accept-shrink"); }, kLimit))
      << stack_.ready().dump();
  EXPECT_TRUE(says("zeek:zeek", "the filter changed: tags")) << stack_.ready().dump();
  EXPECT_EQ(held(), before);
  EXPECT_EQ(stack_.command({"reconcile", "--accept-shrink"}), 0);
  EXPECT_NE(answer().find("holds " + std::to_string(before) + " entries"), std::string::npos)
      << answer();
  EXPECT_TRUE(holds(0)) << held();
}

TEST_F(Sync, AnEventThatDoublesTheSetWaitsForTheOperator) {
  load(5, 100);
  stack_.set_settings(std::string(kAnyAge) + "[limits]\nmax_growth = 1000\n");
  start();
  const auto before = held();
  const std::string event = add_event();
  stack_.post("/sim/faults", {{"silent", true}});
  json rows = json::array();
  for (int i = 0; i < 1'500; ++i) {
    rows.push_back({{"type", "ip-dst"},
                    {"value", "203.0." + std::to_string(i / 250) + "." + std::to_string(i % 250)},
                    {"to_ids", true}});
  }
  stack_.post("/attributes/add/" + event, rows);
  stack_.post("/sim/faults", {{"silent", false}});
  EXPECT_EQ(stack_.command({"reconcile"}), 0);
  EXPECT_TRUE(eventually([&] { return says("growth", "event " + event); }, kLimit))
      << stack_.ready().dump();
  EXPECT_EQ(held(), before);
  EXPECT_EQ(stack_.command({"reconcile", "--accept-growth", event}), 0);
  EXPECT_NE(answer().find("reading event " + event), std::string::npos) << answer();
  EXPECT_TRUE(holds(before + 1'500)) << held();
  stack_.wait_until_ready(kLimit);
}

TEST_F(Sync, AClockThatIsFarAheadRemovesNothing) {
  stack_.set_settings("[filter]\nmax_age = \"90d\"\n");
  const std::string event = add_event();
  for (int i = 0; i < 30; ++i) {
    add(event, "ip-dst", "198.51.100." + std::to_string(i));
  }
  start();
  ASSERT_EQ(held(), 30U);
  stack_.post("/sim/clock", {{"offset", 91 * 86'400}});
  EXPECT_EQ(stack_.command({"reconcile", "--full"}), 0);
  EXPECT_TRUE(eventually([&] { return check("clock").at("ok") == false; }, kLimit))
      << stack_.ready().dump();
  std::this_thread::sleep_for(seconds(3));
  EXPECT_EQ(held(), 30U);
  stack_.post("/sim/clock", {{"offset", 0}});
  EXPECT_EQ(stack_.command({"reconcile"}), 0);
  EXPECT_TRUE(eventually([&] { return check("clock").at("ok") == true; }, kLimit));
  EXPECT_EQ(held(), 30U);
}

TEST_F(Sync, FollowsWithoutAFeed) {
  stack_.set_endpoint("");
  stack_.set_settings(std::string(kAnyAge) + "[reconcile]\ninterval = \"2s\"\n");
  const std::string event = add_event();
  add(event, "ip-dst", "198.51.100.1");
  start();
  ASSERT_EQ(held(), 1U);
  EXPECT_TRUE(says("feed", "none: MISP is polled each 2 s")) << stack_.ready().dump();
  add(event, "ip-dst", "198.51.100.2");
  EXPECT_TRUE(holds(2, seconds(15)));
  const std::string other = add_event();
  add(other, "domain", "polled.example");
  EXPECT_TRUE(holds(3, seconds(15)));
}

TEST_F(Sync, StaysConnectedWhileOtherTopicsSpeak) {
  load(2, 10);
  start();
  stack_.post("/sim/feed", {{"topic", "audit"}, {"every_ms", 2'000}});
  const auto end = std::chrono::steady_clock::now() + seconds(50);
  while (std::chrono::steady_clock::now() < end) {
    ASSERT_EQ(check("feed").at("ok"), true) << stack_.ready().dump();
    std::this_thread::sleep_for(seconds(1));
  }
}

TEST_F(Sync, RefusesAMispThatIsTooOldAndSearchesWithDefaults) {
  load(2, 10);
  stack_.post("/sim/instance", {{"version", "2.4.170"}});
  stack_.start_service();
  EXPECT_TRUE(eventually([&] { return says("rest", "MISP 2.4.170 is too old"); }, kLimit))
      << stack_.ready().dump();
  EXPECT_EQ(stack_.command({"check", "--connect"}), 1);
  EXPECT_NE(answer().find("2.4.180 is the oldest that works"), std::string::npos) << answer();
  stack_.stop_service();
  stack_.post("/sim/instance", {{"version", "2.5.1"},
                                {"user", {{"default_restsearch_parameters", {{"type", "md5"}}}}}});
  stack_.start_service();
  EXPECT_TRUE(eventually([&] { return says("rest", "default_restsearch_parameters"); }, kLimit))
      << stack_.ready().dump();
  EXPECT_EQ(held(), 0U);
}

}  // namespace
}  // namespace misp_zeek
