// SPDX-License-Identifier: BSD-3-Clause
#include "decode_support.h"

namespace misp_zeek::misp {
namespace {

constexpr std::string_view kEvent =
    R"({"Event":{"id":"4","org_id":"1","info":"to be deleted","uuid":)"
    R"("f607af1f-0be6-462c-bd79-22d20d26e451","published":true,"orgc_id":"2",)"
    R"("timestamp":"1795487066","distribution":"1","publish_timestamp":"1795487067"},)"
    R"("EventTag":[{"id":"1","Tag":{"name":"x"}}],"action":")";

std::string event_frame(std::string_view action) {
  return "misp_json_event " + std::string(kEvent) + std::string(action) + "\"}";
}

std::string tag_frame(std::string_view fields, std::string_view action) {
  return R"(misp_json_tag {"Tag":{"id":"5","name":"zeek:block")" + std::string(fields) +
         R"(},"action":")" + std::string(action) + R"("})";
}

constexpr std::string_view kSighting =
    R"({"Sighting":{"id":"1","attribute_id":"7","event_id":"1","org_id":"1",)"
    R"("date_sighting":"1795487042","uuid":"b4d32959-a01e-4ef7-9139-af4772754f3e",)"
    R"("source":"zeek-sensor-1","type":"2","Event":{"id":"1","Orgc":{"name":"ORGNAME"}},)"
    R"("Attribute":{"id":"7","uuid":"f70712c6-6e09-4a6c-9656-b3a6640d45b2","type":"ip-src",)"
    R"("to_ids":true,"value":"203.0.113.50"}},"action":")";

TEST(DecodeEvent, ReadsAllFieldsOfADeletion) {
  const auto message = decoded<EventMessage>(event_frame("delete"));
  EXPECT_EQ(message.action, EventMessage::Action::kDelete);
  EXPECT_EQ(message.event.id, 4U);
  EXPECT_EQ(message.event.uuid->str(), "f607af1f-0be6-462c-bd79-22d20d26e451");
  EXPECT_EQ(message.event.info, "to be deleted");
  EXPECT_EQ(message.event.published, true);
  EXPECT_EQ(message.event.timestamp, 1795487066);
  EXPECT_EQ(message.event.publish_timestamp, 1795487067);
  EXPECT_EQ(message.event.org_id, 1U);
  EXPECT_EQ(message.event.orgc_id, 2U);
  EXPECT_EQ(message.event.distribution, Distribution::kCommunity);
}

TEST(DecodeEvent, KnowsAddAndEdit) {
  EXPECT_EQ(decoded<EventMessage>(event_frame("add")).action, EventMessage::Action::kAdd);
  EXPECT_EQ(decoded<EventMessage>(event_frame("edit")).action, EventMessage::Action::kEdit);
}

TEST(DecodeEvent, ReadsTheUuidAloneOfAPulledEvent) {
  for (const char* action : {"add_from_connected_server", "edit_from_connected_server"}) {
    const auto message = decoded<EventMessage>(
        R"(misp_json_event {"Event":"091ba81a-318e-4ae5-8a00-aa9ad3f60c14","Server":"1","action":")" +
        std::string(action) + "\"}");
    EXPECT_EQ(message.action, EventMessage::Action::kFromConnectedServer);
    EXPECT_EQ(message.event.uuid->str(), "091ba81a-318e-4ae5-8a00-aa9ad3f60c14");
    EXPECT_EQ(message.event.id, 0U);
  }
}

