// SPDX-License-Identifier: BSD-3-Clause
#include "database.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "values.h"

namespace misp_zeek::misp_sim {
namespace {

const std::set<Id> kNoIds;

template <typename Map>
const std::set<Id>& ids_at(const Map& map, Id key) {
  const auto it = map.find(key);
  return it == map.end() ? kNoIds : it->second;
}

template <typename Row>
const Row* find_row(const Table<Row>& table, const std::unordered_map<std::string, Id>& by_uuid,
                    std::string_view key) {
  if (const auto id = parse_id(key)) return table.find(*id);
  const auto it = by_uuid.find(to_lower(key));
  return it == by_uuid.end() ? nullptr : table.find(it->second);
}

/// Takes `next` unless the row brings an id of its own; ids are never given twice.
Id take_id(Id wanted, Id& next) {
  const Id id = wanted == 0 ? next : wanted;
  next = std::max(next, id + 1);
  return id;
}

template <typename Map>
void erase_from(Map& map, Id key, Id value) {
  const auto it = map.find(key);
  if (it == map.end()) return;
  it->second.erase(value);
  if (it->second.empty()) map.erase(it);
}

}  // namespace

bool Warninglist::hits(const Attribute& attribute) const {
  if (!attribute_types.empty() && !attribute_types.contains(attribute.type)) return false;
  const auto part_hits = [this](const std::string& part, const std::string& entry) {
    if (part.empty()) return false;
    if (type == "cidr") return cidr_contains(entry, part);
    if (type == "hostname") {
      return part == entry || (part.size() > entry.size() && part.ends_with(entry) &&
                               part[part.size() - entry.size() - 1] == '.');
    }
    return to_lower(part) == to_lower(entry);
  };
  return std::any_of(entries.begin(), entries.end(), [&](const std::string& entry) {
    return part_hits(attribute.value1, entry) || part_hits(attribute.value2, entry);
  });
}

const Event* Database::event(std::string_view id_or_uuid) const {
  return find_row(events_, event_by_uuid_, id_or_uuid);
}

const Attribute* Database::attribute(std::string_view id_or_uuid) const {
  return find_row(attributes_, attribute_by_uuid_, id_or_uuid);
}

const Object* Database::object(std::string_view id_or_uuid) const {
  return find_row(objects_, object_by_uuid_, id_or_uuid);
}

const Tag* Database::tag(Id id) const {
  const auto it = tags_.find(id);
  return it == tags_.end() ? nullptr : &it->second;
}

const Tag* Database::tag(std::string_view name) const {
  const auto it = std::find_if(tags_.begin(), tags_.end(),
                               [&](const auto& entry) { return entry.second.name == name; });
  return it == tags_.end() ? nullptr : &it->second;
}

const std::set<Id>& Database::attributes_of(Id event) const {
  return ids_at(attributes_by_event_, event);
}

const std::set<Id>& Database::objects_of(Id event) const {
  return ids_at(objects_by_event_, event);
}

const std::set<Id>& Database::sightings_of(Id attribute) const {
  return ids_at(sightings_by_attribute_, attribute);
}

std::vector<Id> Database::attributes_of_object(const Object& object) const {
  std::vector<Id> ids;
  for (const Id id : attributes_of(object.event_id)) {
    if (attributes_.find(id)->object_id == object.id) ids.push_back(id);
  }
  return ids;
}

std::size_t Database::active_attributes(Id event) const {
  const auto it = active_by_event_.find(event);
  return it == active_by_event_.end() ? 0 : it->second;
}

void Database::count_active(const Attribute& attribute) {
  if (!attribute.deleted) ++active_by_event_[attribute.event_id];
}

void Database::uncount_active(const Attribute& attribute) {
  if (!attribute.deleted) --active_by_event_[attribute.event_id];
}

std::string Database::similar_key(const Attribute& attribute) {
  return std::to_string(attribute.event_id) + '\n' + attribute.type + '\n' +
         to_lower(attribute.value1) + '\n' + to_lower(attribute.value2);
}

bool Database::has_similar(Id event, const Attribute& like, Id except) const {
  Attribute key = like;
  key.event_id = event;
  const auto it = similar_.find(similar_key(key));
  return it != similar_.end() && it->second != except;
}

void Database::index_similar(const Attribute& attribute) {
  if (attribute.object_id != 0 || attribute.deleted) return;
  similar_.try_emplace(similar_key(attribute), attribute.id);
}

void Database::unindex_similar(const Attribute& attribute) {
  const auto it = similar_.find(similar_key(attribute));
  if (it != similar_.end() && it->second == attribute.id) similar_.erase(it);
}

const Event& Database::insert(Event event) {
  event.id = take_id(event.id, next_.event);
  if (event.uuid.empty()) event.uuid = new_uuid();
  event_by_uuid_[event.uuid] = event.id;
  return events_.insert(std::move(event));
}

const Attribute& Database::insert(Attribute attribute) {
  attribute.id = take_id(attribute.id, next_.attribute);
  if (attribute.uuid.empty()) attribute.uuid = new_uuid();
  attribute_by_uuid_[attribute.uuid] = attribute.id;
  attributes_by_event_[attribute.event_id].insert(attribute.id);
  count_active(attribute);
  index_similar(attribute);
  return attributes_.insert(std::move(attribute));
}

const Object& Database::insert(Object object) {
  object.id = take_id(object.id, next_.object);
  if (object.uuid.empty()) object.uuid = new_uuid();
  object_by_uuid_[object.uuid] = object.id;
  objects_by_event_[object.event_id].insert(object.id);
  return objects_.insert(std::move(object));
}

const Tag& Database::insert(Tag tag) {
  tag.id = take_id(tag.id, next_.tag);
  if (tag.colour.empty()) tag.colour = new_colour();
  return tags_.insert_or_assign(tag.id, std::move(tag)).first->second;
}

const Sighting& Database::insert(Sighting sighting) {
  sighting.id = take_id(sighting.id, next_.sighting);
  if (sighting.uuid.empty()) sighting.uuid = new_uuid();
  sightings_by_attribute_[sighting.attribute_id].insert(sighting.id);
  return sightings_.insert_or_assign(sighting.id, std::move(sighting)).first->second;
}

const Warninglist& Database::insert(Warninglist list) {
  list.id = take_id(list.id, next_.warninglist);
  return warninglists_.insert_or_assign(list.id, std::move(list)).first->second;
}

void Database::replace(const Attribute& attribute) {
  uncount_active(*attributes_.find(attribute.id));
  count_active(attribute);
  unindex_similar(*attributes_.find(attribute.id));
  attributes_.edit(attribute.id) = attribute;
  index_similar(attribute);
}

void Database::erase_attribute(Id id) {
  const auto* row = attributes_.find(id);
  if (row == nullptr) return;
  unindex_similar(*row);
  uncount_active(*row);
  attribute_by_uuid_.erase(row->uuid);
  erase_from(attributes_by_event_, row->event_id, id);
  for (const Id sighting : sightings_of(id)) sightings_.erase(sighting);
  sightings_by_attribute_.erase(id);
  attributes_.erase(id);
}

void Database::erase_object(Id id) {
  const auto* row = objects_.find(id);
  if (row == nullptr) return;
  object_by_uuid_.erase(row->uuid);
  erase_from(objects_by_event_, row->event_id, id);
  objects_.erase(id);
}

void Database::erase_sighting(Id id) {
  const auto it = sightings_.find(id);
  if (it == sightings_.end()) return;
  erase_from(sightings_by_attribute_, it->second.attribute_id, id);
  sightings_.erase(it);
}

void Database::erase_event(Id id) {
  const auto* row = events_.find(id);
  if (row == nullptr) return;
  for (const Id attribute : std::set<Id>(attributes_of(id))) erase_attribute(attribute);
  for (const Id object : std::set<Id>(objects_of(id))) erase_object(object);
  event_by_uuid_.erase(row->uuid);
  active_by_event_.erase(id);
  events_.erase(id);
}

std::string Database::new_uuid() {
  const std::uint64_t high = random_();
  const std::uint64_t low = random_();
  std::array<char, 37> text{};
  std::snprintf(text.data(), text.size(), "%08x-%04x-4%03x-%04x-%012llx",
                static_cast<unsigned>(high >> 32U), static_cast<unsigned>(high >> 16U & 0xffffU),
                static_cast<unsigned>(high & 0xfffU),
                static_cast<unsigned>(0x8000U | (low >> 48U & 0x3fffU)),
                static_cast<unsigned long long>(low & 0xffffffffffffULL));
  return text.data();
}

std::string Database::new_colour() {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "#%06x", static_cast<unsigned>(random_() & 0xffffffU));
  return text.data();
}

void Database::hold_until(std::optional<SteadyTime> until) {
  events_.hold_until(until);
  attributes_.hold_until(until);
  objects_.hold_until(until);
}

void Database::commit(SteadyTime now) {
  events_.commit(now);
  attributes_.commit(now);
  objects_.commit(now);
}

bool Database::holds_changes() const {
  return events_.holds_changes() || attributes_.holds_changes() || objects_.holds_changes();
}

std::uint64_t Database::version() const { return events_.version() + attributes_.version(); }

}  // namespace misp_zeek::misp_sim
