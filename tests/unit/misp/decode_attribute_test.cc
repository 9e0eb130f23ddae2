// SPDX-License-Identifier: BSD-3-Clause
#include "decode_support.h"

namespace misp_zeek::misp {
namespace {

using Action = AttributeMessage::Action;

constexpr std::string_view kAdd =
    R"(misp_json_attribute {"Attribute":{"id":"4","event_id":"2","object_id":"1",)"
    R"("object_relation":"ip","category":"Network activity","type":"ip-dst|port",)"
    R"("value1":"2001:db8::7","value2":"443","to_ids":true,)"
    R"("uuid":"fb7fdc24-d89b-4588-a7bf-2bcb06c78058","timestamp":"1795486909",)"
    R"("distribution":"5","sharing_group_id":"0","comment":"","deleted":false,)"
    R"("first_seen":null,"value":"2001:db8::7|443","Sighting":[]},)"
    R"("Event":{"id":"2","date":"2024-10-02","info":"truth 2\n\u00fc","uuid":)"
    R"("7f9c1e41-75a2-46f6-bbe2-363ada8bde54","published":false,"org_id":"1","orgc_id":"3",)"
    R"("distribution":"0","Orgc":{"id":"1","name":"ORGNAME"}},)"
    R"("Object":{"id":"1","name":"file","distribution":"2"},"action":"add"})";

std::string attribute_frame(std::string_view fields, std::string_view action) {
  return R"(misp_json_attribute {"Attribute":{"uuid":"fb7fdc24-d89b-4588-a7bf-2bcb06c78058",)" +
         std::string(fields) + R"(},"Event":{"id":7},"action":")" + std::string(action) + R"("})";
}

TEST(DecodeAttribute, ReadsAllFieldsOfAnAdd) {
  const auto message = decoded<AttributeMessage>(kAdd);
  EXPECT_EQ(message.action, Action::kAdd);
  const auto& attribute = message.attribute;
  EXPECT_EQ(attribute.uuid.str(), "fb7fdc24-d89b-4588-a7bf-2bcb06c78058");
  EXPECT_EQ(attribute.id, 4U);
  EXPECT_EQ(attribute.event_id, 2U);
  EXPECT_EQ(attribute.object_id, 1U);
  EXPECT_EQ(attribute.type, "ip-dst|port");
  EXPECT_EQ(attribute.value, "2001:db8::7|443");
  EXPECT_TRUE(attribute.to_ids);
  EXPECT_FALSE(attribute.deleted);
  EXPECT_EQ(attribute.timestamp, 1795486909);
  EXPECT_EQ(attribute.distribution, Distribution::kInherit);
  EXPECT_EQ(attribute.object_distribution, Distribution::kConnected);
}

TEST(DecodeAttribute, ReadsTheEventAndKeepsItsInfoAsItIs) {
  const auto message = decoded<AttributeMessage>(kAdd);
  ASSERT_TRUE(message.event);
  EXPECT_EQ(message.event->id, 2U);
  EXPECT_EQ(message.event->uuid->str(), "7f9c1e41-75a2-46f6-bbe2-363ada8bde54");
  EXPECT_EQ(message.event->info, "truth 2\n\u00fc");
  EXPECT_EQ(message.event->published, false);
  EXPECT_EQ(message.event->org_id, 1U);
  EXPECT_EQ(message.event->orgc_id, 3U);
  EXPECT_EQ(message.event->distribution, Distribution::kOrganisation);
  EXPECT_FALSE(message.event->timestamp);
  EXPECT_FALSE(message.event->publish_timestamp);
}

TEST(DecodeAttribute, AnAddDoesNotKnowItsTags) {
  EXPECT_FALSE(decoded<AttributeMessage>(kAdd).attribute.tags);
}

TEST(DecodeAttribute, AnEditWithoutTagListHasNoTags) {
  const auto message = decoded<AttributeMessage>(attribute_frame(
      R"("id":"1","event_id":"7","type":"md5","value":"x","to_ids":true,"timestamp":"5")", "edit"));
  ASSERT_TRUE(message.attribute.tags);
  EXPECT_TRUE(message.attribute.tags->empty());
}

TEST(DecodeAttribute, AnEditHasTheNamesOfItsTags) {
  const auto message = decoded<AttributeMessage>(attribute_frame(
      R"("id":"1","event_id":"7","type":"md5","value":"x","to_ids":true,"timestamp":"5",)"
      R"("Tag":[{"id":"1","name":"tlp:red","local":false},{"id":"2","name":"b \"c\""}])",
      "edit"));
  EXPECT_EQ(message.attribute.tags, (std::vector<std::string>{"tlp:red", "b \"c\""}));
}

