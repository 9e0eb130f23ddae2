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

void apply_event_fields(Event& event, const Json& fields) {
  if (auto info = text_field(fields, "info")) event.info = std::move(*info);
  if (auto date = text_field(fields, "date")) event.date = std::move(*date);
  const auto set = [&](std::string_view name, int& target) {
    if (const auto number = number_field(fields, name)) target = static_cast<int>(*number);
  };
  set("analysis", event.analysis);
  set("threat_level_id", event.threat_level_id);
  set("distribution", event.distribution);
  if (const auto flag = flag_field(fields, "disable_correlation")) {
    event.disable_correlation = *flag;
  }
  event.is_protected = flag_field(fields, "protected").value_or(event.is_protected);
  event.published = flag_field(fields, "published").value_or(false);
}

}  // namespace

Changes::Changes(Database& db, Publisher& publisher, std::function<std::int64_t()> clock)
    : db_(db), publisher_(publisher), clock_(std::move(clock)) {}

void Changes::emit(std::string_view topic, std::string_view message) {
  if (!silent_ && !muted_) publisher_.push(topic, message);
}

void Changes::emit_event(Id id, std::string_view action) {
  emit("misp_json_event", feed_event(db_, *db_.events().find(id), action));
}

void Changes::unpublish_silently(Id event) {
  auto& row = db_.edit_event(event);
  row.published = false;
  row.timestamp = now();
}

Saved Changes::add_event(const Json& fields) {
  Event event;
  event.date = date_of(now());
  event.distribution = 1;
  apply_event_fields(event, fields);
  if (event.info.empty()) return {0, "info", "Info cannot be empty."};
  event.uuid = to_lower(text_field(fields, "uuid").value_or(""));
  event.timestamp = number_field(fields, "timestamp").value_or(now());
  create_tags_of(fields);
  const Id id = db_.insert(std::move(event)).id;
  emit_event(id, "add");
  edit_listed_event_tags(id, field(fields, "Tag"));
  for (const auto& attribute : field(fields, "Attribute")) insert_attribute(id, 0, attribute);
  for (const auto& object : field(fields, "Object")) insert_object(id, object);
  if (db_.events().find(id)->published) {
    publish(id);
    if (const auto time = number_field(fields, "publish_timestamp")) {
      db_.edit_event(id).publish_timestamp = *time;
    }
  }
  return {id, {}, {}};
}

Saved Changes::edit_event(Id id, const Json& fields, bool fast) {
  const auto* stored = db_.events().find(id);
  const auto timestamp = number_field(fields, "timestamp");
  if (timestamp && *timestamp <= stored->timestamp) {
    return {0, "timestamp", "Event in the request not newer than the local copy."};
  }
  auto& event = db_.edit_event(id);
  apply_event_fields(event, fields);
  event.timestamp = timestamp.value_or(now());
  emit_event(id, "edit");
  edit_listed_event_tags(id, field(fields, "Tag"));
  muted_ = fast || as_flag(field(fields, "fast_update"));
  for (const auto& attribute : field(fields, "Attribute")) edit_listed_attribute(id, 0, attribute);
  for (const auto& object : field(fields, "Object")) edit_listed_object(id, object);
  muted_ = false;
  return {id, {}, {}};
}

void Changes::edit_listed_event_tags(Id event, const Json& tags) {
  if (!tags.is_array()) return;
  for (const auto& entry : tags) {
    const Id tag = tag_named(text_field(entry, "name").value_or(""));
    auto& uses = db_.edit_event(event).tags;
    const auto same = [&](const TagUse& use) { return use.tag == tag; };
    if (as_flag(field(entry, "deleted"))) {
      std::erase_if(uses, same);
      continue;
    }
    if (std::any_of(uses.begin(), uses.end(), same)) continue;
    const bool local = as_flag(field(entry, "local"));
    uses.push_back({db_.new_event_tag_id(), tag, local});
    emit("misp_json_tag", feed_tag(db_, *db_.tag(tag), {0, event, local}, "attached to event"));
  }
}

void Changes::delete_event(Id id) {
  emit_event(id, "delete");
  db_.event_blocklist.insert(db_.events().find(id)->uuid);
  db_.erase_event(id);
}

void Changes::publish(Id id) {
  push_event(id);
  auto& event = db_.edit_event(id);
  event.published = true;
  event.publish_timestamp = now();
}

void Changes::unpublish(Id id) {
  db_.edit_event(id).published = false;
  emit_event(id, "edit");
}

void Changes::push_event(Id id) {
  if (!silent_) emit("misp_json", feed_publish(db_, *db_.events().find(id)));
}

}  // namespace misp_zeek::misp_sim
