// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "api.h"
#include "json_writer.h"
#include "shapes.h"
#include "values.h"

namespace misp_zeek::misp_sim {

Response Api::server_version(const Request& /*request*/, const Json& /*body*/) {
  return json_response(
      R"({"version":")" + instance_.version() +
      R"(","pymisp_recommended_version":"2.5.1","perm_sync":true,"perm_sighting":)" +
      (instance_.viewer().sighting_right ? "true" : "false") +
      R"(,"perm_galaxy_editor":true,"perm_analyst_data":true,)"
      R"("uuid":"a5a3c2f4-6b1e-4a6a-9d9b-000000000001","request_encoding":["gzip"],)"
      R"("filter_sightings":true})");
}

Response Api::user_me(const Request& request, const Json& /*body*/) {
  if (request.argument(0) != "me") return error_response(404, "Invalid user", request.path);
  const auto& viewer = instance_.viewer();
  const Id org = viewer.own_org ? 1 : 2;
  const Id role = viewer.site_admin ? 1 : 6;
  Response response;
  JsonWriter json(response.body, db_.native_numbers);
  json.begin_object().key("User").begin_object().number("id", 1).number("org_id", org);
  json.text("email", kUserEmail).boolean("disabled", false).number("role_id", role).end_object();
  json.key("Role").begin_object().number("id", role);
  json.text("name", viewer.site_admin ? "admin" : "Read Only");
  for (const std::string_view right :
       {"perm_add", "perm_modify", "perm_modify_org", "perm_publish", "perm_sync", "perm_admin",
        "perm_audit", "perm_auth", "perm_site_admin", "perm_tagger", "perm_tag_editor",
        "perm_sighting", "perm_publish_zmq", "perm_warninglist"}) {
    const bool of_readers = right == "perm_audit" || right == "perm_auth";
    const bool given =
        right == "perm_sighting" ? viewer.sighting_right : viewer.site_admin || of_readers;
    json.boolean(right, given);
  }
  json.boolean("enforce_rate_limit", false).number("rate_limit_count", 0).end_object();
  if (viewer.search_defaults.empty()) {
    json.empty_array("UserSetting");
  } else {
    json.key("UserSetting").begin_object().key("default_restsearch_parameters");
    json.raw(viewer.search_defaults).end_object();
  }
  json.key("Organisation").begin_object().number("id", org);
  json.text("name", viewer.own_org ? kOrgName : "OTHER");
  json.text("uuid", viewer.own_org ? kOrgUuid : "2f9b7f5e-1111-4222-8333-000000000002");
  json.boolean("local", true).end_object().end_object();
  return response;
}

Response Api::describe_types(const Request& /*request*/, const Json& /*body*/) {
  Response response;
  JsonWriter json(response.body, db_.native_numbers);
  json.begin_object().key("result").begin_object().key("sane_defaults").begin_object();
  for (const auto& type : all_types()) {
    json.key(type.name).begin_object().text("default_category", type.default_category);
    json.key("to_ids").integer(type.to_ids ? 1 : 0).end_object();
  }
  json.end_object().key("types").begin_array();
  for (const auto& type : all_types()) json.text(type.name);
  json.end_array().end_object().end_object();
  return response;
}

Response Api::warninglist_toggle(const Request& /*request*/, const Json& body) {
  const auto ids = as_texts(field(body, "id"));
  const auto names = as_texts(field(body, "name"));
  const bool enabled = as_flag(field(body, "enabled"));
  std::vector<Id> chosen;
  for (const auto& [id, list] : db_.warninglists()) {
    const auto named = [&, &name = list.name](const std::string& pattern) {
      return like(name, pattern);
    };
    if (std::find(ids.begin(), ids.end(), std::to_string(id)) != ids.end() ||
        std::any_of(names.begin(), names.end(), named)) {
      chosen.push_back(id);
    }
  }
  for (const Id id : chosen) changes_.enable_warninglist(id, enabled);
  Response response;
  JsonWriter json(response.body, false);
  json.begin_object().boolean("saved", !chosen.empty());
  json.text(chosen.empty() ? "errors" : "success",
            chosen.empty() ? "Warninglist(s) not found."
                           : std::to_string(chosen.size()) + " warninglist(s) " +
                                 (enabled ? "enabled" : "disabled"));
  json.end_object();
  return response;
}

Response Api::warninglist_add(const Request& /*request*/, const Json& body) {
  const auto& fields = unwrap(body, "Warninglist");
  Warninglist list;
  list.name = text_field(fields, "name").value_or("");
  list.type = text_field(fields, "type").value_or("string");
  list.description = text_field(fields, "description").value_or("");
  list.enabled = as_flag(field(fields, "enabled"));
  list.is_default = false;
  for (const auto& type : as_texts(field(fields, "matching_attributes"))) {
    list.attribute_types.insert(type);
  }
  std::istringstream entries(text_field(fields, "entries").value_or(""));
  for (std::string line; std::getline(entries, line);) {
    if (!line.empty()) list.entries.push_back(line);
  }
  const Id id = changes_.add_warninglist(std::move(list));
  Response response;
  JsonWriter json(response.body, db_.native_numbers);
  json.begin_object().key("Warninglist").begin_object();
  write_warninglist(json, db_.warninglists().at(id));
  json.end_object().end_object();
  return response;
}

Response Api::warninglist_index(const Request& /*request*/, const Json& /*body*/) {
  Response response;
  JsonWriter json(response.body, db_.native_numbers);
  json.begin_object().key("Warninglists").begin_array();
  for (const auto& [id, list] : db_.warninglists()) {
    json.begin_object().key("Warninglist").begin_object();
    write_warninglist(json, list);
    json.number("warninglist_entry_count", list.entries.size()).end_object().end_object();
  }
  json.end_array().end_object();
  return response;
}

}  // namespace misp_zeek::misp_sim
