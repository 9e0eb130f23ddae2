// SPDX-License-Identifier: BSD-3-Clause
#include "decode_support.h"

namespace misp_zeek::misp {
namespace {

std::string attribute_with(std::string_view replaced, std::string_view replacement) {
  std::string frame =
      R"(misp_json_attribute {"Attribute":{"id":"4","event_id":"2","object_id":"0",)"
      R"("type":"md5","value":"x","to_ids":true,"uuid":"fb7fdc24-d89b-4588-a7bf-2bcb06c78058",)"
      R"("timestamp":"1795486909","deleted":false},"Event":{"id":"2"},"action":"edit"})";
  frame.replace(frame.find(replaced), replaced.size(), replacement);
  return frame;
}

TEST(DecodeError, NamesTopicKeyAndWhatWasExpected) {
  const auto text = [](std::string_view replaced, std::string_view replacement) {
    return refused(attribute_with(replaced, replacement)).message;
  };
  EXPECT_EQ(text(R"("id":"4")", R"("id":"4x")"),
            "misp_json_attribute: Attribute.id: expected a number or a decimal string");
  EXPECT_EQ(text(R"("id":"4")", R"("id":-4)"),
            "misp_json_attribute: Attribute.id: expected a number or a decimal string");
  EXPECT_EQ(text(R"("id":"4")", R"("id":4.5)"),
            "misp_json_attribute: Attribute.id: expected a number or a decimal string");
  EXPECT_EQ(text(R"("timestamp":"1795486909")", R"("timestamp":"1795486909123456789012")"),
            "misp_json_attribute: Attribute.timestamp: expected a number or a decimal string");
  EXPECT_EQ(text(R"("to_ids":true)", R"("to_ids":"yes")"),
            "misp_json_attribute: Attribute.to_ids: expected a boolean, 0 or 1");
  EXPECT_EQ(text(R"("to_ids":true)", R"("to_ids":2)"),
            "misp_json_attribute: Attribute.to_ids: expected a boolean, 0 or 1");
  EXPECT_EQ(text("fb7fdc24-d89b", "not-a-uuid"),
            "misp_json_attribute: Attribute.uuid: expected a UUID");
  EXPECT_EQ(text(R"("type":"md5")", R"("type":{})"),
            "misp_json_attribute: Attribute.type: expected a string");
  EXPECT_EQ(text(R"("value":"x")", R"("value":null)"),
            "misp_json_attribute: Attribute.value: expected a value");
  EXPECT_EQ(text(R"("deleted":false)", R"("deleted":false,"Tag":{"0":1})"),
            "misp_json_attribute: Attribute.Tag: expected a list");
  EXPECT_EQ(text(R"("deleted":false)", R"("deleted":false,"Tag":["x"])"),
            "misp_json_attribute: Attribute.Tag: expected objects with a name");
  EXPECT_EQ(text(R"("Event":{"id":"2"})", R"("Event":{})"),
            "misp_json_attribute: Event.id: expected a value");
  EXPECT_EQ(text(R"("Event":{"id":"2"})", R"("Event":[])"),
            "misp_json_attribute: Event: expected an object");
  EXPECT_EQ(text(R"(,"Event":{"id":"2"})", ""), "misp_json_attribute: Event: missing");
}

TEST(DecodeError, RefusesAMessageWithoutAnAction) {
  EXPECT_EQ(refused(R"(misp_json_event {"Event":{"id":"1"}})").message,
            "misp_json_event: message.action: expected a value");
}

TEST(DecodeError, RefusesFramesWithoutTopicOrJson) {
  EXPECT_EQ(refused("").code, ErrorCode::kMalformed);
  EXPECT_EQ(refused("misp_json").code, ErrorCode::kMalformed);
  EXPECT_EQ(refused(R"( {"Event":{}})").code, ErrorCode::kMalformed);
  EXPECT_EQ(refused("misp_json_event []").message, "misp_json_event: message: expected an object");
  EXPECT_EQ(refused("misp_json_event nonsense").message,
            "misp_json_event: not valid JSON at byte 2");
  EXPECT_EQ(refused(R"(misp_json_event {"Event":{"id)").message,
            "misp_json_event: truncated: the JSON text ends after 13 bytes");
  EXPECT_EQ(refused("misp_json_event {\"Event\":{\"info\":\"\xff\"}}").code, ErrorCode::kMalformed);
}

TEST(DecodeError, RefusesFramesBeyondTheBounds) {
  FrameLimits limits;
  limits.max_bytes = 30;
  EXPECT_EQ(refused(attribute_with("edit", "edit"), limits).code, ErrorCode::kTooLarge);
  const std::string deep = "misp_json_event " + std::string(1'000'000, '[');
  EXPECT_EQ(refused(deep).message, "misp_json_event: nested deeper than 64 levels");
  std::string objects = "misp_json ";
  for (int i = 0; i < 100'000; ++i) {
    objects += R"({"Galaxy":)";
  }
  EXPECT_EQ(refused(objects).code, ErrorCode::kTooLarge);
  std::string wide = R"(misp_json_event {"Event":[)";
  for (int i = 0; i < 200'000; ++i) {
    wide += "[],";
  }
  EXPECT_EQ(refused(wide).code, ErrorCode::kTooLarge);
}

TEST(DecodeError, RefusesTagAndSightingMessagesWithoutWhatTheyAreAbout) {
  EXPECT_EQ(refused(R"(misp_json_tag {"Tag":{"name":"x","event_id":"1"},)"
                    R"("action":"attached to attribute"})")
                .message,
            "misp_json_tag: Tag.attribute_id: expected a value");
  EXPECT_EQ(refused(R"(misp_json_tag {"Tag":{"name":"x"},"action":"attached to event"})").message,
            "misp_json_tag: Tag.event_id: expected a value");
  EXPECT_EQ(refused(R"(misp_json_tag {"action":"add"})").message, "misp_json_tag: Tag: missing");
  EXPECT_EQ(refused(R"(misp_json_sighting {"Sighting":{"type":"7","date_sighting":"1"},)"
                    R"("action":"add"})")
                .message,
            "misp_json_sighting: Sighting.type: expected 0, 1 or 2");
  EXPECT_EQ(
      refused(R"(misp_json_event {"Event":"x","action":"add_from_connected_server"})").message,
      "misp_json_event: message.Event: expected a UUID");
  EXPECT_EQ(refused(R"(misp_json_self {"status":"ok"})").message,
            "misp_json_self: message.uptime: expected a value");
}

}  // namespace
}  // namespace misp_zeek::misp
