// SPDX-License-Identifier: BSD-3-Clause
#include "core/store/indicator_store.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <set>
#include <unordered_set>
#include <utility>

#include "core/base/text.h"

namespace misp_zeek {
namespace {

std::uint16_t port_number(const std::string& port) {
  std::uint16_t number = 0;
  std::from_chars(port.data(), port.data() + port.size(), number);
  return number;
}

}  // namespace

IndicatorStore::IndicatorStore(StoreOptions options, std::string epoch)
    : options_(std::move(options)), epoch_(std::move(epoch)), log_(options_.max_log) {
  while (options_.misp_url.ends_with('/')) {
    options_.misp_url.pop_back();
  }
  auto& tags = options_.shown_tags;
  std::sort(tags.begin(), tags.end());
  tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
  tags.resize(std::min<std::size_t>(tags.size(), 64));
}

std::uint16_t IndicatorStore::intern_type(const std::string& type) {
  const auto it = std::find(type_names_.begin(), type_names_.end(), type);
  if (it != type_names_.end()) {
    return static_cast<std::uint16_t>(it - type_names_.begin());
  }
  type_names_.push_back(type);
  type_counts_.push_back(0);
  return static_cast<std::uint16_t>(type_names_.size() - 1);
}

std::string_view IndicatorStore::type_name(const StoredAttribute& attribute) const {
  return type_names_.at(attribute.type);
}

Item IndicatorStore::make_item(const EntryKey& key, const Entry& entry) const {
  Item item;
  item.entry = key;
  item.report_sightings = options_.report_sightings;
  item.url = options_.misp_url + "/events/view/" + std::to_string(key.event_id);
  if (const auto it = events_.find(key.event_id); it != events_.end()) {
    item.desc = it->second.info;
  }
  std::vector<std::uint16_t> ports;
  std::uint64_t tags = 0;
  std::size_t listed = 0;
  const Uuid* last = nullptr;
  for (const auto& supporter : entry.supporters) {
    if ((last == nullptr || *last != supporter.attribute) && listed < options_.max_uuids) {
      item.attribute_uuids += (listed++ == 0 ? "" : ",") + supporter.attribute.str();
    }
    last = &supporter.attribute;
    if (const auto* attribute = options_.shown_tags.empty() ? nullptr : find(supporter.attribute)) {
      tags |= attribute->tags;
    }
    if (supporter.port != 0) {
      ports.push_back(supporter.port);
    }
  }
  std::sort(ports.begin(), ports.end());
  ports.erase(std::unique(ports.begin(), ports.end()), ports.end());
  for (const auto port : ports) {
    item.ports += (item.ports.empty() ? "" : ",") + std::to_string(port);
  }
  for (std::size_t i = 0; i < options_.shown_tags.size(); ++i) {
    if ((tags >> i & 1U) != 0) {
      item.tags += (item.tags.empty() ? "" : ",") + options_.shown_tags[i];
    }
  }
  return item;
}

std::uint64_t IndicatorStore::shown_tags_of(const Attribute& attribute) const {
  std::uint64_t bits = 0;
  for (const auto& tag : attribute.tags.value_or(std::vector<std::string>{})) {
    const auto& shown = options_.shown_tags;
    if (const auto it = std::lower_bound(shown.begin(), shown.end(), tag);
        it != shown.end() && *it == tag) {
      bits |= std::uint64_t{1} << (it - shown.begin());
    }
  }
  return bits;
}

void IndicatorStore::change_digests(std::uint64_t old_hash, std::uint64_t new_hash) {
  for (auto& [key, digest] : digests_) {
    digest ^= (old_hash == 0 ? 0 : key.mix(old_hash)) ^ (new_hash == 0 ? 0 : key.mix(new_hash));
  }
}

std::uint64_t IndicatorStore::digest(const DigestKey& key) const {
  constexpr std::size_t kMaxKeys = 64;
  const auto known = digests_.find(key);
  if (known != digests_.end()) {
    return known->second;
  }
  std::uint64_t digest = 0;
  for (const auto& [entry, state] : entries_) {
    digest ^= key.mix(state.hash);
  }
  if (digests_.size() == kMaxKeys) {
    digests_.clear();  // of Zeeks that are gone; the others are computed anew
  }
  return digests_[key] = digest;
}

bool IndicatorStore::refresh(Entries::iterator entry) {
  const std::uint64_t hash = item_hash(make_item(entry->first, entry->second));
  if (hash == entry->second.hash) {
    return false;
  }
  change_digests(entry->second.hash, hash);
  entry->second.hash = hash;
  entry->second.changed = log_.changed(&entry->first, entry->second.changed, entries_.size());
  return true;
}

bool IndicatorStore::add_supporter(const EntryKey& key, const Supporter& supporter,
                                   StoredAttribute& attribute) {
  const auto [it, is_new] = entries_.try_emplace(key);
  if (is_new) {
    ++by_type_.at(static_cast<std::size_t>(key.key.type));
  }
  auto& supporters = it->second.supporters;
  const auto place = std::lower_bound(supporters.begin(), supporters.end(), supporter);
  if (place == supporters.end() || *place != supporter) {
    supporters.insert(place, supporter);
  }
  attribute.entries.emplace_back(&it->first, supporter.port);
  return refresh(it);
}

bool IndicatorStore::drop_supporter(const EntryKey& key, const Supporter& supporter) {
  const auto it = entries_.find(key);
  assert(it != entries_.end());
  auto& supporters = it->second.supporters;
  const auto place = std::lower_bound(supporters.begin(), supporters.end(), supporter);
  if (place != supporters.end() && *place == supporter) {
    supporters.erase(place);
  }
  if (!supporters.empty()) {
    return refresh(it);
  }
  change_digests(it->second.hash, 0);
  log_.removed(it->first, it->second.changed, entries_.size());
  --by_type_.at(static_cast<std::size_t>(key.key.type));
  entries_.erase(it);
  return true;
}

bool IndicatorStore::drop_entries(const Uuid& uuid, const StoredAttribute& attribute) {
  bool changed = false;
  for (const auto& [key, port] : attribute.entries) {
    changed |= drop_supporter(EntryKey(*key), {uuid, port});
  }
  return changed;
}

bool IndicatorStore::apply_event(const Event& event, StoredEvent& stored) {
  bool unsaved = false;
  if (event.uuid && event.uuid != stored.uuid) {
    if (stored.uuid) {  // MISP gave the id out again: what is known is of another event
      forget_event_uuid(stored, event.id);
      stored.publish_timestamp = 0;
    }
    stored.uuid = event.uuid;
    event_ids_[*event.uuid] = event.id;
    unsaved = true;
  }
  if (event.publish_timestamp && *event.publish_timestamp > stored.publish_timestamp) {
    stored.publish_timestamp = *event.publish_timestamp;
    unsaved = true;
  }
  std::string info = text::short_line(event.info, options_.max_desc);
  const bool shown = info != stored.info;
  stored.info = std::move(info);
  if (unsaved || shown || !stored.taken) {
    note_event(event.id);
  }
  return shown;
}

bool IndicatorStore::upsert(const Attribute& attribute, const Event& event,
                            const std::vector<Mapped>& mapped, std::optional<Reject> reject) {
  const auto [it, is_new] = attributes_.try_emplace(attribute.uuid);
  StoredAttribute& stored = it->second;
  StoredAttribute next;
  next.event_id = attribute.event_id;
  next.id = attribute.id;
  next.timestamp = attribute.timestamp;
  next.type = intern_type(attribute.type);
  next.reject = reject;
  next.tags = shown_tags_of(attribute);
  // What the entries below show of it.
  const std::uint64_t tags_before = std::exchange(stored.tags, next.tags);

  const auto [owner, new_event] = events_.try_emplace(attribute.event_id);
  owner->second.attributes.insert(attribute.uuid);
  if (new_event) {
    owner->second.taken = unsaved_events_.contains(attribute.event_id);  // it was gone for a while
  }
  bool changed = update_event(event);

  // New support first, then the old is dropped: an entry that stays is never absent in between.
  for (const auto& part : mapped) {
    const EntryKey key{part.key, attribute.event_id};
    changed |= add_supporter(key, {attribute.uuid, port_number(part.port)}, next);
  }
  ++type_counts_.at(next.type);
  if (!is_new) {
    --type_counts_.at(stored.type);
    for (const auto& old : stored.entries) {
      if (std::find(next.entries.begin(), next.entries.end(), old) == next.entries.end()) {
        changed |= drop_supporter(EntryKey(*old.first), {attribute.uuid, old.second});
      }
    }
    if (stored.reject) {
      --rejects_[*stored.reject];
    }
    if (stored.event_id != attribute.event_id) {
      leave_event(stored.event_id, attribute.uuid);
    }
  }
  if (reject) {
    ++rejects_[*reject];
  }
  next.taken = is_new ? unsaved_attributes_.contains(attribute.uuid) : stored.taken;
  const bool same = !is_new && next.event_id == stored.event_id && next.id == stored.id &&
                    next.timestamp == stored.timestamp && next.type == stored.type &&
                    next.reject == stored.reject && next.tags == tags_before &&
                    next.entries == stored.entries;
  stored = std::move(next);
  if (!same) {
    note_attribute(attribute.uuid);
  }
  return changed;
}

void IndicatorStore::forget_event_uuid(const StoredEvent& event, std::uint64_t event_id) {
  if (event.uuid && event_id_of(*event.uuid) == event_id) {
    event_ids_.erase(*event.uuid);
  }
}

void IndicatorStore::leave_event(std::uint64_t event_id, const Uuid& attribute) {
  const auto owner = events_.find(event_id);
  if (owner == events_.end()) {
    return;
  }
  owner->second.attributes.erase(attribute);
  if (owner->second.attributes.empty()) {
    forget_event_uuid(owner->second, event_id);
    const bool taken = owner->second.taken;
    events_.erase(owner);
    taken ? note_event(event_id) : void(unsaved_events_.erase(event_id));
  }
}

void IndicatorStore::forget(std::unordered_map<Uuid, StoredAttribute>::iterator it) {
  --type_counts_.at(it->second.type);
  if (it->second.reject) {
    --rejects_[*it->second.reject];
  }
  const Uuid uuid = it->first;
  const bool taken = it->second.taken;
  leave_event(it->second.event_id, uuid);
  attributes_.erase(it);
  taken ? note_attribute(uuid) : void(unsaved_attributes_.erase(uuid));
}

bool IndicatorStore::withdraw(const Uuid& attribute) {
  const auto it = attributes_.find(attribute);
  if (it == attributes_.end()) {
    return false;
  }
  const bool changed = drop_entries(attribute, it->second);
  forget(it);
  return changed;
}

bool IndicatorStore::withdraw_event(std::uint64_t event_id) {
  bool changed = false;
  for (const auto& uuid : attributes_of(event_id)) {
    changed |= withdraw(uuid);
  }
  return changed;
}

bool IndicatorStore::update_event(const Event& event) {
  const auto it = events_.find(event.id);
  if (it == events_.end() || !apply_event(event, it->second)) {
    return false;
  }
  bool changed = false;
  for (const auto& uuid : it->second.attributes) {
    const auto attribute = attributes_.find(uuid);
    if (attribute == attributes_.end()) {
      continue;
    }
    for (const auto& [key, port] : attribute->second.entries) {
      changed |= refresh(entries_.find(*key));
    }
  }
  return changed;
}

std::optional<Item> IndicatorStore::item(const EntryKey& entry) const {
  const auto it = entries_.find(entry);
  if (it == entries_.end()) {
    return std::nullopt;
  }
  return make_item(it->first, it->second);
}

std::vector<EntryKey> IndicatorStore::entries_of(const IndicatorKey& indicator) const {
  std::vector<EntryKey> found;
  for (auto it = entries_.lower_bound({indicator, 0});
       it != entries_.end() && it->first.key == indicator; ++it) {
    found.push_back(it->first);
  }
  return found;
}

std::vector<Uuid> IndicatorStore::supporters(const EntryKey& entry, std::size_t max) const {
  std::vector<Uuid> uuids;
  const auto it = entries_.find(entry);
  if (it == entries_.end()) {
    return uuids;
  }
  for (const Supporter& supporter : it->second.supporters) {
    if (uuids.size() == max) {
      break;
    }
    if (uuids.empty() || uuids.back() != supporter.attribute) {
      uuids.push_back(supporter.attribute);
    }
  }
  return uuids;
}

std::vector<Item> IndicatorStore::items_after(const std::optional<EntryKey>& cursor,
                                              std::size_t max) const {
  std::vector<Item> items;
  items.reserve(std::min(max, entries_.size()));
  auto it = cursor ? entries_.upper_bound(*cursor) : entries_.begin();
  for (; it != entries_.end() && items.size() < max; ++it) {
    items.push_back(make_item(it->first, it->second));
  }
  return items;
}

IndicatorStore::ChangeSet IndicatorStore::changes_since(Revision since, std::size_t max) const {
  ChangeSet set;
  set.up_to = log_.revision();
  Revision last = since;
  std::set<EntryKey> told;
  log_.each_since(since, [&](Revision revision, const EntryKey& entry) {
    if (told.contains(entry)) {
      return true;
    }
    if (set.entries.size() == max) {
      set.up_to = last;
      return false;
    }
    told.insert(entry);
    set.entries.push_back(entry);
    last = revision;
    return true;
  });
  return set;
}

const IndicatorStore::StoredAttribute* IndicatorStore::find(const Uuid& attribute) const {
  const auto it = attributes_.find(attribute);
  return it == attributes_.end() ? nullptr : &it->second;
}

std::map<std::string_view, std::size_t> IndicatorStore::attributes_by_type() const {
  std::map<std::string_view, std::size_t> counts;
  for (std::size_t i = 0; i < type_names_.size(); ++i) {
    counts.emplace(type_names_[i], type_counts_[i]);
  }
  return counts;
}

std::vector<Uuid> IndicatorStore::attributes_of(std::uint64_t event_id) const {
  const auto it = events_.find(event_id);
  if (it == events_.end()) {
    return {};
  }
  std::vector<Uuid> uuids(it->second.attributes.begin(), it->second.attributes.end());
  std::sort(uuids.begin(), uuids.end());
  return uuids;
}

std::vector<std::uint64_t> IndicatorStore::events() const {
  std::vector<std::uint64_t> ids;
  ids.reserve(events_.size());
  for (const auto& [id, event] : events_) {
    ids.push_back(id);
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

const IndicatorStore::StoredEvent* IndicatorStore::event(std::uint64_t event_id) const {
  const auto it = events_.find(event_id);
  return it == events_.end() ? nullptr : &it->second;
}

std::optional<std::uint64_t> IndicatorStore::event_id_of(const Uuid& event) const {
  const auto it = event_ids_.find(event);
  return it == event_ids_.end() ? std::nullopt : std::optional(it->second);
}

}  // namespace misp_zeek
