// SPDX-License-Identifier: BSD-3-Clause
#include "misp/rest_decode.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

namespace misp_zeek::misp {
namespace {

NextChunk whole(std::string_view text) {
  return [text]() mutable { return std::exchange(text, {}); };
}

std::string file(const std::string& name) {
  std::ifstream stream(MISP_ZEEK_TEST_DATA "/misp/" + name);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::string answer(std::string_view rows) {
  return R"({"response":{"Attribute":[)" + std::string(rows) + "]}}";
}

constexpr std::string_view kRow =
    R"({"id":"133219","event_id":"37","object_id":"13","object_relation":"domain",)"
    R"("category":"Network activity","type":"domain","to_ids":true,)"
    R"("uuid":"c365a85a-8f49-44e2-959b-24442d4fd836","timestamp":"1795488043",)"
    R"("distribution":"5","sharing_group_id":"0","comment":"","deleted":false,)"
    R"("first_seen":null,"value":"restobj.example.com","Event":{"org_id":"1",)"
    R"("distribution":"1","publish_timestamp":"1795488046","id":"37","info":"rest one",)"
    R"("orgc_id":"2","uuid":"a4b0b467-9864-4c97-89d2-c5de44c144a1"},)"
    R"("Object":{"id":"13","distribution":"0","sharing_group_id":"0"},)"
    R"("Tag":[{"id":"14","name":"rest:a","local":false},{"id":"15","name":"rest:b"}]})";

TEST(DecodeRows, CountsTheSightingsOfEachRowAlone) {
  const std::string with = std::string(kRow).insert(
      kRow.find(R"("Event")"),
      R"("Sighting":[{"id":"7","type":"1","date_sighting":"5","source":"","org_id":"3"},)"
      R"({"id":"8","type":"0","date_sighting":"1"},{"id":"9","type":"2","date_sighting":"40"}],)");
  const std::string without =
      std::string(kRow).insert(kRow.find(R"("Event")"), R"("Sighting":[],)");
  const auto text = answer(with + "," + without + "," + std::string(kRow));
  const auto page = decode_rows(whole(text), {});
  ASSERT_TRUE(page) << page.error().message;
  ASSERT_EQ(page->rows.size(), 3U);
  EXPECT_EQ(page->rows[0].attribute.false_positives, 1U);
  EXPECT_EQ(page->rows[0].attribute.expires, 40);
  EXPECT_EQ(page->rows[0].attribute.type, "domain");
  for (const auto i : {1U, 2U}) {
    EXPECT_EQ(page->rows[i].attribute.false_positives, 0U);
    EXPECT_FALSE(page->rows[i].attribute.expires);
  }
}

TEST(DecodeRows, ReadsARecordedPageOf200) {
  const auto text = file("rest_page.json");
  const auto page = decode_rows(whole(text), {200, 100'000});
  ASSERT_TRUE(page) << page.error().message;
  EXPECT_EQ(page->skipped.size(), 0U);
  ASSERT_EQ(page->rows.size(), 200U);
  for (std::size_t i = 0; i < page->rows.size(); ++i) {
    const auto& [attribute, event] = page->rows[i];
    EXPECT_EQ(attribute.id, 133'223 + i);
    EXPECT_EQ(attribute.event_id, 39U);
    EXPECT_EQ(attribute.object_id, 0U);
    EXPECT_EQ(attribute.type, "ip-dst");
    EXPECT_EQ(attribute.value, "198.20.3." + std::to_string(i));
    EXPECT_TRUE(attribute.to_ids);
    EXPECT_FALSE(attribute.deleted);
    EXPECT_GE(attribute.timestamp, 1'795'488'043);
    EXPECT_EQ(attribute.distribution, Distribution::kInherit);
    EXPECT_EQ(attribute.tags, (std::vector<std::string>{}));
    EXPECT_EQ(event.id, 39U);
    EXPECT_EQ(event.info, "rest three 200");
    EXPECT_EQ(event.publish_timestamp, 1'795'488'047);
    EXPECT_FALSE(event.published);
    EXPECT_EQ(event.org_id, 1U);
    EXPECT_EQ(event.uuid->str(), "7edfef25-9331-405c-9b2a-9b83dd6a98cc");
  }
  EXPECT_EQ(page->rows[0].attribute.uuid.str(), "9fb81808-a3ee-4712-98d7-4635e1532fc0");
}

TEST(DecodeRows, ReadsTagsObjectAndEventOfARow) {
  const auto page = decode_rows(whole(answer(kRow)), {});
  ASSERT_TRUE(page) << page.error().message;
  ASSERT_EQ(page->rows.size(), 1U);
  const auto& [attribute, event] = page->rows[0];
  EXPECT_EQ(attribute.tags, (std::vector<std::string>{"rest:a", "rest:b"}));
  EXPECT_EQ(attribute.object_id, 13U);
  EXPECT_EQ(attribute.object_distribution, Distribution::kOrganisation);
  EXPECT_EQ(event.orgc_id, 2U);
  EXPECT_EQ(event.distribution, Distribution::kCommunity);
}

TEST(DecodeRows, SkipsRowsItCannotReadAndNamesThem) {
  const std::string row(kRow);
  const std::string broken = std::string(row).replace(row.find("restobj"), 7, "\xc3(\xff");
  const std::string deep = row.substr(0, row.size() - 1) + R"(,"x":)" + std::string(100, '[') +
                           std::string(100, ']') + "}";
  std::string tags = R"(,"Tag":[)";
  for (int i = 0; i < 100'000; ++i) {
    tags += R"({"name":"a"},)";
  }
  tags.back() = ']';
  const std::string many = row.substr(0, row.find(R"(,"Tag")")) + tags + "}";
  const std::string value =
      std::string(row).replace(row.find("restobj"), 7, std::string(3'000'000, 'x'));
  struct Case {
    std::string row;
    bool named;
    std::uint64_t event_id;
    std::string_view reason;
  };
  const Case cases[] = {
      {R"({"id":"x"})", false, 0, "Attribute.uuid: expected a value"},
      {"{}", false, 0, "Attribute.uuid: expected a value"},
      {R"({"Event":{"id":1},"event_id":"7"})", false, 7, "Attribute.uuid: expected"},
      {R"({"uuid":"c365a85a-8f49-44e2-959b-24442d4fd836","event_id":nope})", true, 0,
       "not valid JSON at byte"},
      {broken, true, 37, "not valid JSON at byte"},
      {deep, true, 37, "nested deeper than 64 levels"},
      {many, true, 37, "more than 100000 values"},
      {value, true, 37, "too large"}};
  for (const auto& one : cases) {
    const auto text = answer(row + ", " + one.row + "," + row);
    const auto page = decode_rows(whole(text), {.max_rows = 3, .max_row_bytes = 2'000'000});
    ASSERT_TRUE(page) << page.error().message;
    EXPECT_EQ(page->rows.size(), 2U) << one.reason;
    ASSERT_EQ(page->skipped.size(), 1U);
    const auto& skipped = page->skipped.front();
    EXPECT_EQ(skipped.position, 2U);
    EXPECT_EQ(skipped.event_id, one.event_id) << one.reason;
    EXPECT_EQ(skipped.uuid.has_value(), one.named) << one.reason;
    EXPECT_TRUE(skipped.reason.starts_with(one.reason)) << skipped.reason;
  }
}

TEST(DecodeRows, AnEmptyListIsAnAnswer) {
  const auto page = decode_rows(whole(R"({"response": {"Attribute": []}})"), {});
  ASSERT_TRUE(page);
  EXPECT_TRUE(page->rows.empty());
}

TEST(DecodeRows, AnAnswerWithoutTheListIsNotAnEmptyOne) {
  for (const char* text :
       {R"({"response":[]})", R"({"response":{}})", "[]", "{}", "null", "7",
        R"({"response":{"Attribute":{}}})", R"({"response":{"Attribute":[1]}})"}) {
    const auto page = decode_rows(whole(text), {});
    ASSERT_FALSE(page) << text;
    EXPECT_EQ(page.error().code, ErrorCode::kMalformed);
  }
  EXPECT_EQ(decode_rows(whole(R"({"name":"x","message":"Something broke."})"), {}).error().message,
            "restSearch: expected a list in response.Attribute, MISP says: Something broke.");
}

TEST(DecodeRows, ATruncatedPageIsAnErrorAndNotAShortPage) {
  const auto text = answer(std::string(kRow) + "," + std::string(kRow));
  const auto page = decode_rows(whole(std::string_view(text).substr(0, text.size() - 3)), {});
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().code, ErrorCode::kMalformed);
  EXPECT_NE(page.error().message.find("truncated"), std::string::npos);
}

TEST(DecodeRows, RefusesMoreRowsThanAskedFor) {
  const auto text = answer(std::string(kRow) + "," + std::string(kRow));
  EXPECT_TRUE(decode_rows(whole(text), {2, 0}));
  EXPECT_EQ(decode_rows(whole(text), {1, 0}).error().message,
            "restSearch: more than the 1 rows that were asked for");
}

std::string view_of(std::string_view fields) {
  return R"({"Attribute":{"id":"133207","uuid":"52e5cd59-683c-4b2d-99aa-ff4ac68be3cc")" +
         std::string(fields) + "}}";
}

TEST(DecodePresence, TellsAnActiveAttributeFromADeletedOne) {
  const auto asked = *Uuid::parse("52e5cd59-683c-4b2d-99aa-ff4ac68be3cc");
  EXPECT_TRUE(decode_presence(view_of(R"(,"deleted":false)"), asked)->present);
  EXPECT_TRUE(decode_presence(view_of(""), asked)->present);
  EXPECT_FALSE(decode_presence(view_of(R"(,"deleted":true)"), asked)->present);
}

TEST(DecodePresence, TakesNothingElseForAnAnswer) {
  const auto asked = *Uuid::parse("52e5cd59-683c-4b2d-99aa-ff4ac68be3cc");
  for (const auto* text : {"", "[]", "{}", "{\"Attribute\":[]}", "{\"Attribute\":{}}",
                           "{\"response\":{\"Attribute\":[]}}", "<html></html>"}) {
    const auto presence = decode_presence(text, asked);
    ASSERT_FALSE(presence) << text;
    EXPECT_EQ(presence.error().code, ErrorCode::kMalformed) << text;
  }
  const auto other = *Uuid::parse("52e5cd59-683c-4b2d-99aa-ff4ac68be3cd");
  EXPECT_EQ(decode_presence(view_of(""), other).error().message,
            "attributes/view: another attribute than 52e5cd59-683c-4b2d-99aa-ff4ac68be3cd");
}

TEST(DecodeEventIndex, ReadsIdsTimesAndFlags) {
  const auto index = decode_event_index(
      whole(R"([{"id":"1","timestamp":"1795487250","sighting_timestamp":"0","published":false,)"
            R"("uuid":"d6654966-2af7-40ad-8aa3-148a29e978a3","orgc_uuid":"x"},)"
            R"({"id":2,"timestamp":5,"published":"1",)"
            R"("uuid":"7f9c1e41-75a2-46f6-bbe2-363ada8bde54"}])"));
  ASSERT_TRUE(index) << index.error().message;
  const auto* rows = &index->rows;
  ASSERT_EQ(rows->size(), 2U);
  EXPECT_EQ(rows->at(0).id, 1U);
  EXPECT_EQ(rows->at(0).timestamp, 1'795'487'250);
  EXPECT_FALSE(rows->at(0).published);
  EXPECT_EQ(rows->at(1).uuid.str(), "7f9c1e41-75a2-46f6-bbe2-363ada8bde54");
  EXPECT_TRUE(rows->at(1).published);
}

TEST(DecodeEventIndex, SkipsAnUnreadableRowAndCountsIt) {
  const auto index = decode_event_index(whole(
      R"([{"id":"8","uuid":"no","timestamp":"1","published":false},)"
      R"({"id":2,"timestamp":5,"published":"1","uuid":"7f9c1e41-75a2-46f6-bbe2-363ada8bde54"}])"));
  ASSERT_TRUE(index) << index.error().message;
  EXPECT_EQ(index->rows.size(), 1U);
  EXPECT_EQ(index->skipped, 1U);
}

TEST(DecodeEventIndex, TakesNothingButAListForAnIndex) {
  EXPECT_EQ(decode_event_index(whole(R"({"message":"no"})")).error().message,
            "event index: expected a list, MISP says: no");
  EXPECT_FALSE(decode_event_index(whole("[1]")));
  EXPECT_TRUE(decode_event_index(whole("[]")));
}

DecodedRows shown(std::size_t rows) {
  DecodedRows decoded;
  decoded.rows.resize(rows);
  return decoded;
}

/// Two events with 80 rows, one of them allowlisted or not, as a real MISP counts them.
TEST(AttributeReply, TellsHiddenRowsAndCompletenessByMispsCount) {
  struct Case {
    std::uint64_t limit;
    std::size_t rows;
    std::uint64_t counted;
    std::uint64_t hidden;
    bool complete;
  };
  constexpr Case kCases[] = {{0, 80, 80, 0, true},   {0, 79, 80, 1, true},   {200, 80, 80, 0, true},
                             {200, 79, 80, 1, true}, {81, 79, 80, 1, true},  {80, 80, 81, 0, false},
                             {80, 79, 81, 1, false}, {79, 79, 80, 0, false}, {79, 78, 80, 1, false},
                             {40, 0, 1, 0, true},    {40, 0, 41, 40, false}, {0, 0, 0, 0, true},
                             {0, 0, 3, 3, true}};
  for (const auto& one : kCases) {
    const auto reply = attribute_reply(shown(one.rows), {one.counted, 0}, one.limit);
    EXPECT_EQ(reply.hidden, one.hidden) << one.limit << " " << one.rows << " " << one.counted;
    EXPECT_EQ(reply.complete, one.complete) << one.limit << " " << one.rows << " " << one.counted;
  }
}

TEST(AttributeReply, WithoutMispsCountGoesByTheRows) {
  EXPECT_TRUE(attribute_reply(shown(3), {std::nullopt, 0}, 4).complete);
  EXPECT_FALSE(attribute_reply(shown(3), {std::nullopt, 1}, 4).complete);
  EXPECT_EQ(attribute_reply(shown(3), {std::nullopt, 1}, 10).hidden, 1U);
  auto skipped = shown(3);
  skipped.skipped.emplace_back();
  EXPECT_FALSE(attribute_reply(std::move(skipped), {std::nullopt, 0}, 4).complete);
}

TEST(DecodeEvents, ReadsWhatIsKnownOfAnEvent) {
  const auto details =
      decode_events(whole(R"({"response":[{"Event":{"id":"37","info":"rest one","published":false,)"
                          R"("uuid":"a4b0b467-9864-4c97-89d2-c5de44c144a1","attribute_count":"12",)"
                          R"("timestamp":"1795488060","RelatedEvent":[{"Event":{"id":"1"}}]}}]})"));
  ASSERT_TRUE(details) << details.error().message;
  ASSERT_EQ(details->events.size(), 1U);
  EXPECT_EQ(details->events[0].row.id, 37U);
  EXPECT_EQ(details->events[0].row.timestamp, 1'795'488'060);
  EXPECT_FALSE(details->events[0].row.published);
  EXPECT_EQ(details->events[0].info, "rest one");
  EXPECT_EQ(details->events[0].attribute_count, 12U);
  EXPECT_TRUE(decode_events(whole(R"({"response":[]})"))->events.empty());
}

TEST(DecodeEvents, FailsRatherThanLeaveAnEventOut) {
  EXPECT_EQ(decode_events(whole(R"({"response":[{"Event":{"id":"37"}}]})")).error().message,
            "events: Event.uuid: expected a value");
  EXPECT_FALSE(decode_events(whole(R"({"response":[{}]})")));
  EXPECT_FALSE(decode_events(whole(R"({"response":{}})")));
  EXPECT_FALSE(decode_events(whole("[]")));
}

TEST(DecodeUser, CombinesVersionAndUser) {
  const auto user =
      decode_user(R"({"version":"2.5.1","perm_sync":true,"perm_sighting":true})",
                  R"({"User":{"id":"1","org_id":"4"},"Role":{"perm_site_admin":false},)"
                  R"("Organisation":{"id":"4"}})");
  ASSERT_TRUE(user) << user.error().message;
  EXPECT_EQ(user->misp_version, "2.5.1");
  EXPECT_EQ(user->org_id, 4U);
  EXPECT_FALSE(user->site_admin);
  EXPECT_TRUE(user->perm_sighting);
}

TEST(DecodeUser, RefusesAnswersWithoutUserOrRole) {
  const std::string kNoMisp = "is misp.url the address of MISP itself, without the path of a page?";
  constexpr std::string_view kVersion = R"({"version":"2.5.1"})";
  EXPECT_EQ(decode_user(kVersion, R"({"User":{"org_id":1}})").error().message,
            "users/view/me: Role: expected an object: " + kNoMisp);
  EXPECT_EQ(decode_user(kVersion, R"({"Role":{"perm_site_admin":1}})").error().message,
            "users/view/me: User: expected an object: " + kNoMisp);
  EXPECT_EQ(
      decode_user("{}", R"({"User":{"org_id":1},"Role":{"perm_site_admin":1}})").error().message,
      "getVersion.version: expected a value: " + kNoMisp);
}

std::string user_with(std::string_view settings) {
  return R"({"User":{"org_id":"4","role_id":"6"},"Role":{"perm_site_admin":false},)"
         R"("UserSetting":)" +
         std::string(settings) + "}";
}

TEST(DecodeUser, SaysThatAnotherPageAnswers) {
  for (const char* page : {"[]", "{}", "\"x\"", "", "hello"}) {
    const auto user = decode_user(page, page);
    ASSERT_FALSE(user);
    EXPECT_NE(user.error().message.find("is misp.url the address of MISP itself"),
              std::string::npos)
        << user.error().message;
  }
}

TEST(DecodeUser, RefusesAMispThatIsTooOld) {
  const auto of = [](const std::string& version) {
    return decode_user(R"({"version":")" + version + R"("})", user_with("[]"));
  };
  for (const char* version :
       {"2.4.180", "2.4.196", "2.5.1", "2.5", "3.0.0", "2.4.180-beta", "dev"}) {
    EXPECT_TRUE(of(version)) << version;
  }
  for (const char* version : {"2.4.179", "2.4.99", "2.3.200", "1.9.0"}) {
    const auto user = of(version);
    ASSERT_FALSE(user) << version;
    EXPECT_EQ(user.error().code, ErrorCode::kIncompatible);
    EXPECT_NE(user.error().message.find("2.4.180 is the oldest that works"), std::string::npos)
        << user.error().message;
  }
}

TEST(DecodeUser, RefusesAUserWhoseSettingsChangeEverySearch) {
  const auto of = [](std::string_view settings) {
    return decode_user(R"({"version":"2.5.1"})", user_with(settings));
  };
  for (const char* settings : {"[]", "{}", "null", R"({"homepage":{"path":"/"}})",
                               R"({"default_restsearch_parameters":[]})"}) {
    EXPECT_TRUE(of(settings)) << settings;
  }
  const auto user = of(R"({"default_restsearch_parameters":{"to_ids":1}})");
  ASSERT_FALSE(user);
  EXPECT_EQ(user.error().code, ErrorCode::kIncompatible);
  EXPECT_NE(user.error().message.find("default_restsearch_parameters"), std::string::npos);
}

}  // namespace
}  // namespace misp_zeek::misp
