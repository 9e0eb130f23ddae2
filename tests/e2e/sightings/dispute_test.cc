// SPDX-License-Identifier: BSD-3-Clause
// Sightings of analysts that withdraw an indicator, through real processes: a simulated MISP, the
// service and Zeek.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "process/tcp_proxy.h"
#include "stack/stack.h"

namespace misp_zeek::e2e {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

class Disputed : public testing::Test {
 protected:
  Disputed()
      : stack_({.zeek = stack::find_zeek("auto"),
                .misp_arguments = {"--empty"},
                .zeek_arguments = {},
                .settings = "[filter]\nhonour_false_positives = 2\nhonour_expirations = true\n",
                .start_limit = seconds(60),
                .state = true}) {
    stack_.start_misp();
    const json event = stack_.post("/events/add", {{"info", "disputed"}, {"distribution", "3"}});
    event_ = event.at("Event").at("id").get<std::string>();
    for (const char* value : {"198.51.100.1", "198.51.100.2"}) {
      const json answer = stack_.post("/attributes/add/" + event_,
                                      {{"type", "ip-dst"}, {"value", value}, {"to_ids", true}});
      uuids_.push_back(answer.at("Attribute").at("uuid").get<std::string>());
    }
    stack_.start_zeek();
    stack_.start_service();
    stack_.wait_until_ready(seconds(60));
  }
  ~Disputed() override { stack_.keep_files(HasFailure()); }

  /// The sighting's id.
  std::string sight(std::size_t attribute, const json& sighting) {
    const json answer = stack_.post("/sightings/add/" + uuids_.at(attribute), sighting);
    return answer.at("Sighting").at("id").get<std::string>();
  }

  bool holds(std::size_t attribute) {
    const auto entries = stack_.held();
    return std::any_of(entries.begin(), entries.end(), [&](const std::string& entry) {
      return entry.find(uuids_.at(attribute)) != std::string::npos;
    });
  }

  bool comes_to(std::size_t attribute, bool held) {
    const auto deadline = steady_clock::now() + seconds(30);
    while (holds(attribute) != held && steady_clock::now() < deadline) {
      std::this_thread::sleep_for(milliseconds(50));
    }
    return holds(attribute) == held;
  }

  stack::Stack stack_;
  std::string event_;
  std::vector<std::string> uuids_;
};

TEST_F(Disputed, AnIndicatorLeavesZeekWithTheSecondFalsePositiveAndComesBackWithoutIt) {
  sight(0, {{"type", "1"}, {"source", "analyst"}});
  sight(0, {{"type", "0"}, {"source", "analyst"}});
  const auto second = sight(0, {{"type", "1"}, {"source", "another"}});
  EXPECT_TRUE(comes_to(0, false));
  EXPECT_TRUE(holds(1));
  // An edit does not bring it back: the message lists the sightings.
  stack_.post("/attributes/edit/" + uuids_[0], {{"comment", "still disputed"}});
  stack_.post("/sightings/delete/" + second, json::object());
  EXPECT_TRUE(comes_to(0, true));
}

TEST_F(Disputed, AnIndicatorLeavesZeekWhenItExpires) {
  sight(0, {{"type", "2"}, {"timestamp", std::time(nullptr) + 2}});
  EXPECT_TRUE(comes_to(0, false));
  EXPECT_TRUE(holds(1));
}

TEST_F(Disputed, WhatWasWithdrawnStaysOutOfZeekAfterARestartWhileMispIsAway) {
  sight(0, {{"type", "2"}, {"timestamp", "1700000000"}});
  ASSERT_TRUE(comes_to(0, false));
  stack_.stop_service();
  process::TcpProxy away(stack_.misp_http_port());
  stack_.route({away.port(), 0, 0});
  away.close();
  stack_.start_service();
  EXPECT_TRUE(comes_to(1, true));
  EXPECT_FALSE(holds(0));
  away.open();
  stack_.wait_until_ready(seconds(90));
  EXPECT_FALSE(holds(0));
  EXPECT_TRUE(holds(1));
}

TEST_F(Disputed, AFullReconcileFindsASightingOfWhichNoMessageTold) {
  stack_.post("/sim/faults", {{"silent", true}});
  sight(0, {{"type", "2"}, {"timestamp", "1700000000"}});
  stack_.post("/sim/faults", {{"silent", false}});
  ASSERT_EQ(stack_.command({"reconcile", "--full"}), 0);
  EXPECT_TRUE(comes_to(0, false));
}

}  // namespace
}  // namespace misp_zeek::e2e
