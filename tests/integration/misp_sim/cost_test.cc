// SPDX-License-Identifier: BSD-3-Clause
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <nlohmann/json.hpp>

#include "rest_client.h"

namespace misp_zeek::misp_sim {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

/// Ten events of ten attributes each.
class Costs : public testing::Test {
 protected:
  Costs() : rest(sim) { sim.load(10, 100); }

  int work() { return rest.send("GET", "/sim/stats").json().at("work_ms"); }

  /// Milliseconds that MISP works for the search; the answer takes as long.
  int search(const json& filters, int status = 200) {
    const int before = work();
    const auto start = std::chrono::steady_clock::now();
    const auto answer = rest.search(filters);
    const auto taken = std::chrono::steady_clock::now() - start;
    EXPECT_EQ(answer.status, status) << answer.body;
    const int cost = work() - before;
    EXPECT_GE(taken, milliseconds(cost));
    return cost;
  }

  MispSim sim;
  RestClient rest;
};

TEST_F(Costs, AreNoneUnlessSet) { EXPECT_EQ(search({{"limit", 50}, {"page", 2}}), 0); }

TEST_F(Costs, AreOfEachRowOffsetPassesOver) {
  sim.set_instance(R"({"costs": {"offset_row_ns": 2000000}})");
  const auto page = [&](int number) {
    return search({{"limit", 10}, {"page", number}, {"order", "Attribute.id ASC"}});
  };
  EXPECT_EQ(page(1), 0);
  EXPECT_EQ(page(2), 20);
  EXPECT_EQ(page(10), 180);
  EXPECT_EQ(search({{"eventid", {"10"}}, {"limit", 20}}), 0);
}

TEST_F(Costs, OfABatchOfEventsAreOfItsRows) {
  sim.set_instance(R"({"costs": {"request_ns": 5000000, "row_ns": 1000000}})");
  EXPECT_EQ(search({{"eventid", {"1", "2", "3"}}}), 35);
  EXPECT_EQ(search({{"eventid", {"8", "9", "10"}}, {"limit", 60}}), 35);
  EXPECT_EQ(search({{"eventid", {"5"}}}), 15);
}

TEST_F(Costs, OfTooManyCountedRowsEndInAnError) {
  sim.set_instance(R"({"costs": {"count_row_ns": 2000000, "count_rows_at_most": 60}})");
  EXPECT_EQ(rest.search({{"returnFormat", "count"}, {"eventid", {1, 2}}}).body, "20");
  EXPECT_EQ(search({{"returnFormat", "count"}, {"eventid", {1, 2}}}), 40);
  EXPECT_EQ(search({{"returnFormat", "count"}, {"to_ids", 1}}, 500), 120);
  EXPECT_EQ(rest.search({{"returnFormat", "count"}, {"to_ids", 1}}).json().at("name"),
            "An Internal Error Has Occurred.");
}

TEST_F(Costs, OfTheIndexAreOfItsRows) {
  sim.set_instance(R"({"costs": {"index_row_ns": 2000000}})");
  EXPECT_EQ(rest.post("/events/index", {{"minimal", 1}}).status, 200);
  EXPECT_EQ(work(), 20);
  EXPECT_EQ(rest.post("/events/index", {{"minimal", 1}, {"limit", 3}}).status, 200);
  EXPECT_EQ(work(), 26);
}

TEST_F(Costs, AreWorkedOffTwoAtATime) {
  sim.set_instance(R"({"costs": {"row_ns": 10000000}})");
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::future<int>> clients;
  for (int i = 0; i < 6; ++i) {
    clients.push_back(std::async(std::launch::async, [this] {
      RestClient client(sim);
      return client.search({{"eventid", {"1"}}}).status;
    }));
  }
  for (auto& client : clients) EXPECT_EQ(client.get(), 200);
  EXPECT_GE(std::chrono::steady_clock::now() - start, milliseconds(250));
  EXPECT_EQ(work(), 600);
}

TEST_F(Costs, CanBeThoseOfARealMisp) {
  sim.set_instance(R"({"costs": "measured"})");
  EXPECT_EQ(search({{"limit", 100}}), 42);
  sim.set_instance(R"({"costs": false})");
  EXPECT_EQ(search({{"limit", 100}}), 0);
  EXPECT_EQ(rest.post("/sim/instance", {{"costs", "cheap"}}).status, 400);
}

}  // namespace
}  // namespace misp_zeek::misp_sim
