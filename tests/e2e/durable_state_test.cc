// SPDX-License-Identifier: BSD-3-Clause
// The service as a process with durable state, a simulated MISP and the stand-in for Zeek.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "process/process.h"
#include "process/tcp_proxy.h"
#include "process/waiting.h"
#include "stack/stack.h"
#include "zeek_sim/zeek_sim.h"

namespace misp_zeek {
namespace {

using nlohmann::json;
using process::content_of;
using process::eventually;
using stack::Stack;
using std::chrono::seconds;

constexpr seconds kLimit{40};

/// MISP gives ids as text or as numbers.
std::string id_of(const json& row) {
  const json& id = row.at("id");
  return id.is_string() ? id.get<std::string>() : id.dump();
}

/// MISP with some attributes behind a relay, and a Zeek inside this process.
class DurableState : public testing::Test {
 protected:
  DurableState()
      : stack_({.zeek = "",
                .misp_arguments = {"--empty"},
                .settings = "[filter]\nmax_age = \"0\"\n",
                .start_limit = kLimit,
                .state = true}) {
    stack_.start_misp();
    stack_.post("/sim/load", {{"events", 10}, {"attributes", 300}});
    rest_ = std::make_unique<process::TcpProxy>(stack_.misp_http_port());
    start_zeek();
  }
  void TearDown() override { stack_.keep_files(HasFailure()); }

  /// An empty one, at a place of its own.
  void start_zeek() {
    sim::ZeekSimOptions options;
    options.disable_tls = true;
    auto zeek = sim::ZeekSim::start(options);
    ASSERT_TRUE(zeek) << zeek.error().message;
    zeek_ = std::move(*zeek);
    stack_.route({rest_->port(), 0, zeek_->port()});
  }
  void start_in_step() {
    stack_.start_service();
    stack_.wait_until_ready(kLimit);
  }
  json check(const std::string& name) {
    for (const auto& one : stack_.ready().value("checks", json::array())) {
      if (one.at("name") == name) {
        return one;
      }
    }
    return {{"message", ""}, {"ok", false}};
  }
  std::string log() { return content_of(stack_.file("misp-zeek.log")); }

  Stack stack_;
  std::unique_ptr<process::TcpProxy> rest_;
  std::unique_ptr<sim::ZeekSim> zeek_;
};

TEST_F(DurableState, ReachesANewZeekWhileMispIsAwayAndIsCalledStale) {
  start_in_step();
  const auto before = zeek_->entries();
  ASSERT_FALSE(before.empty());
  stack_.stop_service();
  rest_->close();
  start_zeek();
  stack_.start_service();
  EXPECT_TRUE(eventually([&] { return zeek_->entries() == before; }));
  EXPECT_TRUE(eventually([&] {
    return check("snapshot")
        .at("message")
        .get<std::string>()
        .starts_with("stale: 300 attributes as MISP was at 20");
  })) << stack_.ready().dump();
  EXPECT_EQ(check("snapshot").at("ok"), false);
  EXPECT_EQ(stack_.ready().at("ready"), false);
  rest_->open();
  stack_.wait_until_ready(seconds(90));
  EXPECT_EQ(zeek_->entries(), before);
}

TEST_F(DurableState, KeepsZeekUntouchedOverARestart) {
  start_in_step();
  const auto before = zeek_->changes();
  ASSERT_GE(before, 300U);
  stack_.stop_service();
  start_in_step();
  EXPECT_EQ(zeek_->changes(), before);
}

TEST_F(DurableState, KeepsZeekUntouchedOverAKill) {
  start_in_step();
  const auto before = zeek_->changes();
  stack_.kill_service();
  start_in_step();
  EXPECT_EQ(zeek_->changes(), before);
}

TEST_F(DurableState, TakesOutAfterARestartWhatWentWhileItWasAway) {
  start_in_step();
  const auto before = zeek_->changes();
  const json rows = stack_.get("/sim/expected");
  stack_.stop_service();
  stack_.post("/attributes/delete/" + id_of(rows.at(0)), json::object());
  start_in_step();
  EXPECT_TRUE(eventually([&] { return zeek_->changes() == before + 1; })) << zeek_->changes();
}

TEST_F(DurableState, BeginsAnewWithADamagedFileAndSaysSo) {
  start_in_step();
  const auto before = zeek_->entries();
  stack_.kill_service();
  std::filesystem::remove(stack_.state_path() + "/state.db-wal");
  std::ofstream(stack_.state_path() + "/state.db", std::ios::binary) << "damaged by a test";
  start_in_step();
  EXPECT_EQ(zeek_->entries(), before);
  EXPECT_NE(log().find("starting without saved state"), std::string::npos);
  const auto aside = [&](const auto& entry) {
    return entry.path().filename().string().starts_with("state.db.damaged-");
  };
  const std::filesystem::directory_iterator files(stack_.state_path());
  EXPECT_TRUE(std::any_of(begin(files), end(files), aside));
}

TEST_F(DurableState, IsNotSharedByTwoServices) {
  start_in_step();
  EXPECT_EQ(stack_.command({"run"}), 1);
  EXPECT_NE(content_of(stack_.file("command.log")).find("another misp-zeek uses it"),
            std::string::npos);
}

TEST_F(DurableState, HidesTheControlSocketFromOthers) {
  start_in_step();
  struct stat status {};
  ASSERT_EQ(stat(stack_.control_socket().c_str(), &status), 0);
  EXPECT_TRUE(S_ISSOCK(status.st_mode));
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
}

TEST_F(DurableState, ReleasesAShrinkOnlyWhenTheOperatorAcceptsIt) {
  start_in_step();
  const json rows = stack_.get("/sim/expected");
  stack_.post("/sim/faults", {{"silent", true}});
  for (std::size_t i = 0; i < 90; ++i) {
    stack_.post("/attributes/delete/" + id_of(rows.at(i)), json::object());
  }
  const auto before = zeek_->entries().size();
  EXPECT_EQ(stack_.command({"reconcile", "--full"}), 0);
  EXPECT_TRUE(eventually([&] {
    return check("removals").at("message").get<std::string>().find("--accept-shrink") !=
           std::string::npos;
  })) << stack_.ready().dump();
  EXPECT_EQ(zeek_->entries().size(), before);
  EXPECT_EQ(stack_.command({"reconcile", "--accept-shrink"}), 0);
  EXPECT_TRUE(eventually([&] { return zeek_->entries().size() < before; }));
  stack_.wait_until_ready(kLimit);
  EXPECT_NE(log().find("msg=\"drift repaired\""), std::string::npos);
}

TEST_F(DurableState, SaysThatNoServiceRuns) {
  start_in_step();
  stack_.stop_service();
  EXPECT_EQ(stack_.command({"reconcile"}), 1);
  EXPECT_NE(content_of(stack_.file("command.log")).find("no service runs: "), std::string::npos);
}

}  // namespace
}  // namespace misp_zeek
