// SPDX-License-Identifier: BSD-3-Clause
#include <nlohmann/json.hpp>

#include "api.h"
#include "json_writer.h"
#include "shapes.h"
#include "values.h"

namespace misp_zeek::misp_sim {
namespace {

constexpr std::size_t kMaxSource = 255;
constexpr auto kBadType = "Invalid type, please change it before you POST 1000000 sightings.";

/// MISP answers 200 to a sighting that it does not take.
Response sighting_refused(const std::string& reason) {
  Response response;
  JsonWriter json(response.body, false);
  json.begin_object().text("message", "Could not add the Sighting. Reason: " + reason);
  json.end_object();
  return response;
}

/// Attributes, deleted ones too, that hold one of `values` as value1 or value2.
std::vector<Id> attributes_with(const Database& db, const std::vector<std::string>& values) {
  std::vector<Id> ids;
  for (const auto& value : values) {
    const auto wanted = to_lower(value);
    for (const auto& [id, attribute] : db.attributes().rows()) {
      if (to_lower(attribute.value1) == wanted ||
          (!attribute.value2.empty() && to_lower(attribute.value2) == wanted)) {
        ids.push_back(id);
      }
    }
  }
  return ids;
}

std::vector<std::string> wanted_values(const Json& body) {
  auto values = as_texts(field(body, "values"));
  for (auto& value : as_texts(field(body, "value"))) values.push_back(std::move(value));
  return values;
}

/// By the id or uuid `name`, else by values.
std::vector<Id> sighted_attributes(const Database& db, const std::string& name,
                                   const std::vector<std::string>& values) {
  if (name.empty()) return attributes_with(db, values);
  const auto* attribute = db.attribute(name);
  return attribute == nullptr ? std::vector<Id>{} : std::vector<Id>{attribute->id};
}

}  // namespace

Response Api::sighting_add(const Request& request, const Json& body) {
  if (!instance_.viewer().sighting_right) {
    return error_response(403, "You do not have permission to use this functionality.",
                          request.path);
  }
  const auto& fields = unwrap(body, "Sighting");
  auto name = request.argument(0);
  if (name.empty()) {
    name = text_field(fields, "id").value_or(text_field(fields, "uuid").value_or(""));
  }
  Changes::NewSighting sighting;
  sighting.source = text_field(fields, "source").value_or("");
  if (field(fields, "id").is_array() || sighting.source.size() > kMaxSource) {
    return error_response(500, "An Internal Error Has Occurred.", request.path);
  }
  const auto type = number_field(fields, "type").value_or(0);
  if (type < 0 || type > 2) return sighting_refused(kBadType);
  sighting.type = static_cast<int>(type);
  sighting.replaces_expiration = type == 2 && field(fields, "type").is_string();
  const bool timed = has_field(fields, "timestamp");
  const auto time = timed ? number_field(fields, "timestamp") : changes_.now();
  if (!time) return sighting_refused(R"({"date_sighting":["This field cannot be left blank"]})");
  sighting.date = *time;

  const auto values = wanted_values(fields);
  if (name.empty() && values.empty()) return sighting_refused("No valid attributes found.");
  const auto targets = sighted_attributes(db_, name, values);
  if (targets.empty()) {
    return sighting_refused("No valid attributes found that match the criteria.");
  }
  Id last = 0;
  for (const Id target : targets) last = changes_.add_sighting(target, sighting);
  Response response;
  JsonWriter json(response.body, db_.native_numbers);
  json.begin_object().key("Sighting").begin_object();
  write_sighting(json, db_.sightings().at(last));
  json.end_object().end_object();
  return response;
}

Response Api::sighting_delete(const Request& request, const Json& /*body*/) {
  const auto id = parse_id(request.argument(0)).value_or(0);
  if (!db_.sightings().contains(id)) return error_response(404, "Invalid sighting.", request.path);
  changes_.delete_sighting(id);
  return success_response("Sighting successfully deleted.", request.path, request.argument(0));
}

Response Api::sighting_index(const Request& request, const Json& /*body*/) {
  const auto* event = db_.event(request.argument(0));
  if (event == nullptr) return error_response(404, "Invalid event.", request.path);
  Response response;
  JsonWriter json(response.body, db_.native_numbers);
  json.begin_array();
  for (const auto& [id, sighting] : db_.sightings()) {
    if (sighting.event_id == event->id) write_full_sighting(json, db_, sighting);
  }
  json.end_array();
  return response;
}

}  // namespace misp_zeek::misp_sim