TEST(DecodeTag, ReadsAttributeAndEventOfAnAttachment) {
  using Action = TagMessage::Action;
  const auto attached = decoded<TagMessage>(
      tag_frame(R"(,"attribute_id":"7","event_id":1)", "attached to attribute"));
  EXPECT_EQ(attached.action, Action::kAttachedToAttribute);
  EXPECT_EQ(attached.name, "zeek:block");
  EXPECT_EQ(attached.attribute_id, 7U);
  EXPECT_EQ(attached.event_id, 1U);
  EXPECT_EQ(decoded<TagMessage>(
                tag_frame(R"(,"attribute_id":"7","event_id":"1")", "detached from attribute"))
                .action,
            Action::kDetachedFromAttribute);
  const auto of_event = decoded<TagMessage>(tag_frame(R"(,"event_id":"3")", "attached to event"));
  EXPECT_EQ(of_event.action, Action::kAttachedToEvent);
  EXPECT_EQ(of_event.event_id, 3U);
  EXPECT_EQ(decoded<TagMessage>(tag_frame(R"(,"event_id":"3")", "detached from event")).action,
            Action::kDetachedFromEvent);
}

TEST(DecodeTag, ReadsTheTagsOwnLife) {
  using Action = TagMessage::Action;
  EXPECT_EQ(decoded<TagMessage>(tag_frame("", "add")).action, Action::kAdd);
  EXPECT_EQ(decoded<TagMessage>(tag_frame("", "edit")).action, Action::kEdit);
  const auto deleted = decoded<TagMessage>(tag_frame("", "delete"));
  EXPECT_EQ(deleted.action, Action::kDelete);
  EXPECT_EQ(deleted.attribute_id, 0U);
}

TEST(DecodeSighting, ReadsSourceTypeAndAttribute) {
  const auto message =
      decoded<SightingMessage>("misp_json_sighting " + std::string(kSighting) + "add\"}");
  EXPECT_EQ(message.action, SightingMessage::Action::kAdd);
  EXPECT_EQ(message.attribute_uuid->str(), "f70712c6-6e09-4a6c-9656-b3a6640d45b2");
  EXPECT_EQ(message.event_id, 1U);
  EXPECT_EQ(message.type, 2);
  EXPECT_EQ(message.source, "zeek-sensor-1");
  EXPECT_EQ(message.date_sighting, 1795487042);
  EXPECT_EQ(
      decoded<SightingMessage>("misp_json_sighting " + std::string(kSighting) + "delete\"}").action,
      SightingMessage::Action::kDelete);
}

TEST(DecodeFrame, ReadsTheUptimeOfAHeartbeat) {
  const auto heartbeat = decoded<Heartbeat>(
      R"(misp_json_self {"status": "I feel FANTASTIC and I'm still alive.", "uptime": 189})");
  EXPECT_EQ(heartbeat.uptime_seconds, 189);
}

TEST(DecodeFrame, KnowsThatAWarninglistChanged) {
  decoded<WarninglistMessage>(
      R"(misp_json_warninglist {"Warninglist":{"id":"8","enabled":true},"action":"edit"})");
}

TEST(DecodeFrame, IgnoresTopicsThatTellNothingAboutIndicators) {
  for (const char* topic : {"misp_json_object", "misp_json_object_reference", "misp_json_audit",
                            "misp_json_user", "misp_json_organisation", "something_else"}) {
    const auto frame = std::string(topic) + R"( {"action":"whatever"})";
    EXPECT_FALSE(decoded<IgnoredMessage>(frame).unknown_action);
    EXPECT_FALSE(tells_something(frame));
  }
}

TEST(DecodeFrame, IgnoresAnActionThatItDoesNotKnow) {
  for (const char* frame : {R"(misp_json_attribute {"Attribute":{},"action":"undelete"})",
                            R"(misp_json_event {"Event":{"id":"1"},"action":"publish"})",
                            R"(misp_json_tag {"Tag":{"name":"x"},"action":"eaten"})",
                            R"(misp_json_sighting {"Sighting":{},"action":"edit"})"}) {
    EXPECT_TRUE(decoded<IgnoredMessage>(frame).unknown_action) << frame;
    EXPECT_TRUE(tells_something(frame));
  }
}

TEST(DecodeFrame, DoesNotTakeAFrameWithoutTopicForOneThatTellsNothing) {
  for (const char* frame : {"", "misp_json", " {}"}) {
    EXPECT_TRUE(tells_something(frame)) << frame;
  }
}

}  // namespace
}  // namespace misp_zeek::misp
