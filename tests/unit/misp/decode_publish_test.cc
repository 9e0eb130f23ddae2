// SPDX-License-Identifier: BSD-3-Clause
#include "decode_support.h"

namespace misp_zeek::misp {
namespace {

std::string attribute(int id, std::string_view more = "") {
  return R"({"id":")" + std::to_string(id) +
         R"(","type":"domain","to_ids":true,"uuid":"5cf9bcf1-1886-43c2-9d44-0000000000)" +
         std::to_string(10 + id) +
         R"(","event_id":"3","distribution":"5","timestamp":"1795486909","deleted":false,)"
         R"("object_id":"0","value":"a.example","Galaxy":[],"ShadowAttribute":[])" +
         std::string(more) + "}";
}

std::string publish(std::string_view attributes, std::string_view objects,
                    std::string_view more = "") {
  return R"(misp_json {"Event":{"id":"3","orgc_id":"1","org_id":"1","info":"published",)"
         R"("published":false,"uuid":"9f001b0a-6be2-4b1f-b56c-940de68e7f20",)"
         R"("timestamp":"1795486909","distribution":"0","publish_timestamp":"0",)"
         R"("Org":{"id":"1"},"Attribute":[)" +
         std::string(attributes) + R"(],"ShadowAttribute":[)" + attribute(80) +
         R"(],"RelatedEvent":[{"Event":{"id":"9","Attribute":[1]}}],"Galaxy":[],"Object":[)" +
         std::string(objects) + R"(],"EventReport":[])" + std::string(more) + "}}";
}

TEST(DecodePublish, ListsAttributesOfTheEventAndOfItsObjects) {
  const auto message = decoded<PublishMessage>(
      publish(attribute(1) + "," + attribute(2),
              R"({"id":"1","name":"file","distribution":"3","Attribute":[)" + attribute(3) + "," +
                  attribute(4) + "]}"));
  ASSERT_EQ(message.attributes.size(), 4U);
  EXPECT_EQ(message.attributes[0].id, 1U);
  EXPECT_EQ(message.attributes[3].id, 4U);
  EXPECT_EQ(message.attributes[1].value, "a.example");
  EXPECT_FALSE(message.attributes[0].object_distribution);
  EXPECT_EQ(message.attributes[2].object_distribution, Distribution::kAll);
  EXPECT_EQ(message.event.id, 3U);
  EXPECT_EQ(message.event.published, false);
  EXPECT_EQ(message.event.publish_timestamp, 0);
}

TEST(DecodePublish, ReadsAnObjectsDistributionThatStandsAfterItsAttributes) {
  const auto message = decoded<PublishMessage>(
      publish("", R"({"Attribute":[)" + attribute(3) + R"(],"id":"1","distribution":0})"));
  ASSERT_EQ(message.attributes.size(), 1U);
  EXPECT_EQ(message.attributes[0].object_distribution, Distribution::kOrganisation);
}

TEST(DecodePublish, AnObjectMayHaveNoAttributes) {
  EXPECT_TRUE(decoded<PublishMessage>(publish("", R"({"id":"1"})")).attributes.empty());
}

TEST(DecodePublish, ReadsTagsOfAttributesAndReadsOverTagsOfTheEvent) {
  const auto message = decoded<PublishMessage>(publish(
      attribute(1, R"(,"Tag":[{"id":"14","name":"rest:a","local":true}])") + "," + attribute(2), "",
      R"(,"Tag":[{"id":"1","name":"tlp:red"}])"));
  ASSERT_EQ(message.attributes.size(), 2U);
  EXPECT_EQ(message.attributes[0].tags, (std::vector<std::string>{"rest:a"}));
  EXPECT_EQ(message.attributes[1].tags, (std::vector<std::string>{}));
}

TEST(DecodePublish, RefusesTheWholeMessageForOneUnreadableAttribute) {
  const auto error = refused(publish(attribute(1) + R"(,{"id":"2"})", ""));
  EXPECT_EQ(error.code, ErrorCode::kMalformed);
  EXPECT_EQ(error.message, "misp_json: Event.Attribute.uuid: expected a value");
}

TEST(DecodePublish, RefusesAMissingListBecauseItWouldReadAsEmpty) {
  EXPECT_EQ(refused(R"(misp_json {"Event":{"id":"3","Object":[]}})").message,
            "misp_json: Event.Attribute: expected a list");
  EXPECT_EQ(refused(R"(misp_json {"Event":{"id":"3","Attribute":[]}})").message,
            "misp_json: Event.Object: expected a list");
  EXPECT_EQ(refused(R"(misp_json {"Event":{"id":"3","Attribute":{},"Object":[]}})").message,
            "misp_json: Event.Attribute: expected a list");
  EXPECT_EQ(refused(R"(misp_json {"Event":{"id":"3","Attribute":["x"],"Object":[]}})").message,
            "misp_json: /Event/Attribute: expected a list of objects");
  EXPECT_EQ(refused(R"(misp_json {"Event":{"id":"3","Attribute":[],"Object":[{"Attribute":"x"}]}})")
                .message,
            "misp_json: Event.Object.Attribute: expected a list");
  EXPECT_EQ(refused(R"(misp_json {"Attribute":[]})").message, "misp_json: Event: missing");
}

TEST(DecodePublish, TakesTwentyThousandAttributesInOneFrame) {
  std::string attributes = attribute(1);
  for (int i = 1; i < 20'000; ++i) {
    attributes += ",";
    attributes += attribute(1 + i % 80);
  }
  EXPECT_EQ(decoded<PublishMessage>(publish(attributes, "")).attributes.size(), 20'000U);
}

}  // namespace
}  // namespace misp_zeek::misp
