// SPDX-License-Identifier: BSD-3-Clause
// What the store gives out to be saved, and what it is when it takes that back.
#include <map>
#include <random>

#include "store/saved_store.h"

namespace misp_zeek {
namespace {

/// One random change among few attributes, events and values, so that they meet often.
void change(IndicatorStore& store, std::mt19937& random, const Mapping& mapping) {
  static const std::vector<std::pair<std::string, std::string>> kValues = {
      {"ip-dst", "198.51.100.1"},           {"ip-dst|port", "198.51.100.1|443"},
      {"domain|ip", "a.example|192.0.2.1"}, {"domain", "a.example"},
      {"domain", "not a domain"},           {"url", "http://a.example/x"}};
  const Uuid uuid = uuid_of(static_cast<unsigned>(random() % 12));
  const std::uint64_t event_id = 1 + random() % 4;
  if (random() % 3 == 0) {
    store.withdraw(uuid);
    return;
  }
  Event event;
  event.id = event_id;
  event.info = "info " + std::to_string(random() % 3);
  event.publish_timestamp = random() % 5;
  if (random() % 8 == 0) {
    store.update_event(event);
    return;
  }
  const auto& [type, value] = kValues[random() % kValues.size()];
  Attribute attribute;
  attribute.uuid = uuid;
  attribute.event_id = event_id;
  attribute.id = 1 + uuid.bytes[15];
  attribute.timestamp = static_cast<std::int64_t>(random() % 3);
  attribute.type = type;
  const auto mapped = mapping.map(type, value);
  mapped ? store.upsert(attribute, event, *mapped)
         : store.upsert(attribute, event, {}, mapped.error());
}

TEST(DurableState, GivesBackTheSameStoreAfterAnyHistory) {
  const Mapping mapping;
  for (unsigned seed = 1; seed <= 200; ++seed) {
    std::mt19937 random(seed);
    auto store = tracking_store();
    Saved saved;
    for (int i = 0; i < 80; ++i) {
      change(store, random, mapping);
      if (random() % 4 == 0) {
        saved.apply(store.take_unsaved(1 + random() % 5));
      }
    }
    drain(store, saved);
    auto restored = tracking_store();
    saved.restore(restored);
    ASSERT_EQ(restored.digest(), store.digest()) << "seed " << seed;
    ASSERT_EQ(restored.item_count(), store.item_count()) << "seed " << seed;
    ASSERT_EQ(restored.attribute_count(), store.attribute_count()) << "seed " << seed;
    ASSERT_EQ(restored.events(), store.events()) << "seed " << seed;
    ASSERT_EQ(saved.events.size(), store.events().size()) << "seed " << seed;
    const auto some = [](const auto& counts) {
      std::map<Reject, std::size_t> kept;
      for (const auto& [reason, count] : counts) {
        if (count > 0) kept[reason] = count;
      }
      return kept;
    };
    ASSERT_EQ(some(restored.rejects()), some(store.rejects())) << "seed " << seed;
    ASSERT_EQ(restored.unsaved(), 0U) << "seed " << seed;
    for (int i = 0; i < 20; ++i) {
      change(restored, random, mapping);
    }
    drain(restored, saved);
    auto again = tracking_store();
    saved.restore(again);
    ASSERT_EQ(again.digest(), restored.digest()) << "seed " << seed;
  }
}

TEST(DurableState, SavesNothingWhenARowIsReadAgainUnchanged) {
  const Mapping mapping;
  auto store = tracking_store();
  Attribute attribute;
  attribute.uuid = uuid_of(1);
  attribute.event_id = 7;
  attribute.type = "domain";
  Event event;
  event.id = 7;
  const auto mapped = mapping.map("domain", "a.example").value();
  store.upsert(attribute, event, mapped);
  EXPECT_FALSE(store.take_unsaved(10).empty());
  store.upsert(attribute, event, mapped);
  store.update_event(event);
  EXPECT_EQ(store.unsaved(), 0U);
}

TEST(DurableState, RemembersNothingOfWhatCameAndWentUnsaved) {
  const Mapping mapping;
  auto store = tracking_store();
  Event event;
  for (unsigned i = 0; i < 100; ++i) {
    Attribute attribute;
    attribute.uuid = uuid_of(i);
    attribute.event_id = event.id = 1 + i;
    attribute.type = "domain";
    store.upsert(attribute, event, mapping.map("domain", "a.example").value());
    store.withdraw(attribute.uuid);
  }
  EXPECT_EQ(store.unsaved(), 0U);
}

TEST(DurableState, KeepsNoRecordUnlessAsked) {
  IndicatorStore store({}, kEpoch);
  const Mapping mapping;
  std::mt19937 random(1);
  for (int i = 0; i < 50; ++i) {
    change(store, random, mapping);
  }
  EXPECT_EQ(store.unsaved(), 0U);
}

}  // namespace
}  // namespace misp_zeek