TEST(DecodeAttribute, TakesNumbersForStringsAndStringsForBooleans) {
  const auto message = decoded<AttributeMessage>(attribute_frame(
      R"("id":10,"event_id":7,"object_id":0,"type":"AS","value":64512,"to_ids":"1",)"
      R"("deleted":0,"timestamp":1795486909,"distribution":3)",
      "edit"));
  EXPECT_EQ(message.attribute.id, 10U);
  EXPECT_EQ(message.attribute.event_id, 7U);
  EXPECT_EQ(message.attribute.value, "64512");
  EXPECT_TRUE(message.attribute.to_ids);
  EXPECT_FALSE(message.attribute.deleted);
  EXPECT_EQ(message.attribute.timestamp, 1795486909);
  EXPECT_EQ(message.attribute.distribution, Distribution::kAll);
}

TEST(DecodeAttribute, ReadsASanitisedSoftDelete) {
  const auto message = decoded<AttributeMessage>(
      attribute_frame(R"("id":"1","event_id":"7","type":"comment","category":"Other",)"
                      R"("value1":"deleted","value2":"","value":"deleted","to_ids":false,)"
                      R"("timestamp":"5","deleted":true)",
                      "soft-delete"));
  EXPECT_EQ(message.action, Action::kSoftDelete);
  EXPECT_TRUE(message.attribute.deleted);
  EXPECT_EQ(message.attribute.type, "comment");
}

TEST(DecodeAttribute, ReadsAHardDeleteWithoutEvent) {
  const auto message = decoded<AttributeMessage>(
      R"(misp_json_attribute {"Attribute":{"id":"8","event_id":"1","object_id":"0","type":"ip-src",)"
      R"("value":"203.0.113.6","to_ids":true,"uuid":"789AC022-bdd0-4431-bcc5-24ae71b8cc72",)"
      R"("timestamp":"1795486960","distribution":"5","deleted":true},"action":"delete"})");
  EXPECT_EQ(message.action, Action::kDelete);
  EXPECT_FALSE(message.event);
  EXPECT_FALSE(message.attribute.tags);
  EXPECT_EQ(message.attribute.uuid.str(), "789ac022-bdd0-4431-bcc5-24ae71b8cc72");
}

TEST(DecodeAttribute, JoinsTheValueOfACompositeWhenOnlyItsPartsAreThere) {
  const auto message = decoded<AttributeMessage>(
      attribute_frame(R"("id":"1","event_id":"7","type":"domain|ip","value1":"a.example",)"
                      R"("value2":"192.0.2.1","to_ids":true,"timestamp":"5")",
                      "edit"));
  EXPECT_EQ(message.attribute.value, "a.example|192.0.2.1");
}

TEST(DecodeAttribute, AnUnknownDistributionIsNotKnown) {
  const auto message = decoded<AttributeMessage>(attribute_frame(
      R"("id":1,"event_id":7,"type":"md5","value":"x","to_ids":1,"timestamp":5,"distribution":9)",
      "edit"));
  EXPECT_FALSE(message.attribute.distribution);
}

TEST(DecodeAttribute, CountsSightingsOfAnyNumberAndForgetsThem) {
  std::string sightings =
      R"({"type":"2","date_sighting":"9"},{"type":2,"date_sighting":7},{"id":1})";
  for (int i = 0; i < 60'000; ++i) {
    sightings += R"(,{"id":"1","type":"1","date_sighting":"5"},{"id":"1","type":"0"})";
  }
  const auto message = decoded<AttributeMessage>(attribute_frame(
      R"("id":1,"event_id":7,"type":"md5","value":"x","to_ids":1,"timestamp":5,"Sighting":[)" +
          sightings + "]",
      "edit"));
  EXPECT_EQ(message.attribute.value, "x");
  EXPECT_EQ(message.attribute.false_positives, 60'000U);
  EXPECT_EQ(message.attribute.expires, 7) << "the earliest";
}

}  // namespace
}  // namespace misp_zeek::misp
