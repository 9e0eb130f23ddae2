// SPDX-License-Identifier: BSD-3-Clause
#include <nlohmann/json.hpp>

#include "api.h"
#include "json_writer.h"
#include "shapes.h"

namespace misp_zeek::misp_sim {
namespace {

/// The attributes of one attributes/add: an object, a list of objects, or one object with a list of
/// values.
std::vector<Json> listed_attributes(const Json& body) {
  const auto& fields = unwrap(body, "Attribute");
  if (fields.is_array()) return {fields.begin(), fields.end()};
  const auto& values = field(fields, "value");
  if (!values.is_array()) return {fields};
  std::vector<Json> list;
  for (const auto& value : values) {
    list.push_back(fields);
    list.back()["value"] = value;
  }
  return list;
}

/// PHP's array_replace_recursive: of lists, too, `filters` replaces the elements that it has.
Json merged(const Json& defaults, const Json& filters) {
  if (defaults.is_array() && filters.is_array()) {
    Json list = defaults;
    for (std::size_t i = 0; i < filters.size(); ++i) {
      if (i < list.size()) {
        list[i] = merged(list[i], filters[i]);
      } else {
        list.push_back(filters[i]);
      }
    }
    return list;
  }
  if (!defaults.is_object() || !filters.is_object()) return filters;
  Json all = defaults;
  for (const auto& [name, value] : filters.items())
    all[name] = merged(field(defaults, name), value);
  return all;
}

void write_attribute_tags(JsonWriter& json, const Database& db, const Attribute& attribute) {
  json.key("AttributeTag").begin_array();
  for (const auto& use : attribute.tags) {
    const auto& tag = *db.tag(use.tag);
    json.begin_object().number("id", use.id).number("attribute_id", attribute.id);
    json.number("event_id", attribute.event_id).number("tag_id", tag.id);
    json.boolean("local", use.local).null("relationship_type");
    json.key("Tag").begin_object().number("id", tag.id).text("name", tag.name);
    json.text("colour", tag.colour).null("numerical_value").end_object().end_object();
  }
  json.end_array();
}

/// Attributes not saved, by their place in the request.
using Failures = std::vector<std::pair<std::size_t, Saved>>;

void write_failures(JsonWriter& json, const Failures& failures) {
  if (failures.empty()) return;
  json.key("errors").begin_object();
  for (const auto& [index, failure] : failures) {
    json.key("attribute_" + std::to_string(index)).begin_object();
    json.key(failure.field).begin_array().text(failure.error).end_array().end_object();
  }
  json.end_object();
}

/// One attribute as an object, several as a list; `ids` is not empty.
std::string saved_attributes(const Database& db, const std::vector<Id>& ids,
                             const Failures& failures) {
  std::string out;
  JsonWriter json(out, db.native_numbers);
  json.begin_object().key("Attribute");
  if (ids.size() > 1) json.begin_array();
  for (const Id id : ids) {
    json.begin_object();
    write_saved_columns(json, *db.attributes().find(id));
    json.end_object();
  }
  if (ids.size() > 1) {
    json.end_array();
  } else {
    write_attribute_tags(json, db, *db.attributes().find(ids.front()));
  }
  write_failures(json, failures);
  json.end_object();
  return out;
}

}  // namespace

Response Api::attribute_search(const Request& request, const Json& body) {
  if (request.method == "GET" && request.named.empty()) {
    return error_response(
        400,
        "Restsearch queries using GET and no parameters are not allowed. If you "
        "have passed parameters via a JSON body, make sure you use POST requests.",
        request.path);
  }
  auto filters = unwrap(body, "request");
  if (const auto& defaults = instance_.viewer().search_defaults; !defaults.empty()) {
    filters = merged(Json::parse(defaults), filters);
  }
  if (!instance_.is_since(2, 4, 180)) {
    filters.erase("order");
    filters.erase("attribute_timestamp");
  }
  const auto format = text_field(filters, "returnFormat").value_or("json");
  if (format != "json" && format != "count") {
    return error_response(404, "Invalid output format.", request.path);
  }
  auto page = search_.run(filters, changes_.now(), format == "count");
  first_match_ = page.paged ? page.first_match : 0;
  const auto work = std::chrono::duration_cast<std::chrono::microseconds>(page.cost);
  if (page.too_many) {
    auto failure = error_response(500, "An Internal Error Has Occurred.", request.path);
    failure.work = work;
    return failure;
  }
  auto response = json_response(std::move(page.body));
  response.work = work;
  response.headers = {{"X-Result-Count", std::to_string(page.result_count)},
                      {"X-Export-Module-Used", format},
                      {"X-Response-Format", format == "count" ? "txt" : "json"}};
  if (instance_.is_since(2, 4, 196)) {
    response.headers.emplace_back("X-Skipped-Elements-Count", std::to_string(page.skipped));
  }
  return response;
}

Response Api::attribute_add(const Request& request, const Json& body) {
  const auto* event = db_.event(request.argument(0));
  if (event == nullptr) return refusal(404, "Invalid event", request);
  const Id event_id = event->id;
  std::vector<Id> ids;
  Failures failures;
  const auto list = listed_attributes(body);
  for (std::size_t i = 0; i < list.size(); ++i) {
    auto saved = changes_.add_attribute(event_id, list[i]);
    if (saved.ok()) {
      ids.push_back(saved.id);
    } else {
      failures.emplace_back(i, std::move(saved));
    }
  }
  if (ids.empty()) {
    const Saved none{0, "value", "No value specified."};
    return save_failed_response("Could not add Attribute", "/attributes/add",
                                failures.empty() ? none : failures.front().second);
  }
  return json_response(saved_attributes(db_, ids, failures));
}

Response Api::attribute_edit(const Request& request, const Json& body) {
  const auto* attribute = db_.attribute(request.argument(0));
  if (attribute == nullptr || attribute->deleted) {
    return refusal(404, "Invalid attribute", request);
  }
  const auto saved = changes_.edit_attribute(attribute->id, unwrap(body, "Attribute"));
  if (!saved.ok() && saved.field == "timestamp") {
    return error_response(405, "Attribute could not be saved: " + saved.error, request.path);
  }
  if (!saved.ok()) {
    return save_failed_response("Could not edit Attribute", "/attributes/edit", saved);
  }
  Response response;
  JsonWriter json(response.body, db_.native_numbers);
  const auto& row = *db_.attributes().find(saved.id);
  json.begin_object().key("Attribute").begin_object();
  write_columns(json, row);
  if (!row.tags.empty()) {
    json.key("Tag").begin_array();
    for (const auto& use : row.tags) {
      const auto& tag = *db_.tag(use.tag);
      json.begin_object().number("id", tag.id).text("name", tag.name).text("colour", tag.colour);
      json.boolean("exportable", tag.exportable).number("user_id", 0).end_object();
    }
    json.end_array();
  }
  json.end_object().end_object();
  return response;
}

Response Api::attribute_delete(const Request& request, const Json& body) {
  const auto* attribute = db_.attribute(request.argument(0));
  const bool hard = request.argument(1) == "1" || as_flag(field(body, "hard"));
  if (attribute == nullptr || (attribute->deleted && !hard)) {
    return refusal(404, "Invalid attribute", request);
  }
  if (hard) {
    changes_.hard_delete(attribute->id);
  } else {
    changes_.soft_delete(attribute->id);
  }
  return json_response(R"({"message":"Attribute deleted."})");
}

Response Api::attribute_restore(const Request& request, const Json& /*body*/) {
  const auto* attribute = db_.attribute(request.argument(0));
  if (attribute == nullptr) return error_response(405, "Invalid Attribute", request.path);
  const Id id = attribute->id;
  changes_.restore(id);
  Response response;
  response.status = 302;
  response.headers.emplace_back("Location", "/attributes/view/" + std::to_string(id));
  return response;
}

Response Api::attribute_view(const Request& request, const Json& /*body*/) {
  const auto* attribute = shown_attribute(request.argument(0));
  if (attribute == nullptr || attribute->deleted) {
    return refusal(405, "Invalid attribute", request);
  }
  Response response;
  JsonWriter json(response.body, db_.native_numbers);
  json.begin_object().key("Attribute").begin_object();
  write_columns(json, *attribute);
  json.text("event_uuid", db_.events().find(attribute->event_id)->uuid);
  write_row_tags(json, db_, *attribute, nullptr);
  json.end_object().end_object();
  return response;
}

}  // namespace misp_zeek::misp_sim
