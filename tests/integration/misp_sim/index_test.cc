// SPDX-License-Identifier: BSD-3-Clause
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "rest_client.h"

namespace misp_zeek::misp_sim {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::int64_t kStart = 1'727'800'000;

/// Events 1 to 4, made at kStart + 10, 20, 30, 40; 2 and 4 were published 5 s later.
class Index : public testing::Test {
 protected:
  Index() : rest(sim) {
    for (int i = 1; i <= 4; ++i) {
      sim.set_clock(kStart + i * 10);
      const auto event = sim.add_event();
      sim.add_attribute(event, "domain", "n" + std::to_string(i) + ".example.com");
      sim.set_clock(kStart + i * 10 + 5);
      if (i % 2 == 0) sim.publish(event);
    }
  }

  /// The ids that the index shows.
  std::vector<std::string> ids(json body) {
    body["minimal"] = 1;
    const auto answer = rest.post("/events/index", body);
    count = answer.count();
    std::vector<std::string> list;
    for (const auto& row : answer.json()) list.push_back(row.at("id"));
    return list;
  }

  MispSim sim;
  RestClient rest;
  int count = -1;
};

TEST_F(Index, IsFilteredByTimes) {
  EXPECT_THAT(ids({{"timestamp", kStart + 30}}), ElementsAre("3", "4"));
  EXPECT_THAT(ids({{"timestamp", std::to_string(kStart + 30)}}), ElementsAre("3", "4"));
  EXPECT_THAT(ids({{"timestamp", {kStart + 20, kStart + 30}}}), ElementsAre("2", "3"));
  EXPECT_THAT(ids({{"publish_timestamp", kStart + 25}}), ElementsAre("2", "4"));
  EXPECT_THAT(ids({{"publish_timestamp", {kStart, kStart + 30}}}), ElementsAre("2"));
  EXPECT_THAT(ids({{"timestamp", kStart + 30}, {"publish_timestamp", kStart}}), ElementsAre("4"));
  EXPECT_THAT(ids({{"timestamp", ""}}), SizeIs(4));
  EXPECT_THAT(ids({{"timestamp", "nonsense"}}), IsEmpty());
  EXPECT_EQ(count, 0);
}

TEST_F(Index, IsFilteredByPublication) {
  EXPECT_THAT(ids({{"published", 1}}), ElementsAre("2", "4"));
  EXPECT_THAT(ids({{"published", 0}}), ElementsAre("1", "3"));
  EXPECT_THAT(ids({{"published", false}}), ElementsAre("1", "3"));
  EXPECT_THAT(ids({{"published", {0, 1}}}), SizeIs(4));
  EXPECT_THAT(ids({{"published", 2}}), SizeIs(4));
}

TEST_F(Index, IsSortedAndPagedAndCountsAllPages) {
  EXPECT_THAT(ids({{"sort", "timestamp"}, {"direction", "desc"}, {"limit", 3}}),
              ElementsAre("4", "3", "2"));
  EXPECT_EQ(count, 4);
  EXPECT_THAT(ids({{"sort", "timestamp"}, {"direction", "desc"}, {"limit", 3}, {"page", 2}}),
              ElementsAre("1"));
  EXPECT_THAT(ids({{"sort", "publish_timestamp"}, {"direction", "desc"}, {"limit", 2}}),
              ElementsAre("4", "2"));
  EXPECT_THAT(ids({{"sort", "nonsense"}, {"direction", "desc"}, {"limit", 2}}),
              ElementsAre("1", "2"));
  EXPECT_THAT(ids({{"timestamp", kStart + 20}, {"sort", "timestamp"}, {"limit", 1}}),
              ElementsAre("2"));
  EXPECT_EQ(count, 3);
  EXPECT_THAT(ids({{"limit", 3}, {"page", 9}}), IsEmpty());
  EXPECT_EQ(count, 4);
}

TEST_F(Index, NamesEventsByIdOrByUuid) {
  const auto whole = rest.post("/events/index", {{"minimal", 1}}).json();
  const std::string second = whole.at(1).at("uuid");
  EXPECT_THAT(ids({{"eventid", {"1", "3", "99"}}}), ElementsAre("1", "3"));
  EXPECT_THAT(ids({{"eventid", {second}}}), ElementsAre("2"));
  EXPECT_THAT(ids({{"eventid", {second, "1"}}}), IsEmpty());
  EXPECT_THAT(ids({{"eventid", {second, "2"}}}), ElementsAre("2"));
}

TEST_F(Index, UnpublishingMovesNoTime) {
  sim.set_clock(kStart + 100);
  sim.unpublish(2);
  EXPECT_THAT(ids({{"timestamp", kStart + 90}}), IsEmpty());
  EXPECT_THAT(ids({{"publish_timestamp", kStart + 90}}), IsEmpty());
  sim.publish(3);
  EXPECT_THAT(ids({{"timestamp", kStart + 90}}), IsEmpty());
  EXPECT_THAT(ids({{"publish_timestamp", kStart + 90}}), ElementsAre("3"));
  sim.delete_event(4);
  EXPECT_THAT(ids({{"timestamp", kStart + 90}}), IsEmpty());
  EXPECT_THAT(ids({{"published", 1}}), ElementsAre("3"));
}

TEST_F(Index, LeavesOutProtectedEventsAndCountsThem) {
  rest.post("/events/edit/3", {{"protected", true}});
  EXPECT_THAT(ids({{"limit", 0}}), ElementsAre("1", "2", "4"));
  EXPECT_EQ(count, 4);
  EXPECT_THAT(rest.values({{"eventid", 3}}), ElementsAre("n3.example.com"));
  EXPECT_EQ(rest.send("GET", "/events/view/3").json().at("Event").at("protected"), true);
}

TEST_F(Index, LeavesOutEventsWithoutAnActiveAttribute) {
  const auto all = sim.expected();
  sim.soft_delete(all.at(0).uuid);
  sim.hard_delete(all.at(1).uuid);
  EXPECT_THAT(ids({{"limit", 0}}), ElementsAre("3", "4"));
  sim.restore(all.at(0).uuid);
  sim.delete_event(3);
  EXPECT_THAT(ids({{"limit", 0}}), ElementsAre("1", "4"));
}

TEST(MispSimIndex, OfAHundredThousandEventsIsFast) {
  MispSim sim;
  sim.load(100'000, 100'000, 5);
  RestClient rest(sim);
  const auto start = std::chrono::steady_clock::now();
  const auto answer = rest.post("/events/index", {{"minimal", 1}});
  const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start);
  RecordProperty("seconds", std::to_string(seconds.count()));
  EXPECT_EQ(answer.count(), 100'000);
  EXPECT_THAT(answer.json(), SizeIs(100'000));
  // A real MISP needs about a second; ten are left for a debug build with sanitizers.
  EXPECT_LT(seconds.count(), 10);
}

}  // namespace
}  // namespace misp_zeek::misp_sim
