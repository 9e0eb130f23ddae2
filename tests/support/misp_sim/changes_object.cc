// SPDX-License-Identifier: BSD-3-Clause
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "changes.h"
#include "publisher.h"
#include "shapes.h"
#include "values.h"

namespace misp_zeek::misp_sim {
namespace {

void apply_object_fields(Object& object, const Json& fields) {
  const auto set = [&](std::string_view name, std::string& target) {
    if (auto text = text_field(fields, name)) target = std::move(*text);
  };
  set("name", object.name);
  set("meta-category", object.meta_category);
  set("description", object.description);
  set("template_uuid", object.template_uuid);
  set("comment", object.comment);
  if (const auto version = number_field(fields, "template_version")) {
    object.template_version = static_cast<int>(*version);
  }
}

/// True if `fields` names something that the attribute holds otherwise.
bool differs(const Attribute& attribute, const Json& fields) {
  const auto other = [&](std::string_view name, const std::string& stored) {
    const auto text = text_field(fields, name);
    return text && *text != stored;
  };
  const auto to_ids = flag_field(fields, "to_ids");
  const auto value = text_field(fields, "value");
  const auto stored = store_value(attribute.type, value.value_or(attribute.value()));
  return other("type", attribute.type) || other("category", attribute.category) ||
         other("comment", attribute.comment) || (to_ids && *to_ids != attribute.to_ids) ||
         stored.value1 != attribute.value1 || stored.value2 != attribute.value2;
}

}  // namespace

Id Changes::insert_object(Id event, const Json& fields) {
  Object object;
  object.event_id = event;
  object.uuid = to_lower(text_field(fields, "uuid").value_or(""));
  object.timestamp = number_field(fields, "timestamp").value_or(now());
  apply_object_fields(object, fields);
  const Id id = db_.insert(std::move(object)).id;
  emit("misp_json_object", feed_object(db_, *db_.objects().find(id), "add"));
  for (const auto& attribute : field(fields, "Attribute")) insert_attribute(event, id, attribute);
  return id;
}

Id Changes::add_object(Id event, const Json& fields) {
  const Id id = insert_object(event, fields);
  unpublish_silently(event);
  return id;
}

void Changes::edit_object_attribute(const Object& object, const Json& fields) {
  const auto* stored = db_.attribute(text_field(fields, "uuid").value_or(""));
  if (stored == nullptr) {
    insert_attribute(object.event_id, object.id, fields);
  } else if (stored->object_id == object.id && differs(*stored, fields)) {
    Json changed = fields;
    changed.erase("timestamp");
    edit_listed_attribute(object.event_id, object.id, changed);
  }
}

void Changes::edit_object(Id id, const Json& fields) {
  auto& object = db_.edit_object(id);
  apply_object_fields(object, fields);
  object.timestamp = now();
  emit("misp_json_object", feed_object(db_, object, "edit"));
  const auto members = db_.attributes_of_object(object);
  std::set<std::string> listed;
  for (const auto& attribute : field(fields, "Attribute")) {
    listed.insert(to_lower(text_field(attribute, "uuid").value_or("")));
    edit_object_attribute(object, attribute);
  }
  for (const Id member : members) {
    Attribute attribute = *db_.attributes().find(member);
    if (!has_field(fields, "Attribute")) break;
    if (attribute.deleted || listed.contains(attribute.uuid)) continue;
    attribute.deleted = true;
    attribute.timestamp = now();
    db_.replace(attribute);
    emit_attribute(member, "soft-delete");
  }
  unpublish_silently(object.event_id);
}

void Changes::edit_listed_object(Id event, const Json& fields) {
  const auto* stored = db_.object(text_field(fields, "uuid").value_or(""));
  if (stored == nullptr) {
    insert_object(event, fields);
    return;
  }
  const auto timestamp = number_field(fields, "timestamp");
  if (stored->event_id != event || (timestamp && *timestamp <= stored->timestamp)) return;
  auto& object = db_.edit_object(stored->id);
  apply_object_fields(object, fields);
  object.deleted = flag_field(fields, "deleted").value_or(object.deleted);
  object.timestamp = timestamp.value_or(now());
  emit("misp_json_object", feed_object(db_, object, object.deleted ? "soft-delete" : "edit"));
  for (const auto& attribute : field(fields, "Attribute")) {
    edit_listed_attribute(event, object.id, attribute);
  }
}

void Changes::delete_object_attributes_twice(Id id) {
  // MispObject::afterSave saves the attributes, and MispObject::deleteObject saves each once more.
  std::vector<Id> members;
  for (const Id member : db_.attributes_of_object(*db_.objects().find(id))) {
    Attribute attribute = *db_.attributes().find(member);
    if (attribute.deleted) continue;
    attribute.deleted = true;
    attribute.timestamp = now();
    db_.replace(attribute);
    emit_attribute(member, "soft-delete");
    members.push_back(member);
  }
  emit("misp_json_object", feed_object(db_, *db_.objects().find(id), "soft-delete"));
  for (const Id member : members) {
    Attribute attribute = *db_.attributes().find(member);
    sanitise(attribute);
    db_.replace(attribute);
    emit_attribute(member, "soft-delete");
  }
}

void Changes::soft_delete_object(Id id) {
  auto& object = db_.edit_object(id);
  object.deleted = true;
  object.timestamp = now();
  if (sanitise_) {
    object.name = "N/A";
    object.description = "N/A";
    object.template_uuid = "N/A";
    object.template_version = 1;
    object.comment.clear();
  }
  delete_object_attributes_twice(id);
  unpublish_silently(object.event_id);
}

void Changes::hard_delete_object(Id id) {
  const Object object = *db_.objects().find(id);
  for (const Id member : db_.attributes_of_object(object)) hard_delete(member);
  db_.erase_object(id);
  unpublish_silently(object.event_id);
}

}  // namespace misp_zeek::misp_sim
