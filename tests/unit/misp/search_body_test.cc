// SPDX-License-Identifier: BSD-3-Clause
#include "misp/search_body.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace misp_zeek::misp {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kUuid = "9fb81808-a3ee-4712-98d7-4635e1532fc0";

SearchContext context() {
  SearchContext result;
  result.mapped_types = {"domain", "ip-dst", "md5"};
  return result;
}

Json body(const AttributeSearch& search, const SearchContext& with, std::uint32_t limit = 500) {
  const auto text = search_body({search, limit, 3}, with);
  return text ? Json::parse(*text) : Json();
}

TEST(SearchBody, AsksForToIdsOfTheMappedTypesByDefault) {
  EXPECT_EQ(body({}, context()), Json::parse(R"({"returnFormat":"json","page":3,"limit":500,
      "order":"Attribute.id ASC","type":["domain","ip-dst","md5"],"to_ids":1})"));
}

TEST(SearchBody, WithoutALimitHasNeitherPageNorOrder) {
  EXPECT_EQ(body({}, context(), 0),
            Json::parse(R"({"returnFormat":"json","type":["domain","ip-dst","md5"],"to_ids":1})"));
}

TEST(SearchBody, ADeltaAsksForAllThatChangedWithoutAnyFilter) {
  auto with = context();
  with.filter.types = {"md5"};
  with.filter.tags = {"x"};
  with.filter.event_ids = {"4"};
  AttributeSearch delta;
  delta.apply_filter = false;
  delta.any_type = true;
  delta.with_deleted = true;
  delta.changed_since = 99;
  delta.event_ids = {5};
  EXPECT_EQ(body(delta, with, 0),
            Json::parse(R"({"returnFormat":"json","eventid":["5"],"attribute_timestamp":99,
                            "deleted":[0,1]})"));
}

TEST(SearchBody, AsksForSightingsWhenTheyDecide) {
  auto with = context();
  with.filter.honour_false_positives = 1;
  EXPECT_EQ(body({}, with).value("includeSightings", 0), 1);
  with.filter.honour_false_positives = 0;
  with.filter.honour_expirations = true;
  EXPECT_EQ(body({}, with).value("includeSightings", 0), 1);
  AttributeSearch any;
  any.apply_filter = false;
  EXPECT_EQ(body(any, with).value("includeSightings", 0), 1) << "what is explained is judged, too";
  AttributeSearch fixed;
  fixed.fixed_events = true;
  with.filter.fixed_events = {7};
  EXPECT_FALSE(body(fixed, with).contains("includeSightings"));
}

TEST(SearchBody, AsksForTheTagsOfEventsWhenZeekShallShowTags) {
  auto with = context();
  with.filter.shown_tags = {"tlp:red"};
  with.filter.fixed_events = {7};
  AttributeSearch fixed;
  fixed.fixed_events = true;
  EXPECT_EQ(body({}, with).value("includeEventTags", 0), 1);
  EXPECT_EQ(body(fixed, with).value("includeEventTags", 0), 1);
  EXPECT_FALSE(body({}, with).contains("tags")) << "they are no condition";
}

