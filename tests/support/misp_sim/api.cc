// SPDX-License-Identifier: BSD-3-Clause
#include "api.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "json_writer.h"

namespace misp_zeek::misp_sim {

struct Api::Route {
  std::string_view controller;
  std::string_view action;
  bool reads;
  Action call;
};

const Api::Route* Api::find_route(const Request& request) {
  static constexpr auto kRoutes = std::to_array<Route>({
      {"events", "add", false, &Api::event_add},
      {"events", "edit", false, &Api::event_edit},
      {"events", "delete", false, &Api::event_delete},
      {"events", "publish", false, &Api::event_publish},
      {"events", "unpublish", false, &Api::event_unpublish},
      {"events", "pusheventtozmq", false, &Api::event_push},
      {"events", "addtag", false, &Api::event_add_tag},
      {"events", "removetag", false, &Api::event_remove_tag},
      {"events", "view", true, &Api::event_view_action},
      {"events", "index", true, &Api::event_index},
      {"events", "restsearch", true, &Api::event_search},
      {"eventblocklists", "index", true, &Api::event_blocklist},
      {"attributes", "restsearch", true, &Api::attribute_search},
      {"attributes", "add", false, &Api::attribute_add},
      {"attributes", "edit", false, &Api::attribute_edit},
      {"attributes", "delete", false, &Api::attribute_delete},
      {"attributes", "restore", false, &Api::attribute_restore},
      {"attributes", "addtag", false, &Api::attribute_add_tag},
      {"attributes", "removetag", false, &Api::attribute_remove_tag},
      {"attributes", "view", true, &Api::attribute_view},
      {"attributes", "describetypes", true, &Api::describe_types},
      {"objects", "add", false, &Api::object_add},
      {"objects", "edit", false, &Api::object_edit},
      {"objects", "delete", false, &Api::object_delete},
      {"tags", "add", false, &Api::tag_add},
      {"tags", "edit", false, &Api::tag_edit},
      {"tags", "delete", false, &Api::tag_delete},
      {"tags", "attachtagtoobject", false, &Api::tag_attach},
      {"tags", "removetagfromobject", false, &Api::tag_remove},
      {"sightings", "add", false, &Api::sighting_add},
      {"sightings", "delete", false, &Api::sighting_delete},
      {"sightings", "index", true, &Api::sighting_index},
      {"servers", "getversion", true, &Api::server_version},
      {"users", "view", true, &Api::user_me},
      {"warninglists", "toggleenable", false, &Api::warninglist_toggle},
      {"warninglists", "add", false, &Api::warninglist_add},
      {"warninglists", "index", true, &Api::warninglist_index},
  });
  const auto* it = std::find_if(kRoutes.begin(), kRoutes.end(), [&](const Route& route) {
    return route.controller == request.controller && route.action == request.action;
  });
  return it == kRoutes.end() ? nullptr : it;
}

bool Api::is_read(const Request& request) {
  const auto* route = find_route(request);
  return route == nullptr || route->reads;
}

bool Api::is_search(const Request& request) {
  return request.action == "restsearch" &&
         (request.controller == "attributes" || request.controller == "events");
}

Response Api::handle(const Request& request) {
  const auto* route = find_route(request);
  if (route == nullptr) return error_response(404, "Not Found", request.path);
  Json body = Json::object();
  if (!request.body.empty()) {
    body = Json::parse(request.body, nullptr, false);
    if (body.is_discarded()) {
      return error_response(405,
                            "Invalid JSON input. Make sure that the JSON input is a correctly "
                            "formatted JSON string. This request has been blocked to avoid an "
                            "unfiltered request.",
                            request.path);
    }
  }
  if (body.is_object()) {
    for (const auto& [name, value] : request.named) body.emplace(name, value);
  }
  if (!route->reads && request.method == "GET") {
    return error_response(405, "You do not have permission to use this functionality.",
                          request.path);
  }
  auto response = (this->*route->call)(request, body);
  response.work += std::chrono::duration_cast<std::chrono::microseconds>(instance_.costs().request);
  return response;
}

const Event* Api::shown_event(const std::string& name) const {
  const auto* event = db_.event(name);
  return event != nullptr && instance_.shows(*event) ? event : nullptr;
}

const Attribute* Api::shown_attribute(const std::string& name) const {
  const auto* attribute = db_.attribute(name);
  if (attribute == nullptr) return nullptr;
  const auto& event = *db_.events().find(attribute->event_id);
  return instance_.shows(*attribute, event) ? attribute : nullptr;
}

Response json_response(std::string body) {
  Response response;
  response.body = std::move(body);
  return response;
}

Response success_response(const std::string& text, const std::string& url, const std::string& id) {
  Response response;
  JsonWriter json(response.body, false);
  json.begin_object().boolean("saved", true).boolean("success", true).text("name", text);
  json.text("message", text).text("url", url);
  if (!id.empty()) json.text("id", id);
  json.end_object();
  return response;
}

Response save_failed_response(const std::string& text, const std::string& url,
                              const Saved& failure) {
  Response response;
  response.status = 403;
  JsonWriter json(response.body, false);
  json.begin_object().boolean("saved", false).text("name", text).text("message", text);
  json.text("url", url).key("errors");
  if (failure.field.empty()) {
    json.text(failure.error);
  } else {
    json.begin_object().key(failure.field).begin_array().text(failure.error);
    json.end_array().end_object();
  }
  json.end_object();
  return response;
}

}  // namespace misp_zeek::misp_sim
