// SPDX-License-Identifier: BSD-3-Clause
#include "shapes.h"

namespace misp_zeek::misp_sim {
namespace {

void write_org(JsonWriter& json, std::string_view name) {
  json.key(name).begin_object().number("id", 1).text("name", kOrgName);
  json.text("uuid", kOrgUuid).boolean("local", true).end_object();
}

/// Tags of events/view and of publish messages, on events and attributes.
void write_view_tags(JsonWriter& json, const Database& db, const std::vector<TagUse>& uses) {
  if (uses.empty()) return;
  json.key("Tag").begin_array();
  for (const auto& use : uses) {
    const auto* tag = db.tag(use.tag);
    json.begin_object().number("id", tag->id).text("name", tag->name).text("colour", tag->colour);
    json.boolean("exportable", tag->exportable).number("user_id", 0).boolean("hide_tag", false);
    json.null("numerical_value").boolean("is_galaxy", false).boolean("is_custom_galaxy", false);
    json.boolean("local_only", false).boolean("local", use.local).null("relationship_type");
    json.end_object();
  }
  json.end_array();
}

void write_view_attribute(JsonWriter& json, const Database& db, const Attribute& attribute) {
  json.begin_object().number("id", attribute.id).text("type", attribute.type);
  json.text("category", attribute.category).boolean("to_ids", attribute.to_ids);
  json.text("uuid", attribute.uuid).number("event_id", attribute.event_id);
  json.number("distribution", attribute.distribution).number("timestamp", attribute.timestamp);
  json.text("comment", attribute.comment).number("sharing_group_id", attribute.sharing_group_id);
  json.boolean("deleted", attribute.deleted);
  json.boolean("disable_correlation", attribute.disable_correlation);
  json.number("object_id", attribute.object_id);
  json.text_or_null("object_relation", attribute.object_relation);
  json.text_or_null("first_seen", attribute.first_seen);
  json.text_or_null("last_seen", attribute.last_seen);
  json.text("value", attribute.value()).empty_array("Galaxy").empty_array("ShadowAttribute");
  write_view_tags(json, db, attribute.tags);
  if (const auto& sightings = db.sightings_of(attribute.id); !sightings.empty()) {
    json.key("Sighting").begin_array();
    for (const Id id : sightings) write_full_sighting(json, db, db.sightings().at(id));
    json.end_array();
  }
  json.end_object();
}

void write_view_objects(JsonWriter& json, const Database& db, const Event& event,
                        bool with_deleted) {
  json.key("Object").begin_array();
  for (const Id id : db.objects_of(event.id)) {
    const auto& object = *db.objects().find(id);
    if (object.deleted && !with_deleted) continue;
    json.begin_object();
    write_object_columns(json, object);
    json.empty_array("ObjectReference").key("Attribute").begin_array();
    for (const Id member : db.attributes_of_object(object)) {
      const auto& attribute = *db.attributes().find(member);
      if (!attribute.deleted || with_deleted) write_view_attribute(json, db, attribute);
    }
    json.end_array().end_object();
  }
  json.end_array();
}

void write_row_event(JsonWriter& json, const Event& event) {
  json.key("Event").begin_object().number("org_id", 1);
  json.number("distribution", event.distribution);
  json.number("publish_timestamp", event.publish_timestamp).number("id", event.id);
  json.text("info", event.info).number("orgc_id", 1).text("uuid", event.uuid).end_object();
}

void write_context_event(JsonWriter& json, const Database& db, const Event& event) {
  json.key("Event").begin_object().number("id", event.id).number("orgc_id", 1);
  json.number("org_id", 1).text("date", event.date);
  json.number("threat_level_id", event.threat_level_id).text("info", event.info);
  json.boolean("published", event.published).text("uuid", event.uuid);
  json.number("analysis", event.analysis).number("timestamp", event.timestamp);
  json.number("distribution", event.distribution);
  json.number("publish_timestamp", event.publish_timestamp).number("sharing_group_id", 0);
  json.text("extends_uuid", "");
  if (!event.tags.empty()) {
    json.key("Tag").begin_array();
    for (const auto& use : event.tags) {
      const auto* tag = db.tag(use.tag);
      json.begin_object().boolean("local", use.local).number("id", tag->id);
      json.text("name", tag->name).text("colour", tag->colour).null("numerical_value");
      json.end_object();
    }
    json.end_array();
  }
  write_org(json, "Orgc");
  json.end_object();
}

}  // namespace

void write_saved_columns(JsonWriter& json, const Attribute& attribute) {
  json.number("id", attribute.id).number("event_id", attribute.event_id);
  json.number("object_id", attribute.object_id);
  json.text_or_null("object_relation", attribute.object_relation);
  json.text("category", attribute.category).text("type", attribute.type);
  json.text("value1", attribute.value1).text("value2", attribute.value2);
  json.boolean("to_ids", attribute.to_ids).text("uuid", attribute.uuid);
  json.number("timestamp", attribute.timestamp).number("distribution", attribute.distribution);
  json.number("sharing_group_id", attribute.sharing_group_id).text("comment", attribute.comment);
  json.boolean("deleted", attribute.deleted);
  json.boolean("disable_correlation", attribute.disable_correlation);
  json.text_or_null("first_seen", attribute.first_seen);
  json.text_or_null("last_seen", attribute.last_seen).text("value", attribute.value());
}

void write_columns(JsonWriter& json, const Attribute& attribute) {
  json.number("id", attribute.id).number("event_id", attribute.event_id);
  json.number("object_id", attribute.object_id);
  json.text_or_null("object_relation", attribute.object_relation);
  json.text("category", attribute.category).text("type", attribute.type);
  json.boolean("to_ids", attribute.to_ids).text("uuid", attribute.uuid);
  json.number("timestamp", attribute.timestamp).number("distribution", attribute.distribution);
  json.number("sharing_group_id", attribute.sharing_group_id).text("comment", attribute.comment);
  json.boolean("deleted", attribute.deleted);
  json.boolean("disable_correlation", attribute.disable_correlation);
  json.text_or_null("first_seen", attribute.first_seen);
  json.text_or_null("last_seen", attribute.last_seen).text("value", attribute.value());
}

void write_row_tags(JsonWriter& json, const Database& db, const Attribute& attribute,
                    const Event* inherit_from) {
  const bool inherits = inherit_from != nullptr && !inherit_from->tags.empty();
  if (attribute.tags.empty() && !inherits) return;
  json.key("Tag").begin_array();
  for (const auto& use : attribute.tags) {
    const auto* tag = db.tag(use.tag);
    if (tag == nullptr) continue;  // deleted, and the row is the one before COMMIT
    json.begin_object().number("id", tag->id).text("name", tag->name);
    json.text("colour", tag->colour).null("numerical_value").boolean("is_galaxy", false);
    json.boolean("local", use.local).end_object();
  }
  if (inherits) {
    for (const auto& use : inherit_from->tags) {
      const auto* tag = db.tag(use.tag);
      if (tag == nullptr) continue;
      json.begin_object().number("id", tag->id).text("name", tag->name);
      json.text("colour", tag->colour).null("numerical_value");
      json.key("inherited").integer(1).end_object();
    }
  }
  json.end_array();
}

void write_row(JsonWriter& json, const Database& db, const Attribute& attribute, const Event& event,
               const RowOptions& options) {
  json.begin_object();
  write_columns(json, attribute);
  if (options.event_uuid) json.text("event_uuid", event.uuid);
  if (options.sightings) {
    json.key("Sighting").begin_array();
    for (const Id id : db.sightings_of(attribute.id)) {
      write_full_sighting(json, db, db.sightings().at(id));
    }
    json.end_array();
  }
  if (options.context) {
    write_context_event(json, db, event);
  } else {
    write_row_event(json, event);
  }
  if (const auto* object = db.objects().find_visible(attribute.object_id)) {
    json.key("Object").begin_object().number("id", object->id);
    json.number("distribution", object->distribution).number("sharing_group_id", 0).end_object();
  }
  write_row_tags(json, db, attribute, options.event_tags ? &event : nullptr);
  json.end_object();
}

void write_tag(JsonWriter& json, const Tag& tag) {
  json.number("id", tag.id).text("name", tag.name).text("colour", tag.colour);
  json.boolean("exportable", tag.exportable).number("org_id", 0).number("user_id", 0);
  json.boolean("hide_tag", false).null("numerical_value").boolean("is_galaxy", false);
  json.boolean("is_custom_galaxy", false).boolean("local_only", false);
}

void write_sighting(JsonWriter& json, const Sighting& sighting) {
  json.number("id", sighting.id).number("attribute_id", sighting.attribute_id);
  json.number("event_id", sighting.event_id).number("org_id", 1);
  json.number("date_sighting", sighting.date_sighting).text("uuid", sighting.uuid);
  json.text("source", sighting.source).number("type", sighting.type);
}

void write_full_sighting(JsonWriter& json, const Database& db, const Sighting& sighting) {
  json.begin_object();
  write_sighting(json, sighting);
  json.text("attribute_uuid", db.attributes().find(sighting.attribute_id)->uuid);
  json.key("Organisation").begin_object().number("id", 1).text("uuid", kOrgUuid);
  json.text("name", kOrgName).end_object().end_object();
}

void write_object_columns(JsonWriter& json, const Object& object) {
  json.number("id", object.id).text("name", object.name);
  json.text("meta-category", object.meta_category).text("description", object.description);
  json.text("template_uuid", object.template_uuid);
  json.number("template_version", object.template_version).number("event_id", object.event_id);
  json.text("uuid", object.uuid).number("timestamp", object.timestamp);
  json.number("distribution", object.distribution).number("sharing_group_id", 0);
  json.text("comment", object.comment).boolean("deleted", object.deleted);
  json.null("first_seen").null("last_seen");
}

void write_warninglist(JsonWriter& json, const Warninglist& list) {
  json.number("id", list.id).text("name", list.name).text("type", list.type);
  json.text("description", list.description).number("version", list.version);
  json.boolean("enabled", list.enabled).boolean("default", list.is_default);
  json.text("category", "false_positive");
}

std::string event_view(const Database& db, const Event& event, bool with_deleted) {
  std::string out;
  JsonWriter json(out, db.native_numbers);
  json.begin_object().key("Event").begin_object().number("id", event.id).number("orgc_id", 1);
  json.number("org_id", 1).text("date", event.date);
  json.number("threat_level_id", event.threat_level_id).text("info", event.info);
  json.boolean("published", event.published).text("uuid", event.uuid);
  json.number("attribute_count", db.active_attributes(event.id));
  json.number("analysis", event.analysis).number("timestamp", event.timestamp);
  json.number("distribution", event.distribution).boolean("proposal_email_lock", false);
  json.boolean("locked", false).number("publish_timestamp", event.publish_timestamp);
  json.number("sharing_group_id", 0).boolean("disable_correlation", event.disable_correlation);
  json.text("extends_uuid", "");
  if (event.is_protected) {
    json.boolean("protected", true);
  } else {
    json.null("protected");
  }
  json.text("event_creator_email", kUserEmail);
  write_org(json, "Org");
  write_org(json, "Orgc");
  json.key("Attribute").begin_array();
  for (const Id id : db.attributes_of(event.id)) {
    const auto& attribute = *db.attributes().find(id);
    if (attribute.object_id != 0 || (attribute.deleted && !with_deleted)) continue;
    write_view_attribute(json, db, attribute);
  }
  json.end_array().empty_array("ShadowAttribute").empty_array("RelatedEvent");
  json.empty_array("Galaxy");
  write_view_objects(json, db, event, with_deleted);
  json.empty_array("EventReport").empty_array("CryptographicKey");
  write_view_tags(json, db, event.tags);
  json.end_object().end_object();
  return out;
}

void write_index_entry(JsonWriter& json, const Database& db, const Event& event, bool minimal) {
  json.begin_object().number("id", event.id);
  if (minimal) {
    json.number("timestamp", event.timestamp);
    json.number("sighting_timestamp", 0);
    json.boolean("published", event.published).text("uuid", event.uuid);
    json.text("orgc_uuid", kOrgUuid).end_object();
    return;
  }
  json.number("org_id", 1).text("date", event.date).text("info", event.info);
  json.text("uuid", event.uuid).boolean("published", event.published);
  json.number("analysis", event.analysis);
  json.number("attribute_count", db.active_attributes(event.id)).number("orgc_id", 1);
  json.number("timestamp", event.timestamp).number("distribution", event.distribution);
  json.number("sharing_group_id", 0).number("threat_level_id", event.threat_level_id);
  json.number("publish_timestamp", event.publish_timestamp);
  json.number("sighting_timestamp", 0).end_object();
}

}  // namespace misp_zeek::misp_sim
