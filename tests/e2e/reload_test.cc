// SPDX-License-Identifier: BSD-3-Clause
// SIGHUP to the service as a process, with a simulated MISP and a Zeek.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "process/process.h"
#include "process/waiting.h"
#include "stack/stack.h"

namespace misp_zeek {
namespace {

using nlohmann::json;
using process::eventually;
using std::chrono::seconds;

constexpr seconds kLimit{40};

/// 12 addresses and 3 domains in MISP; Zeek has the real one's place, if there is a real one.
class Reload : public testing::Test {
 protected:
  Reload()
      : stack_({.zeek = stack::find_zeek("auto"),
                .misp_arguments = {"--empty"},
                .settings = "[filter]\nmax_age = \"0\"\n",
                .start_limit = kLimit,
                .state = true}) {
    stack_.start_misp();
    const json event = stack_.post("/events/add", {{"info", "for the tests"}, {"distribution", 1}});
    const json& id = event.at("Event").at("id");
    event_ = id.is_string() ? id.get<std::string>() : id.dump();
    for (int n = 1; n <= 12; ++n) {
      add("ip-dst", "198.51.100." + std::to_string(n));
    }
    for (int n = 1; n <= 3; ++n) {
      add("domain", "host" + std::to_string(n) + ".example.org");
    }
    stack_.start_zeek();
    stack_.start_service();
    stack_.wait_until_ready(kLimit);
  }
  void TearDown() override { stack_.keep_files(HasFailure()); }

  void add(const std::string& type, const std::string& value) {
    stack_.post("/attributes/add/" + event_,
                {{"type", type}, {"value", value}, {"to_ids", true}, {"distribution", 5}});
  }
  std::string log() const { return process::content_of(stack_.file("misp-zeek.log")); }
  /// Changes the file as an editor would, and sends SIGHUP.
  void reload_with(const std::string& old_text, const std::string& new_text) {
    const std::string path = stack_.file("misp-zeek.toml");
    std::string text = process::content_of(path);
    const auto at = text.find(old_text);
    ASSERT_NE(at, std::string::npos) << text;
    text.replace(at, old_text.size(), new_text);
    std::ofstream(path) << text;
    ASSERT_EQ(kill(stack_.service().pid(), SIGHUP), 0);
  }
  bool logged(const std::string& what) {
    return eventually([&] { return log().find(what) != std::string::npos; });
  }
  std::size_t held() { return stack_.held().size(); }

  stack::Stack stack_;
  std::string event_;
};

TEST_F(Reload, ZeekFollowsAChangedFilter) {
  ASSERT_EQ(held(), 15U);
  reload_with("max_age = \"0\"", "max_age = \"0\"\ntypes = [\"!domain\"]");
  EXPECT_TRUE(eventually([&] { return held() == 12; })) << held();
  EXPECT_TRUE(
      logged("msg=\"configuration reloaded\" changed=\"filter.types: [] -> "
             "[\\\"!domain\\\"]\""))
      << log();
  add("domain", "host4.example.org");
  add("ip-dst", "198.51.100.13");
  EXPECT_TRUE(eventually([&] { return held() == 13; }));

  reload_with("types = [\"!domain\"]", "");
  EXPECT_TRUE(eventually([&] { return held() == 17; })) << held();
  stack_.wait_until_ready(kLimit);
}

TEST_F(Reload, HoldsBackWhatGoesBeyondMaxShrinkUntilAccepted) {
  reload_with("max_age = \"0\"", "max_age = \"0\"\ntypes = [\"domain\"]");
  EXPECT_TRUE(logged("removals blocked")) << log();
  EXPECT_EQ(held(), 15U);
  EXPECT_EQ(stack_.command({"reconcile", "--accept-shrink"}), 0);
  EXPECT_TRUE(eventually([&] { return held() == 3; })) << held();
}

TEST_F(Reload, AWrongFileLeavesAllAsItIs) {
  reload_with("max_age = \"0\"", "max_age = \"0\"\ntypo = 1");
  EXPECT_TRUE(
      logged("level=error msg=\"reload failed; keeping the current configuration\" reason=\"" +
             stack_.file("misp-zeek.toml")))
      << log();
  EXPECT_TRUE(logged("is unknown"));
  EXPECT_EQ(held(), 15U);
  stack_.wait_until_ready(kLimit);

  reload_with("typo = 1", "types = [\"!domain\"]");
  EXPECT_TRUE(eventually([&] { return held() == 12; })) << "and the next one can be right";
}

TEST_F(Reload, ChangesTheLogLevelAndNamesWhatNeedsARestart) {
  reload_with("[filter]", "[log]\nlevel = \"debug\"\n[reconcile]\ninterval = \"7m\"\n[filter]");
  EXPECT_TRUE(logged("changed=\"log.level: \\\"info\\\" -> \\\"debug\\\"\"")) << log();
  EXPECT_TRUE(logged("msg=\"changed keys need a restart\" keys=reconcile.interval")) << log();
  add("ip-dst", "198.51.100.99");
  EXPECT_TRUE(logged("level=debug ")) << "the new level holds";
}

TEST_F(Reload, TheSavedStateIsOfTheNewFilter) {
  reload_with("max_age = \"0\"", "max_age = \"0\"\ntypes = [\"!domain\"]");
  EXPECT_TRUE(eventually([&] { return held() == 12; }));
  stack_.wait_until_ready(kLimit);
  stack_.stop_service();
  stack_.start_service();  // by the old filter
  EXPECT_TRUE(logged("it is of another MISP, filter or mapping")) << log();
  EXPECT_TRUE(eventually([&] { return held() == 15; }));
}

}  // namespace
}  // namespace misp_zeek
