// SPDX-License-Identifier: BSD-3-Clause
// The part of IndicatorStore that gives out what changed, to be saved, and puts it back.
#include <algorithm>
#include <utility>

#include "core/store/indicator_store.h"

namespace misp_zeek {
namespace {

/// So many that came and went before they were saved may stay in the order of changes.
constexpr std::size_t kForgotten = 10'000;

}  // namespace

void IndicatorStore::note_attribute(const Uuid& uuid) {
  if (options_.track_unsaved && unsaved_attributes_.insert(uuid).second) {
    unsaved_order_.emplace_back(noted_++, uuid);
    if (unsaved_order_.size() > 2 * unsaved_attributes_.size() + kForgotten) {
      std::erase_if(unsaved_order_, [this](const auto& noted) {
        return !unsaved_attributes_.contains(noted.second);
      });
    }
  }
}

void IndicatorStore::note_event(std::uint64_t event_id) {
  if (options_.track_unsaved) {
    unsaved_events_.insert(event_id);
  }
}

void IndicatorStore::note_all_unsaved() {
  for (const auto& [uuid, attribute] : attributes_) {
    note_attribute(uuid);
  }
  for (const auto& [id, event] : events_) {
    note_event(id);
  }
}

void IndicatorStore::restore(const SavedEvent& event) {
  complete_ = false;
  proven_ = false;
  StoredEvent& stored = events_[event.id];
  stored.uuid = event.uuid;
  stored.info = event.info;
  stored.publish_timestamp = event.publish_timestamp;
  stored.taken = true;
  if (event.uuid) {
    event_ids_[*event.uuid] = event.id;
  }
}

void IndicatorStore::restore(const SavedAttribute& saved) {
  complete_ = false;
  proven_ = false;
  StoredAttribute& stored = attributes_[saved.uuid] = {};
  stored.event_id = saved.event_id;
  stored.id = saved.id;
  stored.timestamp = saved.timestamp;
  stored.type = intern_type(saved.type);
  stored.reject = saved.reject;
  stored.tags = saved.tags;
  stored.taken = true;
  events_[saved.event_id].attributes.insert(saved.uuid);
  for (const auto& support : saved.supports) {
    add_supporter(EntryKey{support.key, saved.event_id}, {saved.uuid, support.port}, stored);
  }
  ++type_counts_.at(stored.type);
  if (saved.reject) {
    ++rejects_[*saved.reject];
  }
  restored_items_ = entries_.size();
}

void IndicatorStore::take_event(std::uint64_t event_id, Unsaved& unsaved) {
  if (unsaved_events_.erase(event_id) == 0) {
    return;
  }
  const auto it = events_.find(event_id);
  if (it == events_.end()) {
    unsaved.gone_events.push_back(event_id);
    return;
  }
  StoredEvent& event = it->second;
  event.taken = true;
  unsaved.events.push_back({event_id, event.uuid, event.info, event.publish_timestamp});
}

void IndicatorStore::take_attribute(const Uuid& uuid, Unsaved& unsaved) {
  const auto it = attributes_.find(uuid);
  if (it == attributes_.end()) {
    unsaved.gone_attributes.push_back(uuid);
    return;
  }
  StoredAttribute& attribute = it->second;
  attribute.taken = true;
  take_event(attribute.event_id, unsaved);
  auto& saved = unsaved.attributes.emplace_back();
  saved.uuid = uuid;
  saved.event_id = attribute.event_id;
  saved.id = attribute.id;
  saved.timestamp = attribute.timestamp;
  saved.type = type_name(attribute);
  saved.reject = attribute.reject;
  saved.tags = attribute.tags;
  for (const auto& [entry, port] : attribute.entries) {
    saved.supports.push_back({entry->key, port});
  }
}

Unsaved IndicatorStore::take_unsaved(std::size_t max) {
  Unsaved unsaved;
  for (std::size_t i = 0; i < max && !unsaved_order_.empty(); ++i) {
    const Uuid uuid = unsaved_order_.front().second;
    unsaved_order_.pop_front();
    if (unsaved_attributes_.erase(uuid) > 0) {
      take_attribute(uuid, unsaved);
    }
  }
  while (unsaved_attributes_.empty() && !unsaved_events_.empty() &&
         unsaved.events.size() + unsaved.gone_events.size() < max) {
    take_event(*unsaved_events_.begin(), unsaved);
  }
  return unsaved;
}

}  // namespace misp_zeek
