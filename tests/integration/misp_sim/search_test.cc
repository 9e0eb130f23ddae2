// SPDX-License-Identifier: BSD-3-Clause
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include "rest_client.h"

namespace misp_zeek::misp_sim {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

constexpr std::int64_t kStart = 1'727'800'000;

/// Two events: one published with the tag event:tag, one not.
class Search : public testing::Test {
 protected:
  Search() : rest(sim) {
    sim.set_clock(kStart);
    published = sim.add_event({"published", true, "", {"event:tag"}});
    ip = sim.add_attribute(published, "ip-dst", "198.20.0.1");
    domain = sim.add_attribute(published, "domain", "a.example.com");
    pair = sim.add_attribute(published, "ip-dst|port", "198.20.0.4|443");
    quiet = sim.add_attribute(published, "md5", "d41d8cd98f00b204e9800998ecf8427e", false);
    sim.attach_tag(ip.uuid, "x:a");
    sim.attach_tag(domain.uuid, "x:a");
    sim.attach_tag(domain.uuid, "x:b");
    sim.publish(published);
    other = sim.add_event({"unpublished", false, "", {}});
    draft = sim.add_attribute(other, "ip-src", "10.1.2.3");
  }

  std::vector<std::string> values(const json& filters) { return rest.values(filters); }