TEST(SearchBody, CarriesTheWholeFilter) {
  auto with = context();
  with.filter.published = PublishedMode::kPublished;
  with.filter.types = {"md5", "sha1", "domain", "!domain"};
  with.filter.tags = {"tlp:red", "!skip"};
  with.filter.event_ids = {"!7", "!8"};
  with.filter.enforce_warninglist = true;
  EXPECT_EQ(body({}, with), Json::parse(R"({"returnFormat":"json","page":3,"limit":500,
      "order":"Attribute.id ASC","type":["md5"],"to_ids":1,"published":1,
      "tags":["tlp:red","!skip"],"eventid":["!7","!8"],"enforceWarninglist":1})"));
  AttributeSearch young;
  young.changed_since = 996'400;
  EXPECT_EQ(body(young, with)["attribute_timestamp"], 996'400);
}

TEST(SearchBody, LeavesOutWhatIsNotRestricted) {
  auto with = context();
  with.filter.to_ids = false;
  with.filter.published = PublishedMode::kEverPublished;
  const auto json = body({}, with);
  EXPECT_FALSE(json.contains("to_ids"));
  EXPECT_FALSE(json.contains("published"));
  EXPECT_FALSE(json.contains("eventid"));
  EXPECT_FALSE(json.contains("deleted"));
}

TEST(SearchBody, ExcludedTypesAreTakenFromTheMappedOnes) {
  auto with = context();
  with.filter.types = {"!md5"};
  EXPECT_EQ(body({}, with)["type"], Json::parse(R"(["domain","ip-dst"])"));
}

TEST(SearchBody, EventsOfTheSearchRestrictThoseOfTheFilter) {
  auto with = context();
  AttributeSearch search;
  search.event_ids = {5, 6, 7};
  EXPECT_EQ(body(search, with)["eventid"], Json::parse(R"(["5","6","7"])"));
  with.filter.event_ids = {"6", "7", "9", "!7"};
  EXPECT_EQ(body(search, with)["eventid"], Json::parse(R"(["6"])"));
  EXPECT_EQ(body({}, with)["eventid"], Json::parse(R"(["6","9"])"));
}

TEST(SearchBody, NothingIsAskedWhenNothingCanMatch) {
  auto with = context();
  with.filter.event_ids = {"6"};
  AttributeSearch search;
  search.event_ids = {5};
  EXPECT_FALSE(search_body({search, 1, 1}, with));
  with = context();
  with.filter.types = {"comment"};
  EXPECT_FALSE(search_body({{}, 1, 1}, with));
  with = context();
  AttributeSearch fixed;
  fixed.fixed_events = true;
  EXPECT_FALSE(search_body({fixed, 1, 1}, with));
}

TEST(SearchBody, FixedEventsKnowNoFilter) {
  auto with = context();
  with.filter.published = PublishedMode::kPublished;
  with.filter.types = {"md5"};
  with.filter.tags = {"x"};
  with.filter.event_ids = {"!4"};
  with.filter.enforce_warninglist = true;
  with.filter.fixed_events = {4, 5};
  AttributeSearch search;
  search.fixed_events = true;
  EXPECT_EQ(body(search, with), Json::parse(R"({"returnFormat":"json","page":3,"limit":500,
      "order":"Attribute.id ASC","type":["domain","ip-dst","md5"],"eventid":["4","5"]})"));
  search.event_ids = {5, 6};
  EXPECT_EQ(body(search, with)["eventid"], Json::parse(R"(["5"])"));
}

TEST(SearchBody, WithoutFilterOnlyTheSearchRestricts) {
  auto with = context();
  with.filter.event_ids = {"1"};
  AttributeSearch search;
  search.apply_filter = false;
  search.uuids = {*Uuid::parse(kUuid)};
  const auto json = body(search, with, 201);
  EXPECT_EQ(json["uuid"], Json::array({kUuid}));
  EXPECT_FALSE(json.contains("to_ids"));
  EXPECT_FALSE(json.contains("eventid"));
}

TEST(IndexBody, AsksForAllOrForWhatIsNewerThanAMoment) {
  EXPECT_EQ(index_body({}), R"({"minimal":1})");
  EXPECT_EQ(Json::parse(index_body({IndexCall::Which::kChangedSince, 7})),
            Json::parse(R"({"minimal":1,"timestamp":7})"));
  EXPECT_EQ(Json::parse(index_body({IndexCall::Which::kPublishedSince, 7})),
            Json::parse(R"({"minimal":1,"publish_timestamp":7})"));
}

TEST(EventsBody, AsksForTheEventsWithoutTheirAttributes) {
  EXPECT_EQ(Json::parse(events_body({{1, 2}})),
            Json::parse(R"({"returnFormat":"json","metadata":1,"eventid":["1","2"]})"));
}

TEST(SearchBody, ABrokenTagDoesNotThrow) {
  auto with = context();
  with.filter.tags = {"bad\xff"};
  EXPECT_TRUE(search_body({{}, 1, 1}, with));
}

}  // namespace
}  // namespace misp_zeek::misp
