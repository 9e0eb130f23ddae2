// SPDX-License-Identifier: BSD-3-Clause
// What operators are told in numbers.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "core/model/message_kind.h"
#include "core/store/indicator_store.h"
#include "core/sync/misp_sync.h"

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

/// Answers every call with what MISP holds, until none is due.
void answer_all(MispSync& sync, const std::vector<Attribute>& held, TimePoint now) {
  while (const auto call = sync.next_call(now)) {
    if (std::holds_alternative<UserCall>(*call)) {
      sync.on_answer(RestAnswer(MispUser{"2.5.1", 1, true, true}), now);
    } else if (std::holds_alternative<IndexCall>(*call)) {
      sync.on_answer(RestAnswer(EventIndex{{{1, uuid_of(99), now.unix_seconds, true}}, 0}), now);
    } else if (std::holds_alternative<CountCall>(*call)) {
      sync.on_answer(RestAnswer(std::uint64_t{held.size()}), now);
    } else {
      AttributePage page;
      for (const auto& attribute : held) {
        page.rows.push_back({attribute, event_one()});
      }
      sync.on_answer(RestAnswer(page), now);
    }
  }
}

TEST(MispSync, CountsWhatAPassRepairedByItsCause) {
  IndicatorStore store({}, "0000000000000001");
  MispSync sync({}, Filter({}), Mapping(), store, {0, 2000});
  sync.on_feed_connected({0, 2000});
  std::vector<Attribute> held = {attribute_of(1, "domain", "a.example")};
  answer_all(sync, held, {0, 2000});
  ASSERT_TRUE(sync.status().bootstrapped);
  EXPECT_TRUE(sync.counters().drift_by_cause.empty());
  EXPECT_EQ(sync.status().last_pass.kind, PassKind::kFull);
  EXPECT_EQ(sync.status().last_pass.cause, Cause::kStart);

  held.push_back(attribute_of(2, "domain", "b.example"));
  sync.request_reconcile(false, Cause::kOperator);
  answer_all(sync, held, {20'000, 2020});
  EXPECT_EQ(sync.counters().passes, 2U);
  EXPECT_EQ(sync.status().last_pass.kind, PassKind::kIndex);
  ASSERT_EQ(sync.counters().drift_by_cause.count(Cause::kOperator), 1U);
  EXPECT_EQ(sync.counters().drift_by_cause.at(Cause::kOperator).added, 1U);
}

}  // namespace
}  // namespace misp_zeek