  MispSim sim;
  RestClient rest;
  std::uint64_t published = 0;
  std::uint64_t other = 0;
  MispSim::Attribute ip, domain, pair, quiet, draft;
};

TEST_F(Search, RowsListTheirSightingsWhenAsked) {
  rest.post("/sightings/add/" + ip.uuid, {{"type", "1"}, {"source", "analyst"}});
  const auto row = [&](const json& filters) {
    return json::parse(rest.search(filters).body).at("response").at("Attribute").at(0);
  };
  const json shown = row({{"uuid", ip.uuid}, {"includeSightings", 1}}).at("Sighting").at(0);
  EXPECT_EQ(shown.at("type"), "1");
  EXPECT_EQ(shown.at("source"), "analyst");
  EXPECT_EQ(shown.at("attribute_uuid"), ip.uuid);
  EXPECT_THAT(row({{"uuid", domain.uuid}, {"includeSightings", 1}}).at("Sighting"), IsEmpty());
  EXPECT_FALSE(row({{"uuid", ip.uuid}}).contains("Sighting"));
}

TEST_F(Search, RowsHaveTheKeysOfARealMispInItsOrder) {
  std::ifstream file(MISP_SIM_TEST_DATA "/row.json");
  const auto recorded = nlohmann::ordered_json::parse(file);
  const auto answer = nlohmann::ordered_json::parse(rest.search({{"uuid", ip.uuid}}).body);
  const auto& row = answer.at("response").at("Attribute").at(0);
  const auto keys = [](const nlohmann::ordered_json& object) {
    std::vector<std::string> list;
    for (const auto& item : object.items()) list.push_back(item.key());
    return list;
  };
  EXPECT_EQ(keys(row), keys(recorded));
  EXPECT_EQ(keys(row.at("Event")), keys(recorded.at("Event")));
  EXPECT_EQ(keys(row.at("Tag").at(0)), keys(recorded.at("Tag").at(0)));
  for (const auto& item : recorded.items()) {
    EXPECT_EQ(row.at(item.key()).type(), item.value().type()) << item.key();
  }
}

TEST_F(Search, PagesAndCountsAsARealMisp) {
  const json all = {{"eventid", published}};
  EXPECT_EQ(rest.search(all).count(), 4);
  auto page = [&](const json& number, const json& limit) {
    return rest.search({{"eventid", published}, {"page", number}, {"limit", limit}});
  };
  EXPECT_EQ(page(1, 3).count(), 4);  // a full page: one more
  EXPECT_EQ(page("2", "3").count(), 1);
  EXPECT_EQ(page(3, 3).count(), 1);  // past the end
  EXPECT_EQ(page(3, 3).body, "{\"response\": {\"Attribute\": []}}\n");
  EXPECT_EQ(page(-1, 3).count(), 4);
  EXPECT_EQ(page(2, 0).count(), 4);  // no limit, no pages
  EXPECT_EQ(rest.search({{"eventid", published}, {"page", 2}}).count(), 4);
  EXPECT_EQ(rest.search({{"type", "nope"}}).count(), 0);
}

TEST_F(Search, FlagsFilterOnlyWhenTheyAreNotFalse) {
  EXPECT_THAT(values({{"to_ids", 1}}), SizeIs(4));
  EXPECT_THAT(values({{"to_ids", "1"}}), SizeIs(4));
  EXPECT_THAT(values({{"to_ids", 0}}), SizeIs(1));
  EXPECT_THAT(values({{"to_ids", false}}), SizeIs(5));
  EXPECT_THAT(values({{"to_ids", {0, 1}}}), SizeIs(5));
  EXPECT_THAT(values({{"published", true}}), SizeIs(4));
  EXPECT_THAT(values({{"published", 0}}), ElementsAre("10.1.2.3"));
  EXPECT_THAT(values({{"published", false}}), SizeIs(5));
  EXPECT_THAT(values({{"foo", "bar"}, {"includeDeleted", 1}}), SizeIs(5));
}

TEST_F(Search, DeletedAttributesAreFoundOnDemandOnly) {
  sim.soft_delete(ip.uuid);
  sim.hard_delete(quiet.uuid);
  EXPECT_THAT(values({{"deleted", false}}), SizeIs(3));
  EXPECT_THAT(values({{"deleted", 0}}), SizeIs(3));
  for (const json& only : {json(1), json("1"), json(true), json("only"), json({1}), json(2)}) {
    EXPECT_THAT(values({{"deleted", only}}), ElementsAre("198.20.0.1")) << only;
  }
  EXPECT_THAT(values({{"deleted", {0, 1}}}), SizeIs(4));
  EXPECT_THAT(values({{"deleted", {"0", "1"}}}), SizeIs(4));
}

TEST_F(Search, TypesTakeListsNegationAndWildcards) {
  EXPECT_THAT(values({{"type", "domain"}}), ElementsAre("a.example.com"));
  EXPECT_THAT(values({{"type", {"ip-dst", "domain"}}}), SizeIs(2));
  EXPECT_THAT(values({{"type", {"!ip-dst", "!md5"}}}), SizeIs(3));
  EXPECT_THAT(values({{"type", {{"OR", {"ip-dst", "md5"}}, {"NOT", {"md5"}}}}}),
              ElementsAre("198.20.0.1"));
  EXPECT_THAT(values({{"type", "ip-%"}}), SizeIs(3));
  EXPECT_THAT(values({{"type", "nope"}}), IsEmpty());
}

TEST_F(Search, TagsOfAttributesAndEventsAreSearchedTogether) {
  EXPECT_THAT(values({{"tags", "x:a"}}), SizeIs(2));
  EXPECT_THAT(values({{"tags", "event:tag"}}), SizeIs(4));
  EXPECT_THAT(values({{"tags", {"x:a", "!x:b"}}}), ElementsAre("198.20.0.1"));
  EXPECT_THAT(values({{"tags", {{"AND", {"x:a", "x:b"}}}}}), ElementsAre("a.example.com"));
  EXPECT_THAT(values({{"tags", {{"NOT", {"event:tag"}}}}}), ElementsAre("10.1.2.3"));
  EXPECT_THAT(values({{"tags", "x:%"}}), SizeIs(2));
  EXPECT_THAT(values({{"tags", "no:such"}}), IsEmpty());
}

TEST_F(Search, EventsValuesAndUuidsAreFound) {
  EXPECT_THAT(values({{"eventid", other}}), ElementsAre("10.1.2.3"));
  EXPECT_THAT(values({{"eventid", {published, other}}}), SizeIs(5));
  EXPECT_THAT(values({{"eventid", "!" + std::to_string(published)}}), SizeIs(1));
  EXPECT_THAT(values({{"eventid", 999999}}), IsEmpty());
  EXPECT_THAT(values({{"value", "A.example.COM"}}), SizeIs(1));
  EXPECT_THAT(values({{"value", "198.20.0.4"}}), ElementsAre("198.20.0.4|443"));
  EXPECT_THAT(values({{"value", "198.20.0.4|443"}}), IsEmpty());
  EXPECT_THAT(values({{"value", "198.20.%"}}), SizeIs(2));
  EXPECT_THAT(values({{"eventid", published}, {"value", {"!198.20.0.1"}}}), SizeIs(4));
  EXPECT_THAT(values({{"uuid", {ip.uuid, draft.uuid}}}),
              UnorderedElementsAre("198.20.0.1", "10.1.2.3"));
}

TEST_F(Search, AnEventsUuidFindsItsAttributes) {
  const auto index = rest.post("/events/index", {{"minimal", 1}}).json();
  const std::string uuid = index.at(0).at("uuid");
  EXPECT_THAT(values({{"uuid", {uuid}}}), SizeIs(4));
  EXPECT_THAT(values({{"uuid", {uuid, draft.uuid}}}), SizeIs(5));
}

TEST_F(Search, BatchesOfEventsAreReadByUuidAndCompleteBelowTheLimit) {
  const auto index = rest.post("/events/index", {{"minimal", 1}}).json();
  json batch = json::array();
  for (const auto& row : index) batch.push_back(row.at("uuid"));
  batch.push_back("00000000-0000-4000-8000-000000000000");
  EXPECT_EQ(rest.search({{"eventid", batch}, {"limit", 6}}).count(), 5);
  EXPECT_EQ(rest.search({{"eventid", batch}, {"limit", 5}}).count(), 6);
  EXPECT_EQ(rest.search({{"eventid", batch}}).count(), 5);
  EXPECT_EQ(rest.search({{"eventid", {batch.back()}}, {"limit", 6}}).count(), 1);
  EXPECT_EQ(rest.search({{"eventid", {batch.back()}}}).count(), 0);
  EXPECT_EQ(rest.search({{"eventid", json::array()}}).count(), 5);  // no filter
}

TEST_F(Search, ADeltaShowsWhatLeftTheFilterAndSoftDeletions) {
  sim.set_clock(kStart + 100);
  sim.edit_to_ids(ip.uuid, false);
  sim.soft_delete(domain.uuid);
  sim.hard_delete(pair.uuid);
  const json since = {{"eventid", {published}}, {"attribute_timestamp", kStart + 100}};
  auto with = [&](json more) {
    more.update(since);
    return values(more);
  };
  EXPECT_THAT(with({{"deleted", {0, 1}}}), UnorderedElementsAre("198.20.0.1", "a.example.com"));
  EXPECT_THAT(with({{"deleted", {0, 1}}, {"to_ids", 1}}), ElementsAre("a.example.com"));
  EXPECT_THAT(with({{"limit", 9}}), ElementsAre("198.20.0.1"));
}

TEST_F(Search, TimesAreInclusiveAndBadOnesFindNothing) {
  sim.set_clock(kStart + 100);
  sim.edit_value(ip.uuid, "198.20.0.99");
  EXPECT_THAT(values({{"attribute_timestamp", kStart + 100}}), ElementsAre("198.20.0.99"));
  EXPECT_THAT(values({{"timestamp", std::to_string(kStart + 100)}}), SizeIs(1));
  EXPECT_THAT(values({{"attribute_timestamp", kStart + 101}}), IsEmpty());
  EXPECT_THAT(values({{"attribute_timestamp", kStart}, {"timestamp", kStart + 100}}), SizeIs(1));
  EXPECT_THAT(values({{"attribute_timestamp", "1h"}}), SizeIs(5));
  EXPECT_THAT(values({{"attribute_timestamp", {kStart, kStart + 50}}}), SizeIs(4));
  EXPECT_THAT(values({{"publish_timestamp", kStart}}), SizeIs(4));
  EXPECT_THAT(values({{"event_timestamp", kStart + 100}}), SizeIs(4));
  const auto bad = rest.search({{"attribute_timestamp", "nonsense"}});
  EXPECT_EQ(bad.status, 200);
  EXPECT_THAT(values({{"last", "xyz"}}), IsEmpty());
}

TEST_F(Search, EditingAnAttributeHidesThePublishedEvent) {
  sim.edit_to_ids(ip.uuid, false);
  EXPECT_THAT(values({{"published", 1}}), IsEmpty());
  sim.publish(published);
  EXPECT_THAT(values({{"published", 1}}), SizeIs(4));
}

TEST_F(Search, WarninglistsShortenPagesAndAreCounted) {
  rest.post("/warninglists/toggleEnable", {{"name", {"%1918%", "%empty%"}}, {"enabled", 1}});
  const auto all = rest.search({{"enforceWarninglist", 1}});
  EXPECT_EQ(all.count(), 5);
  EXPECT_EQ(all.skipped(), 2);
  EXPECT_THAT(all.json().at("response").at("Attribute"), SizeIs(3));
  const auto skipped = rest.search(
      {{"enforceWarninglist", 1}, {"order", "Attribute.id ASC"}, {"page", 4}, {"limit", 1}});
  EXPECT_EQ(skipped.count(), 2);  // an empty page with one more behind it
  EXPECT_EQ(skipped.skipped(), 1);
}

// The figures of a real MISP 2.5.1 with the same rows and chunks.
TEST(MispSimSearch, AChunkWithAHiddenRowEndsTheReply) {
  MispSim sim;
  RestClient rest(sim);
  sim.load(250, 5'000);
  const auto all = sim.expected();
  const auto first_domain = all.at(1).value;
  sim.set_instance(R"({"chunk_rows": 2048})");
  const auto read = [&](json filters) {
    filters["to_ids"] = 1;
    const auto answer = rest.search(filters);
    return std::tuple(answer.json().at("response").at("Attribute").size(), answer.count(),
                      answer.skipped());
  };
  using Reply = std::tuple<std::size_t, int, int>;
  EXPECT_EQ(read({{"deleted", 0}}), Reply(5000, 5001, 0));
  EXPECT_EQ(read({{"limit", 10'000}}), Reply(5000, 5000, 0));
  EXPECT_EQ(read({{"limit", 5'000}}), Reply(5000, 5001, 0));
  EXPECT_EQ(read({{"limit", 4'000}}), Reply(4000, 4001, 0));
  rest.post("/warninglists/add", {{"Warninglist",
                                   {{"name", "mine"},
                                    {"type", "string"},
                                    {"enabled", 1},
                                    {"entries", first_domain + "\n" + all.at(2501).value}}}});
  EXPECT_EQ(read({{"enforceWarninglist", 1}}), Reply(2047, 2048, 1));
  EXPECT_EQ(read({{"enforceWarninglist", 1}, {"limit", 10'000}}), Reply(2047, 2048, 1));
  json events = json::array();
  for (int id = 2; id <= 250; ++id) events.push_back(id);
  EXPECT_EQ(read({{"enforceWarninglist", 1}, {"limit", 10'000}, {"eventid", events}}),
            Reply(4095, 4096, 1));
  EXPECT_EQ(read({{"enforceWarninglist", 1}, {"limit", 20}, {"eventid", 1}}), Reply(19, 20, 1));
  EXPECT_EQ(read({{"enforceWarninglist", 1}, {"limit", 1}, {"uuid", all.at(1).uuid}}),
            Reply(0, 2, 1));
  EXPECT_EQ(read({{"enforceWarninglist", 1}, {"uuid", all.at(1).uuid}}), Reply(0, 1, 1));
}

TEST_F(Search, OrdersByIdWhenAsked) {
  const auto last = rest.search({{"order", "Attribute.id DESC"}, {"limit", 1}});
  EXPECT_EQ(last.json().at("response").at("Attribute").at(0).at("uuid"), draft.uuid);
  auto uuids = std::vector<std::string>{ip.uuid, domain.uuid, pair.uuid};
  std::vector<std::string> found;
  const auto unordered = rest.search({{"uuid", uuids}}).json();
  for (const auto& row : unordered.at("response").at("Attribute")) {
    found.push_back(row.at("uuid"));
  }
  std::sort(uuids.begin(), uuids.end());
  EXPECT_EQ(found, uuids);  // without order, the order of the index
}

TEST_F(Search, GivesContextEventTagsAndCounts) {
  const auto row = [&](const char* option) {
    return rest.search({{"uuid", ip.uuid}, {option, 1}})
        .json()
        .at("response")
        .at("Attribute")
        .at(0);
  };
  EXPECT_TRUE(row("includeContext").at("Event").at("published").get<bool>());
  EXPECT_EQ(row("includeContext").at("Event").at("Tag").at(0).at("name"), "event:tag");
  EXPECT_FALSE(row("includeEventUuid").at("event_uuid").get<std::string>().empty());
  EXPECT_EQ(row("includeEventTags").at("Tag").back().at("inherited"), 1);
  EXPECT_EQ(rest.search({{"returnFormat", "count"}}).body, "5");
  EXPECT_EQ(rest.search({{"returnFormat", "zeek"}}).status, 404);
  EXPECT_THAT(values({{"request", {{"eventid", other}}}}), SizeIs(1));
}

TEST(MispSimSearch, PagesAHundredThousandAttributesOnceEach) {
  MispSim sim;
  sim.load(100, 100'000, 7);
  RestClient rest(sim);
  std::set<std::string> uuids;
  std::set<std::string> values;
  const auto start = std::chrono::steady_clock::now();
  for (int page = 1; page <= 21; ++page) {
    const auto answer = rest.search(
        {{"to_ids", 1}, {"page", page}, {"limit", 5000}, {"order", "Attribute.id ASC"}});
    ASSERT_EQ(answer.status, 200);
    const auto rows = answer.json();
    for (const auto& row : rows.at("response").at("Attribute")) {
      uuids.insert(row.at("uuid"));
      values.insert(row.at("type").get<std::string>() + row.at("value").get<std::string>());
    }
  }
  const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start);
  RecordProperty("seconds", std::to_string(seconds.count()));
  EXPECT_EQ(uuids.size(), 100'000U);
  EXPECT_EQ(values.size(), 100'000U);
}

}  // namespace
}  // namespace misp_zeek::misp_sim
