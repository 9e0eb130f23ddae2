// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "changes.h"
#include "publisher.h"
#include "shapes.h"

namespace misp_zeek::misp_sim {
namespace {

auto find_use(const std::vector<TagUse>& uses, Id tag) {
  return std::find_if(uses.begin(), uses.end(), [&](const TagUse& use) { return use.tag == tag; });
}

}  // namespace

Id Changes::tag_named(const std::string& name, const std::string& colour) {
  if (const auto* tag = db_.tag(std::string_view(name))) return tag->id;
  const Id id = db_.insert(Tag{0, name, colour, true}).id;
  emit("misp_json_tag", feed_tag(db_, *db_.tag(id), {}, "add"));
  return id;
}

void Changes::create_tags_of(const Json& fields) {
  for (const auto& tag : field(fields, "Tag")) {
    tag_named(text_field(tag, "name").value_or(""), text_field(tag, "colour").value_or(""));
  }
  for (const auto& attribute : field(fields, "Attribute")) create_tags_of(attribute);
  for (const auto& object : field(fields, "Object")) create_tags_of(object);
}

void Changes::rename_tag(Id tag, const std::string& name) {
  db_.edit_tag(tag).name = name;
  emit("misp_json_tag", feed_tag(db_, *db_.tag(tag), {}, "edit"));
}

void Changes::delete_tag(Id tag) {
  const Tag row = *db_.tag(tag);
  emit("misp_json_tag", feed_tag(db_, row, {}, "delete"));
  std::vector<Id> events;
  for (const auto& [id, event] : db_.events().rows()) {
    if (find_use(event.tags, tag) != event.tags.end()) events.push_back(id);
  }
  std::vector<Id> attributes;
  for (const auto& [id, attribute] : db_.attributes().rows()) {
    if (find_use(attribute.tags, tag) != attribute.tags.end()) attributes.push_back(id);
  }
  const auto same = [&](const TagUse& use) { return use.tag == tag; };
  for (const Id id : events) {
    std::erase_if(db_.edit_event(id).tags, same);
    emit("misp_json_tag", feed_tag(db_, row, {0, id, std::nullopt}, "detached from event"));
  }
  for (const Id id : attributes) {
    Attribute attribute = *db_.attributes().find(id);
    std::erase_if(attribute.tags, same);
    db_.replace(attribute);
    emit("misp_json_tag",
         feed_tag(db_, row, {id, attribute.event_id, std::nullopt}, "detached from attribute"));
  }
  db_.erase_tag(tag);
}

bool Changes::tag_attribute(Id id, Id tag, bool local) {
  Attribute attribute = *db_.attributes().find(id);
  if (find_use(attribute.tags, tag) != attribute.tags.end()) return false;
  attribute.tags.push_back({db_.new_attribute_tag_id(), tag, local});
  if (!local) attribute.timestamp = now();
  db_.replace(attribute);
  emit("misp_json_tag", feed_tag(db_, *db_.tag(tag), {id, attribute.event_id, std::nullopt},
                                 "attached to attribute"));
  if (local) return true;
  emit_attribute(id, "edit");
  unpublish_silently(attribute.event_id);
  return true;
}

bool Changes::untag_attribute(Id id, Id tag, bool quiet) {
  Attribute attribute = *db_.attributes().find(id);
  const auto use = find_use(attribute.tags, tag);
  if (use == attribute.tags.end()) return false;
  const bool touch = !quiet && !use->local;
  attribute.tags.erase(use);
  if (touch) attribute.timestamp = now();
  db_.replace(attribute);
  emit("misp_json_tag", feed_tag(db_, *db_.tag(tag), {id, attribute.event_id, std::nullopt},
                                 "detached from attribute"));
  if (!touch) return true;
  emit_attribute(id, "edit");
  unpublish_silently(attribute.event_id);
  return true;
}

bool Changes::tag_event(Id id, Id tag, bool local) {
  if (find_use(db_.events().find(id)->tags, tag) != db_.events().find(id)->tags.end()) return false;
  db_.edit_event(id).tags.push_back({db_.new_event_tag_id(), tag, local});
  emit("misp_json_tag", feed_tag(db_, *db_.tag(tag), {0, id, local}, "attached to event"));
  if (!local) unpublish_silently(id);
  return true;
}

bool Changes::untag_event(Id id, Id tag) {
  const auto& tags = db_.events().find(id)->tags;
  const auto use = find_use(tags, tag);
  if (use == tags.end()) return false;
  const bool local = use->local;
  std::erase_if(db_.edit_event(id).tags, [&](const TagUse& other) { return other.tag == tag; });
  emit("misp_json_tag", feed_tag(db_, *db_.tag(tag), {0, id, std::nullopt}, "detached from event"));
  if (!local) unpublish_silently(id);
  return true;
}

Id Changes::add_sighting(Id attribute, const NewSighting& sighting) {
  if (sighting.replaces_expiration) {
    for (const Id id : std::set<Id>(db_.sightings_of(attribute))) {
      if (db_.sightings().at(id).type == 2) db_.erase_sighting(id);
    }
  }
  Sighting row;
  row.attribute_id = attribute;
  row.event_id = db_.attributes().find(attribute)->event_id;
  row.date_sighting = sighting.date;
  row.source = sighting.source;
  row.type = sighting.type;
  const Id id = db_.insert(std::move(row)).id;
  emit("misp_json_sighting", feed_sighting(db_, db_.sightings().at(id), "add"));
  return id;
}

void Changes::delete_sighting(Id sighting) {
  emit("misp_json_sighting", feed_sighting(db_, db_.sightings().at(sighting), "delete"));
  db_.erase_sighting(sighting);
}

void Changes::enable_warninglist(Id list, bool enabled) {
  db_.edit_warninglist(list).enabled = enabled;
  emit("misp_json_warninglist", feed_warninglist(db_, db_.warninglists().at(list), "edit"));
}

Id Changes::add_warninglist(Warninglist list) {
  const Id id = db_.insert(std::move(list)).id;
  emit("misp_json_warninglist", feed_warninglist(db_, db_.warninglists().at(id), "add"));
  return id;
}

}  // namespace misp_zeek::misp_sim
