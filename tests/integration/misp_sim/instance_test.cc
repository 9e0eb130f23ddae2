// SPDX-License-Identifier: BSD-3-Clause
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "rest_client.h"

namespace misp_zeek::misp_sim {
namespace {

using nlohmann::json;
using testing::ElementsAre;
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

TEST(MispSimInstance, NegativeRepliesAreTranslatedAndTheirStatusStays) {
  MispSim sim;
  RestClient rest(sim);
  const auto words = [&](const std::string& path, int status) {
    const auto answer = rest.send("GET", path);
    EXPECT_EQ(answer.status, status) << path;
    return answer.json().at("name").get<std::string>();
  };
  EXPECT_EQ(words("/attributes/view/99", 405), "Invalid attribute");
  sim.set_instance(R"({"language": "fra"})");
  EXPECT_EQ(words("/attributes/view/99", 405), "Attribut invalide");
  EXPECT_EQ(words("/events/view/99", 404), "Evénement invalide");
  sim.set_instance(R"({"language": "jpn"})");
  EXPECT_EQ(words("/attributes/view/99", 405), "無効なアトリビュート");
  EXPECT_EQ(rest.post("/sim/instance", {{"language", "xyz"}}).status, 400);
}

/// Events 1 (published) and 2 (not), of distribution 1; 3 of distribution 0. Each has an attribute.
class AnotherViewer : public testing::Test {
 protected:
  AnotherViewer() : rest(sim) {
    for (int i = 1; i <= 3; ++i) {
      const auto event = sim.add_event();
      attributes.push_back(
          sim.add_attribute(event, "domain", "n" + std::to_string(i) + ".example.com"));
    }
    sim.publish(1);
    rest.post("/events/edit/3", {{"distribution", 0}});
  }

  std::vector<std::string> seen() { return rest.values({{"limit", 9}}); }
  std::size_t indexed() { return rest.post("/events/index", {{"minimal", 1}}).json().size(); }

  MispSim sim;
  RestClient rest;
  std::vector<MispSim::Attribute> attributes;
};

TEST_F(AnotherViewer, SeesWhatDistributionGives) {
  EXPECT_THAT(seen(), SizeIs(3));
  sim.set_instance(R"({"user": {"site_admin": false}})");
  EXPECT_THAT(seen(), SizeIs(3));
  sim.set_instance(R"({"user": {"org": "other"}})");
  EXPECT_THAT(seen(), ElementsAre("n1.example.com", "n2.example.com"));
  EXPECT_EQ(indexed(), 2U);
  EXPECT_EQ(rest.send("GET", "/attributes/view/" + attributes[2].uuid).status, 405);
  EXPECT_EQ(rest.send("GET", "/events/view/3").status, 404);
  rest.post("/attributes/edit/" + attributes[0].uuid, {{"distribution", 0}});
  EXPECT_THAT(seen(), ElementsAre("n2.example.com"));
  EXPECT_EQ(indexed(), 2U);
  sim.set_instance(R"({"user": {"site_admin": true, "org": "own"}})");
  EXPECT_THAT(seen(), SizeIs(3));
}

TEST_F(AnotherViewer, SeesNoUnpublishedEventsWhereTheyArePrivate) {
  sim.set_instance(
      R"({"user": {"site_admin": false, "org": "other"}, "unpublishedprivate": true})");
  EXPECT_THAT(seen(), ElementsAre("n1.example.com"));
  EXPECT_EQ(indexed(), 1U);
  EXPECT_EQ(rest.send("GET", "/attributes/view/" + attributes[1].uuid).status, 405);
  sim.publish(2);
  EXPECT_THAT(seen(), SizeIs(2));
  sim.unpublish(1);
  EXPECT_THAT(seen(), ElementsAre("n2.example.com"));
  sim.set_instance(R"({"user": {"org": "own"}})");
  EXPECT_THAT(seen(), SizeIs(3));
}

TEST_F(AnotherViewer, IsToldByUsersView) {
  const auto me = [&] { return rest.send("GET", "/users/view/me").json(); };
  EXPECT_TRUE(me().at("Role").at("perm_site_admin").get<bool>());
  EXPECT_EQ(me().at("User").at("org_id"), "1");
  sim.set_instance(R"({"user": {"site_admin": false, "org": "other", "perm_sighting": false}})");
  EXPECT_FALSE(me().at("Role").at("perm_site_admin").get<bool>());
  EXPECT_FALSE(me().at("Role").at("perm_sighting").get<bool>());
  EXPECT_NE(me().at("User").at("role_id"), "1");
  EXPECT_EQ(me().at("User").at("org_id"), "2");
  EXPECT_EQ(me().at("Organisation").at("id"), "2");
  sim.set_instance(R"({"user": {"disabled": true}})");
  EXPECT_EQ(rest.send("GET", "/users/view/me").status, 403);
  EXPECT_EQ(rest.search({{"limit", 1}}).status, 403);
}

TEST_F(AnotherViewer, HasDefaultParametersInEachSearch) {
  EXPECT_EQ(rest.send("GET", "/users/view/me").json().at("UserSetting"), json::array());
  sim.attach_tag(attributes[0].uuid, "x:a");
  sim.attach_tag(attributes[1].uuid, "x:b");
  const json defaults = {{"tags", {"x:a"}}, {"limit", 1}};
  rest.post("/sim/instance", {{"user", {{"default_restsearch_parameters", defaults}}}});
  EXPECT_EQ(rest.send("GET", "/users/view/me")
                .json()
                .at("UserSetting")
                .at("default_restsearch_parameters"),
            defaults);
  EXPECT_THAT(rest.values({{"to_ids", 1}}), ElementsAre("n1.example.com"));
  EXPECT_THAT(rest.values({{"tags", {"x:b"}}, {"limit", 9}}), ElementsAre("n2.example.com"));
  // Lists are merged by place.
  EXPECT_THAT(rest.values({{"tags", json::array()}, {"limit", 9}}), SizeIs(1));
  EXPECT_THAT(rest.values({{"tags", {"x:none", "x:b"}}, {"limit", 9}}), SizeIs(1));
  rest.post("/sim/instance", {{"user", {{"default_restsearch_parameters", json::object()}}}});
  EXPECT_THAT(seen(), SizeIs(3));
}

TEST(MispSimInstance, OlderVersionsKnowLess) {
  MispSim sim;
  RestClient rest(sim);
  const auto event = sim.add_event();
  sim.add_attribute(event, "domain", "a.example.com");
  sim.add_attribute(event, "domain", "b.example.com");
  const json newest_first = {{"order", "Attribute.id DESC"}, {"limit", 1}};
  EXPECT_THAT(rest.values(newest_first), ElementsAre("b.example.com"));
  EXPECT_EQ(rest.search({{"limit", 1}}).skipped(), 0);
  sim.set_instance(R"({"version": "2.4.195"})");
  EXPECT_EQ(rest.send("GET", "/servers/getVersion").json().at("version"), "2.4.195");
  EXPECT_EQ(rest.search({{"limit", 1}}).skipped(), -1);
  EXPECT_THAT(rest.values(newest_first), ElementsAre("b.example.com"));
  sim.set_instance(R"({"version": "2.4.170"})");
  EXPECT_THAT(rest.values(newest_first), ElementsAre("a.example.com"));
  EXPECT_THAT(rest.values({{"attribute_timestamp", sim.now() + 99}}), SizeIs(2));
  EXPECT_EQ(rest.post("/sim/instance", {{"version", "new"}}).status, 400);
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
