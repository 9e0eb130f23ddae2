// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "changes.h"
#include "publisher.h"
#include "shapes.h"
#include "values.h"

namespace misp_zeek::misp_sim {
namespace {

constexpr std::string_view kSimilar = "A similar attribute already exists for this event.";

void apply_plain_fields(Attribute& attribute, const Json& fields) {
  const auto set_text = [&](std::string_view name, std::string& target) {
    if (auto text = text_field(fields, name)) target = std::move(*text);
  };
  set_text("category", attribute.category);
  set_text("comment", attribute.comment);
  if (auto relation = text_field(fields, "object_relation")) {
    attribute.object_relation = std::move(*relation);
  }
  if (const auto flag = flag_field(fields, "to_ids")) attribute.to_ids = *flag;
  if (const auto flag = flag_field(fields, "disable_correlation")) {
    attribute.disable_correlation = *flag;
  }
  if (const auto number = number_field(fields, "distribution")) {
    attribute.distribution = static_cast<int>(*number);
  }
  if (const auto number = number_field(fields, "sharing_group_id")) {
    attribute.sharing_group_id = static_cast<int>(*number);
  }
  if (const auto text = text_field(fields, "first_seen")) {
    attribute.first_seen = stored_seen(*text);
  }
  if (const auto text = text_field(fields, "last_seen")) attribute.last_seen = stored_seen(*text);
}

}  // namespace

void Changes::emit_attribute(Id id, std::string_view action) {
  if (silent_ || muted_) return;
  emit("misp_json_attribute", feed_attribute(db_, *db_.attributes().find(id), action));
}

std::optional<Saved> Changes::apply_fields(Attribute& attribute, const Json& fields) const {
  const bool is_new = attribute.id == 0;
  if (auto type = text_field(fields, "type")) attribute.type = std::move(*type);
  const auto* type = find_type(attribute.type);
  if (type == nullptr) return Saved{0, "type", "Invalid type."};
  if (is_new) {
    attribute.category = type->default_category;
    attribute.to_ids = type->to_ids;
  }
  apply_plain_fields(attribute, fields);
  auto value = text_field(fields, "value").value_or(attribute.value());
  auto stored = as_flag(field(fields, "sim_unchecked")) ? StoredValue{std::move(value), {}, {}}
                                                        : store_value(attribute.type, value);
  if (!stored.error.empty()) return Saved{0, "value", std::move(stored.error)};
  attribute.value1 = std::move(stored.value1);
  attribute.value2 = std::move(stored.value2);
  const bool checked = attribute.object_id == 0 && !attribute.deleted;
  if (checked && db_.has_similar(attribute.event_id, attribute, attribute.id)) {
    return Saved{0, "value", std::string(kSimilar)};
  }
  return std::nullopt;
}

Saved Changes::insert_attribute(Id event, Id object, const Json& fields) {
  Attribute attribute;
  attribute.event_id = event;
  attribute.object_id = object;
  attribute.uuid = to_lower(text_field(fields, "uuid").value_or(""));
  attribute.deleted = as_flag(field(fields, "deleted"));
  attribute.timestamp = number_field(fields, "timestamp").value_or(now());
  if (!attribute.uuid.empty() && db_.attribute(attribute.uuid) != nullptr) {
    return {0, "uuid", "The UUID provided is not unique"};
  }
  if (auto failed = apply_fields(attribute, fields)) return std::move(*failed);
  const Id id = db_.insert(std::move(attribute)).id;
  emit_attribute(id, "add");
  attach_listed_tags(id, field(fields, "Tag"));
  return {id, {}, {}};
}

void Changes::attach_listed_tags(Id attribute, const Json& tags) {
  if (!tags.is_array()) return;
  for (const auto& entry : tags) {
    const Id tag = tag_named(text_field(entry, "name").value_or(""));
    auto row = *db_.attributes().find(attribute);
    const auto same = [&](const TagUse& use) { return use.tag == tag; };
    if (as_flag(field(entry, "deleted"))) {
      std::erase_if(row.tags, same);
      db_.replace(row);
      continue;
    }
    if (std::any_of(row.tags.begin(), row.tags.end(), same)) continue;
    row.tags.push_back({db_.new_attribute_tag_id(), tag, as_flag(field(entry, "local"))});
    db_.replace(row);
    emit("misp_json_tag", feed_tag(db_, *db_.tag(tag), {attribute, row.event_id, std::nullopt},
                                   "attached to attribute"));
  }
}

Saved Changes::add_attribute(Id event, const Json& fields) {
  auto saved = insert_attribute(event, 0, fields);
  if (saved.ok()) unpublish_silently(event);
  return saved;
}

Saved Changes::edit_attribute(Id id, const Json& fields) {
  Attribute attribute = *db_.attributes().find(id);
  const auto timestamp = number_field(fields, "timestamp");
  if (timestamp && *timestamp <= attribute.timestamp) {
    return {0, "timestamp", "Attribute in the request not newer than the local copy."};
  }
  if (auto failed = apply_fields(attribute, fields)) return std::move(*failed);
  attribute.timestamp = timestamp.value_or(now());
  db_.replace(attribute);
  emit_attribute(id, "edit");
  unpublish_silently(attribute.event_id);
  return {id, {}, {}};
}

void Changes::edit_listed_attribute(Id event, Id object, const Json& fields) {
  const auto* stored = db_.attribute(text_field(fields, "uuid").value_or(""));
  if (stored == nullptr) stored = db_.attribute(text_field(fields, "id").value_or(""));
  if (stored == nullptr) {
    insert_attribute(event, object, fields);
    return;
  }
  const auto timestamp = number_field(fields, "timestamp");
  if (stored->event_id != event || (timestamp && *timestamp <= stored->timestamp)) return;
  Attribute attribute = *stored;
  attribute.deleted = flag_field(fields, "deleted").value_or(attribute.deleted);
  if (apply_fields(attribute, fields)) return;
  attribute.timestamp = timestamp.value_or(now());
  db_.replace(attribute);
  emit_attribute(attribute.id, attribute.deleted ? "soft-delete" : "edit");
  attach_listed_tags(attribute.id, field(fields, "Tag"));
}

void Changes::sanitise(Attribute& attribute) const {
  if (!sanitise_) return;
  attribute.category = "Other";
  attribute.type = "comment";
  attribute.value1 = "deleted";
  attribute.value2.clear();
  attribute.comment.clear();
  attribute.to_ids = false;
}

void Changes::soft_delete(Id id) {
  Attribute attribute = *db_.attributes().find(id);
  attribute.deleted = true;
  attribute.timestamp = now();
  sanitise(attribute);
  db_.replace(attribute);
  emit_attribute(id, "soft-delete");
  unpublish_silently(attribute.event_id);
}

void Changes::hard_delete(Id id) {
  const auto& attribute = *db_.attributes().find(id);
  const Id event = attribute.event_id;
  emit_attribute(id, "delete");
  for (const auto& use : attribute.tags) {
    emit("misp_json_tag",
         feed_tag(db_, *db_.tag(use.tag), {id, event, std::nullopt}, "detached from attribute"));
  }
  for (const Id sighting : db_.sightings_of(id)) {
    emit("misp_json_sighting", feed_sighting(db_, db_.sightings().at(sighting), "delete"));
  }
  db_.erase_attribute(id);
  unpublish_silently(event);
}

void Changes::restore(Id id) {
  Attribute attribute = *db_.attributes().find(id);
  attribute.deleted = false;
  attribute.timestamp = now();
  db_.replace(attribute);
  emit_attribute(id, "edit");
  unpublish_silently(attribute.event_id);
  emit_event(attribute.event_id, "edit");
}

}  // namespace misp_zeek::misp_sim
