// SPDX-License-Identifier: BSD-3-Clause
#include "shapes.h"

namespace misp_zeek::misp_sim {
namespace {

void write_orgc(JsonWriter& json) {
  json.key("Orgc").begin_object().number("id", 1);
  json.text("uuid", kOrgUuid).text("name", kOrgName).end_object();
}

/// `Event` inside attribute messages.
void write_attribute_event(JsonWriter& json, const Event& event) {
  json.key("Event").begin_object().number("id", event.id).text("date", event.date);
  json.text("info", event.info).text("uuid", event.uuid).boolean("published", event.published);
  json.number("analysis", event.analysis).number("threat_level_id", event.threat_level_id);
  json.number("org_id", 1).number("orgc_id", 1).number("distribution", event.distribution);
  json.number("sharing_group_id", 0);
  write_orgc(json);
  json.end_object();
}

void write_feed_tags(JsonWriter& json, const Database& db, const Attribute& attribute) {
  if (attribute.tags.empty()) return;
  json.key("Tag").begin_array();
  for (const auto& use : attribute.tags) {
    const auto* tag = db.tag(use.tag);
    json.begin_object().number("id", tag->id).text("name", tag->name);
    json.text("colour", tag->colour).boolean("exportable", tag->exportable);
    json.boolean("local", use.local).end_object();
  }
  json.end_array();
}

void write_event_columns(JsonWriter& json, const Database& db, const Event& event, bool counted) {
  const auto attributes = counted ? db.active_attributes(event.id) : 0;
  json.number("id", event.id).number("org_id", 1).text("date", event.date);
  json.text("info", event.info).number("user_id", 1).text("uuid", event.uuid);
  json.boolean("published", event.published).number("analysis", event.analysis);
  json.number("attribute_count", attributes).number("orgc_id", 1);
  json.number("timestamp", event.timestamp).number("distribution", event.distribution);
  json.number("sharing_group_id", 0).boolean("proposal_email_lock", false);
  json.boolean("locked", false).number("threat_level_id", event.threat_level_id);
  json.number("publish_timestamp", event.publish_timestamp);
  json.number("sighting_timestamp", 0);
  json.boolean("disable_correlation", event.disable_correlation).text("extends_uuid", "");
  json.null("protected");
}

void write_event_tags(JsonWriter& json, const Database& db, const Event& event) {
  json.key("EventTag").begin_array();
  for (const auto& use : event.tags) {
    const auto* tag = db.tag(use.tag);
    json.begin_object().number("id", use.id).number("event_id", event.id);
    json.number("tag_id", use.tag).boolean("local", use.local).text("relationship_type", "");
    json.key("Tag").begin_object().number("id", tag->id).text("name", tag->name);
    json.text("colour", tag->colour).boolean("exportable", tag->exportable);
    json.end_object().end_object();
  }
  json.end_array();
}

}  // namespace

std::string feed_attribute(const Database& db, const Attribute& attribute,
                           std::string_view action) {
  std::string out;
  JsonWriter json(out, db.native_numbers);
  const bool bare = action == "delete";
  json.begin_object().key("Attribute").begin_object();
  write_saved_columns(json, attribute);
  if (!bare) {
    write_feed_tags(json, db, attribute);
    json.key("Sighting").begin_array();
    for (const Id id : db.sightings_of(attribute.id)) {
      write_full_sighting(json, db, db.sightings().at(id));
    }
    json.end_array();
  }
  json.end_object();
  if (!bare) {
    write_attribute_event(json, *db.events().find(attribute.event_id));
    if (const auto* object = db.objects().find(attribute.object_id)) {
      json.key("Object").begin_object();
      write_object_columns(json, *object);
      json.end_object();
    }
  }
  json.text("action", action).end_object();
  return out;
}

std::string feed_event(const Database& db, const Event& event, std::string_view action) {
  std::string out;
  JsonWriter json(out, db.native_numbers);
  json.begin_object().key("Event").begin_object();
  write_event_columns(json, db, event, action != "add");
  json.end_object();
  if (action != "delete") {
    write_orgc(json);
    write_event_tags(json, db, event);
  }
  json.text("action", action).end_object();
  return out;
}

std::string feed_publish(const Database& db, const Event& event) {
  return event_view(db, event, false);
}

std::string feed_object(const Database& db, const Object& object, std::string_view action) {
  std::string out;
  JsonWriter json(out, db.native_numbers);
  json.begin_object().key("Object").begin_object();
  write_object_columns(json, object);
  json.end_object().text("action", action).end_object();
  return out;
}

std::string feed_sighting(const Database& db, const Sighting& sighting, std::string_view action) {
  std::string out;
  JsonWriter json(out, db.native_numbers);
  const auto& event = *db.events().find(sighting.event_id);
  const auto& attribute = *db.attributes().find(sighting.attribute_id);
  json.begin_object().key("Sighting").begin_object();
  write_sighting(json, sighting);
  json.key("Event").begin_object().number("id", event.id).text("uuid", event.uuid);
  json.number("orgc_id", 1).number("org_id", 1).text("info", event.info);
  json.key("Orgc").begin_object().text("name", kOrgName).end_object().end_object();
  json.key("Attribute").begin_object().number("id", attribute.id).text("uuid", attribute.uuid);
  json.text("type", attribute.type).text("category", attribute.category);
  json.boolean("to_ids", attribute.to_ids).text("value", attribute.value()).end_object();
  json.end_object().text("action", action).end_object();
  return out;
}

std::string feed_warninglist(const Database& db, const Warninglist& list, std::string_view action) {
  std::string out;
  JsonWriter json(out, db.native_numbers);
  json.begin_object().key("Warninglist").begin_object();
  write_warninglist(json, list);
  json.end_object().text("action", action).end_object();
  return out;
}

std::string feed_tag(const Database& db, const Tag& tag, const TagTarget& target,
                     std::string_view action) {
  std::string out;
  JsonWriter json(out, db.native_numbers);
  json.begin_object().key("Tag").begin_object();
  write_tag(json, tag);
  if (target.attribute_id != 0) json.number("attribute_id", target.attribute_id);
  if (target.event_id != 0) json.number("event_id", target.event_id);
  if (target.local) json.boolean("local", *target.local);
  json.end_object().text("action", action).end_object();
  return out;
}

std::string feed_other(std::string_view topic) {
  if (topic == "audit") {
    return R"({"AuditLog":{"action":"add","model":"Event","model_id":"1","model_title":"truth 1",)"
           R"("event_id":"1","change":{"info":"truth 1","threat_level_id":2,"date":"2024-10-01",)"
           R"("user_id":1,"org_id":1,"orgc_id":1,"uuid":"d6654966-2af7-40ad-8aa3-148a29e978a3"},)"
           R"("created":"2026-11-24 02:21:48","user_id":"1","org_id":"1",)"
           R"("request_type":1,"authkey_id":"3"},"action":"log"})";
  }
  if (topic == "user") {
    return R"({"User":{"id":"2","email":"second@truth.test","last_login":"0","org_id":"2",)"
           R"("termsaccepted":false,"autoalert":false,"newsread":"0","disabled":false},)"
           R"("Organisation":{"id":"2","name":"TRUTH-ORG2","description":null,)"
           R"("uuid":"2f9b7f5e-1111-4222-8333-000000000002","nationality":"","sector":"","type":"",)"
           R"("local":true},"action":"edit"})";
  }
  if (topic == "organisation") {
    return R"({"Organisation":{"created_by":"1","local":1,"name":"TRUTH-ORG2",)"
           R"("uuid":"2f9b7f5e-1111-4222-8333-000000000002","date_created":"2026-11-24 02:24:24",)"
           R"("date_modified":"2026-11-24 02:24:24","nationality":"","id":"2"}})";
  }
  if (topic == "object_reference") {
    return R"({"ObjectReference":{"id":"1","uuid":"5768e4e6-d953-4f1e-b232-f8acbd8569f5",)"
           R"("timestamp":"1795487031","object_id":"2","event_id":"1",)"
           R"("source_uuid":"86cd3a1d-d1cc-4bf0-8f1d-c87023688bee",)"
           R"("referenced_uuid":"f70712c6-6e09-4a6c-9656-b3a6640d45b2","referenced_id":"7",)"
           R"("referenced_type":"0","relationship_type":"related-to","comment":"","deleted":false},)"
           R"("action":"add"})";
  }
  if (topic == "conversation")
    return R"({"Post":{"id":"1","contents":"a remark","thread_id":"1"}})";
  if (topic == "workflow") return R"({"message":"from a workflow"})";
  return {};
}

}  // namespace misp_zeek::misp_sim
