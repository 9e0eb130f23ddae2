// SPDX-License-Identifier: BSD-3-Clause
// A store that says what is to be saved, and a storage that keeps it.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "core/mapping/mapping.h"
#include "core/store/indicator_store.h"

namespace misp_zeek {

inline constexpr const char* kEpoch = "fedcba9876543210";

inline IndicatorStore tracking_store() {
  StoreOptions options;
  options.misp_url = "https://misp.example.org";
  options.track_unsaved = true;
  return {options, kEpoch};
}

/// What a faithful storage holds.
struct Saved {
  std::map<Uuid, SavedAttribute> attributes;
  std::map<std::uint64_t, SavedEvent> events;

  void apply(const Unsaved& unsaved) {
    for (const auto& event : unsaved.events) {
      events[event.id] = event;
    }
    for (const auto& attribute : unsaved.attributes) {
      attributes[attribute.uuid] = attribute;
    }
    for (const auto& uuid : unsaved.gone_attributes) {
      EXPECT_EQ(attributes.erase(uuid), 1U) << "was never saved";
    }
    for (const auto id : unsaved.gone_events) {
      EXPECT_EQ(events.erase(id), 1U) << "was never saved";
    }
  }
  void restore(IndicatorStore& store) const {
    for (const auto& [id, event] : events) {
      store.restore(event);
    }
    for (const auto& [uuid, attribute] : attributes) {
      store.restore(attribute);
    }
  }
};

inline void drain(IndicatorStore& store, Saved& saved) {
  while (store.unsaved() > 0) {
    saved.apply(store.take_unsaved(7));
  }
}

inline Uuid uuid_of(unsigned number) {
  Uuid uuid;
  uuid.bytes[15] = static_cast<std::uint8_t>(number);
  return uuid;
}

inline void put(IndicatorStore& store, unsigned number) {
  const Mapping mapping;
  Attribute attribute;
  attribute.uuid = uuid_of(number);
  attribute.event_id = 1;
  attribute.type = "domain";
  Event event;
  event.id = 1;
  store.upsert(attribute, event,
               mapping.map("domain", "d" + std::to_string(number) + ".example").value());
}

inline Saved saved_of(const std::vector<unsigned>& numbers) {
  auto store = tracking_store();
  for (const auto number : numbers) {
    put(store, number);
  }
  Saved saved;
  drain(store, saved);
  return saved;
}

}  // namespace misp_zeek
