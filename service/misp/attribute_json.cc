// SPDX-License-Identifier: BSD-3-Clause
#include "misp/attribute_json.h"

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "misp/json_values.h"

namespace misp_zeek::misp {
namespace {

std::vector<std::string> tag_names(Fields& attribute) {
  std::vector<std::string> names;
  const auto* tags = attribute.child("Tag");
  if (tags == nullptr) {
    return names;
  }
  if (!tags->is_array()) {
    attribute.fail("Tag", "a list");
    return names;
  }
  for (const auto& tag : *tags) {
    Fields fields(tag, "Tag");
    names.push_back(fields.text("name"));
    if (!fields.ok()) {
      attribute.fail("Tag", "objects with a name");
    }
  }
  return names;
}

/// `value`, or what it is made of: "value1|value2" for composites.
std::string attribute_value(Fields& attribute) {
  if (auto value = attribute.text_if("value")) {
    return *std::move(value);
  }
  if (attribute.child("value1") == nullptr) {
    return attribute.text("value");
  }
  std::string value = attribute.text("value1");
  const auto second = attribute.text_if("value2");
  return second && !second->empty() ? value + "|" + *second : value;
}

}  // namespace

Result<Attribute> attribute_from(const nlohmann::json& json, std::string_view where) {
  Fields fields(json, where);
  Attribute attribute;
  attribute.uuid = fields.uuid("uuid");
  attribute.id = fields.id("id");
  attribute.event_id = fields.id("event_id");
  attribute.object_id = fields.id_if("object_id").value_or(0);
  attribute.type = fields.text("type");
  attribute.value = attribute_value(fields);
  attribute.to_ids = fields.flag("to_ids");
  attribute.deleted = fields.flag_if("deleted").value_or(false);
  attribute.timestamp = fields.integer("timestamp");
  attribute.distribution = fields.distribution_if("distribution");
  attribute.tags = tag_names(fields);
  if (!fields.ok()) {
    return tl::unexpected<Error>(fields.error());
  }
  return attribute;
}

void SightingTally::take(const nlohmann::json& sighting) {
  Fields fields(sighting, "Sighting");
  const auto type = fields.integer_if("type");
  const auto date = fields.integer_if("date_sighting");
  false_positives_ += type == 1 ? 1U : 0U;
  if (type == 2 && date) {
    expires_ = std::min(expires_.value_or(*date), *date);
  }
}

void SightingTally::give(Attribute& attribute) const {
  attribute.false_positives = false_positives_;
  attribute.expires = expires_;
}

Result<Event> event_from(const nlohmann::json& json, std::string_view where) {
  Fields fields(json, where);
  Event event;
  event.id = fields.id("id");
  event.uuid = fields.uuid_if("uuid");
  event.info = fields.text_if("info").value_or("");
  event.published = fields.flag_if("published");
  event.timestamp = fields.integer_if("timestamp");
  event.publish_timestamp = fields.integer_if("publish_timestamp");
  event.org_id = fields.id_if("org_id");
  event.orgc_id = fields.id_if("orgc_id");
  event.distribution = fields.distribution_if("distribution");
  if (!fields.ok()) {
    return tl::unexpected<Error>(fields.error());
  }
  return event;
}

Result<std::optional<Distribution>> object_distribution(const nlohmann::json& holder) {
  const auto object = holder.find("Object");
  if (object == holder.end() || object->is_null()) {
    return std::nullopt;
  }
  Fields fields(*object, "Object");
  const auto distribution = fields.distribution_if("distribution");
  if (!fields.ok()) {
    return tl::unexpected<Error>(fields.error());
  }
  return distribution;
}

}  // namespace misp_zeek::misp
