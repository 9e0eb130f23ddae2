// SPDX-License-Identifier: BSD-3-Clause
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "rest_client.h"

namespace misp_zeek::misp_sim {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::Ge;
using testing::SizeIs;

TEST(MispSimControl, TheSeedHoldsEventsOfManyTypes) {
  MispSim::Options options;
  options.seed_file = default_seed_file();
  MispSim sim(options);
  const auto all = sim.expected();
  EXPECT_THAT(all, SizeIs(Ge(200U)));
  std::set<std::string> types;
  std::set<std::uint64_t> events;
  for (const auto& attribute : all) {
    types.insert(attribute.type);
    events.insert(attribute.event_id);
  }
  EXPECT_THAT(types, SizeIs(Ge(25U)));
  EXPECT_THAT(events, SizeIs(6U));
  EXPECT_EQ(sim.frame_count("misp_json_attribute"), 0U);
}

TEST(MispSimControl, AMissingSeedIsAnError) {
  MispSim::Options options;
  options.seed_file = "/nonexistent/seed.json";
  EXPECT_THROW(MispSim sim(options), std::runtime_error);
}

TEST(MispSimControl, ExpectedListsActiveAttributesOverHttp) {
  MispSim sim;
  RestClient rest(sim);
  rest.key = "no key needed here";
  const auto event = sim.add_event({"e", true, "", {"event:tag"}});
  const auto kept = sim.add_attribute(event, "domain", "a.example.com");
  const auto gone = sim.add_attribute(event, "domain", "b.example.com");
  sim.add_attribute(event, "domain", "c.example.com", false);
  sim.attach_tag(kept.uuid, "x:y");
  sim.soft_delete(gone.uuid);
  const auto list = rest.send("GET", "/sim/expected?to_ids=1").json();
  ASSERT_THAT(list, SizeIs(1));
  EXPECT_EQ(list[0].at("uuid"), kept.uuid);
  EXPECT_EQ(list[0].at("tags").at(0), "x:y");
  EXPECT_EQ(list[0].at("event_tags").at(0), "event:tag");
  EXPECT_FALSE(list[0].at("published").get<bool>());  // unpublished by the changes
}

TEST(MispSimControl, LoadsAndResets) {
  MispSim sim;
  RestClient rest(sim);
  EXPECT_EQ(rest.post("/sim/load", {{"events", 10}, {"attributes", 1000}, {"seed", 3}}).status,
            200);
  EXPECT_THAT(sim.expected(), SizeIs(1000));
  EXPECT_EQ(rest.post("/sim/load", {{"attributes", 100'000'000}}).status, 400);
  rest.post("/events/index", {{"minimal", 1}});
  EXPECT_EQ(sim.request_count("events/index"), 1U);
  const auto stats = rest.send("GET", "/sim/stats").json();
  EXPECT_EQ(stats.at("attributes"), 1000);
  EXPECT_EQ(stats.at("requests").at("events/index"), 1);
  EXPECT_EQ(rest.post("/sim/reset", json::object()).status, 200);
  EXPECT_TRUE(sim.expected().empty());
  EXPECT_EQ(sim.request_count("events/index"), 0U);
}

TEST(MispSimControl, MovesItsClock) {
  MispSim sim;
  RestClient rest(sim);
  const auto set = rest.post("/sim/clock", {{"set", 1'700'000'000}}).json();
  EXPECT_EQ(set.at("now"), 1'700'000'000);
  EXPECT_EQ(rest.post("/sim/clock", {{"advance", 60}}).json().at("now"), 1'700'000'060);
  const auto event = sim.add_event();
  sim.add_attribute(event, "domain", "a.example.com");
  const auto index = rest.post("/events/index", {{"minimal", 1}}).json();
  EXPECT_EQ(index.at(0).at("timestamp"), "1700000060");
}

TEST(MispSimControl, RunsItsClockAheadAndTellsItInDate) {
  MispSim sim;
  RestClient rest(sim);
  constexpr std::int64_t kAhead = 91 * 86'400;
  const auto before = sim.now();
  const std::int64_t now = rest.post("/sim/clock", {{"offset", kAhead}}).json().at("now");
  EXPECT_GE(now, before + kAhead);
  EXPECT_LE(now, before + kAhead + 60);
  const auto date = [&] { return rest.post("/events/index", {{"minimal", 1}}).headers.at("date"); };
  const auto ahead = date();
  rest.post("/sim/clock", {{"offset", 0}});
  EXPECT_LE(sim.now(), before + 60);
  EXPECT_NE(date(), ahead);
  rest.post("/sim/clock", {{"set", 1'700'000'000}});
  EXPECT_EQ(date(), "Tue, 14 Nov 2023 22:13:20 GMT");
}

TEST(MispSimControl, RefusalsOfTypedOperationsAreExceptions) {
  MispSim sim;
  const auto event = sim.add_event();
  EXPECT_THROW(sim.add_attribute(event, "ip-dst", "nonsense"), std::runtime_error);
  EXPECT_THROW(sim.delete_event(999), std::runtime_error);
  EXPECT_EQ(sim.request("GET", "/events/view/999").status, 404);
}

TEST(MispSimControl, UnknownControlsAreErrors) {
  MispSim sim;
  RestClient rest(sim);
  EXPECT_EQ(rest.post("/sim/nope", json::object()).status, 404);
  EXPECT_EQ(rest.post("/sim/publisher", {{"action", "dance"}}).status, 400);
}

}  // namespace
}  // namespace misp_zeek::misp_sim
