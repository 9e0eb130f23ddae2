// SPDX-License-Identifier: BSD-3-Clause
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "rest_client.h"

namespace misp_zeek::misp_sim {
namespace {

using nlohmann::json;
using testing::IsEmpty;
using testing::SizeIs;

/// Two events of 40 attributes each; the allowedlist has the value of the first one.
class Allowedlist : public testing::Test {
 protected:
  Allowedlist() : rest(sim) {
    sim.load(2, 80);
    const auto all = sim.expected();
    hidden = all.front();
    for (const auto& attribute : all) events.insert(std::to_string(attribute.event_id));
  }

  void hide() { rest.post("/sim/instance", {{"allowedlist", {"/^" + hidden.value + "$/"}}}); }

  /// Rows shown and X-Result-Count.
  std::pair<std::size_t, int> page(json filters) {
    filters["eventid"] = events;
    const auto answer = rest.search(filters);
    return {answer.json().at("response").at("Attribute").size(), answer.count()};
  }

  using Shown = std::pair<std::size_t, int>;

  MispSim sim;
  RestClient rest;
  MispSim::Expected hidden;
  std::set<std::string> events;
};

// The figures of a real MISP 2.5.1 with the same rows.
TEST_F(Allowedlist, HidesRowsAfterPagingAndCountsThem) {
  EXPECT_EQ(page({}), Shown(80, 80));
  EXPECT_EQ(page({{"limit", 200}}), Shown(80, 80));
  EXPECT_EQ(page({{"limit", 81}}), Shown(80, 80));
  EXPECT_EQ(page({{"limit", 80}}), Shown(80, 81));
  EXPECT_EQ(page({{"limit", 79}}), Shown(79, 80));
  EXPECT_EQ(page({{"limit", 40}, {"page", 3}}), Shown(0, 1));
  hide();
  EXPECT_EQ(page({}), Shown(79, 80));
  EXPECT_EQ(page({{"limit", 200}}), Shown(79, 80));
  EXPECT_EQ(page({{"limit", 81}}), Shown(79, 80));
  EXPECT_EQ(page({{"limit", 80}}), Shown(79, 81));
  EXPECT_EQ(page({{"limit", 79}}), Shown(78, 80));
  EXPECT_EQ(page({{"limit", 40}, {"page", 3}}), Shown(0, 1));
  EXPECT_EQ(page({{"limit", 1}}), Shown(0, 2));
}

TEST_F(Allowedlist, ViewShowsWhatSearchesHide) {
  hide();
  const auto by_uuid = rest.search({{"uuid", {hidden.uuid}}});
  EXPECT_THAT(by_uuid.json().at("response").at("Attribute"), IsEmpty());
  EXPECT_EQ(by_uuid.count(), 1);
  EXPECT_EQ(rest.send("GET", "/attributes/view/" + hidden.uuid).status, 200);
  const json counting = {{"eventid", events}, {"returnFormat", "count"}};
  EXPECT_EQ(rest.search(counting).body, "79");
  EXPECT_EQ(rest.search(counting).count(), 80);
}

TEST_F(Allowedlist, HidesOnTheFeedNothing) {
  sim.set_instance(R"({"allowedlist": ["/^203\\.0\\.113\\.9$/"]})");
  const auto event = sim.add_event();
  sim.add_attribute(event, "ip-dst", "203.0.113.9");
  ASSERT_TRUE(sim.wait_until_sent(std::chrono::seconds(5)));
  EXPECT_EQ(sim.frame_count("misp_json_attribute"), 1U);
  EXPECT_THAT(rest.values({{"eventid", event}}), IsEmpty());
}

TEST_F(Allowedlist, EntriesAreRegularExpressionsWithDelimiters) {
  const auto event = sim.add_event();
  sim.add_attribute(event, "domain", "a.example.net");
  sim.add_attribute(event, "url", "http://A.EXAMPLE.net/x");
  rest.post("/sim/instance", {{"allowedlist", {R"(/example\.net/)"}}});
  EXPECT_THAT(rest.values({{"eventid", event}}), SizeIs(1));
  rest.post("/sim/instance", {{"allowedlist", {R"(#EXAMPLE\.net#i)"}}});
  EXPECT_THAT(rest.values({{"eventid", event}}), IsEmpty());
  EXPECT_EQ(rest.post("/sim/instance", {{"allowedlist", {"plain"}}}).status, 400);
  EXPECT_EQ(rest.post("/sim/instance", {{"allowedlist", {"/(/"}}}).status, 400);
  rest.post("/sim/instance", {{"allowedlist", json::array()}});
  EXPECT_THAT(rest.values({{"eventid", event}}), SizeIs(2));
}

TEST(MispSimInstance, SettingsOutliveAKillButNotAReset) {
  const auto file = testing::TempDir() + "misp_sim_instance.journal";
  std::filesystem::remove(file);
  MispSim::Options options;
  options.journal_file = file;
  {
    MispSim sim(options);
    sim.set_instance(R"({"allowedlist": ["/^203\\.0\\.113\\.9$/"]})");
    sim.add_attribute(sim.add_event(), "ip-dst", "203.0.113.9");
  }
  MispSim sim(options);
  RestClient rest(sim);
  EXPECT_EQ(sim.expected().size(), 1U);
  EXPECT_THAT(rest.values({{"limit", 5}}), IsEmpty());
  rest.post("/sim/reset", json::object());
  sim.add_attribute(sim.add_event(), "ip-dst", "203.0.113.9");
  EXPECT_THAT(rest.values({{"limit", 5}}), SizeIs(1));
}

}  // namespace
}  // namespace misp_zeek::misp_sim
