// SPDX-License-Identifier: BSD-3-Clause
// What operators are told in numbers.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "core/model/message_kind.h"
#include "core/store/indicator_store.h"

namespace misp_zeek {
namespace {

Uuid uuid_of(int number) {
  Uuid uuid;
  uuid.bytes.back() = static_cast<std::uint8_t>(number);
  return uuid;
}

Attribute attribute_of(int number, const std::string& type, const std::string& value) {
  Attribute attribute;
  attribute.uuid = uuid_of(number);
  attribute.id = static_cast<std::uint64_t>(number);
  attribute.event_id = 1;
  attribute.type = type;
  attribute.value = value;
  attribute.to_ids = true;
  attribute.timestamp = 1000;
  return attribute;
}

Event event_one() {
  Event event;
  event.id = 1;
  return event;
}

TEST(MessageKind, OfEveryMessageIsInTheList) {
  TagMessage tag;
  tag.action = TagMessage::Action::kDetachedFromEvent;
  AttributeMessage attribute;
  attribute.action = AttributeMessage::Action::kSoftDelete;
  EventMessage event;
  event.action = EventMessage::Action::kFromConnectedServer;
  const FeedMessage messages[] = {
      attribute,         event,       PublishMessage{}, tag,
      SightingMessage{}, Heartbeat{}, IgnoredMessage{}, WarninglistMessage{}};
  for (const auto& message : messages) {
    const auto& all = all_message_kinds();
    EXPECT_NE(std::find(all.begin(), all.end(), kind_of(message)), all.end())
        << kind_of(message).topic << " " << kind_of(message).action;
  }
  EXPECT_EQ(kind_of(attribute), (MessageKind{"attribute", "soft_delete"}));
  EXPECT_EQ(kind_of(PublishMessage{}), (MessageKind{"event", "publish"}));
}

TEST(IndicatorStore, CountsAttributesByTypeAsTheyComeChangeAndGo) {
  IndicatorStore store({}, "0000000000000001");
  const Mapping mapping;
  const auto put = [&](const Attribute& attribute) {
    store.upsert(attribute, event_one(), *mapping.map(attribute.type, attribute.value));
  };
  put(attribute_of(1, "domain", "a.example"));
  put(attribute_of(2, "domain", "b.example"));
  put(attribute_of(2, "domain", "c.example"));
  EXPECT_EQ(store.attributes_by_type().at("domain"), 2U);
  put(attribute_of(2, "ip-dst", "192.0.2.1"));
  store.withdraw(uuid_of(1));
  EXPECT_EQ(store.attributes_by_type().at("domain"), 0U);
  EXPECT_EQ(store.attributes_by_type().at("ip-dst"), 1U);
}

}  // namespace
}  // namespace misp_zeek
