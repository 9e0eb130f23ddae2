// SPDX-License-Identifier: BSD-3-Clause
#include <nlohmann/json.hpp>

#include "api.h"
#include "json_writer.h"
#include "shapes.h"
#include "values.h"

namespace misp_zeek::misp_sim {

Response Api::event_response(Id id) const {
  return json_response(event_view(db_, *db_.events().find(id), false));
}

Response Api::event_add(const Request& request, const Json& body) {
  const auto& fields = unwrap(body, "Event");
  const auto uuid = to_lower(text_field(fields, "uuid").value_or(""));
  if (db_.event_blocklist.contains(uuid)) {
    return error_response(403, "Event blocked by event blocklist.", request.path);
  }
  if (const auto* event = uuid.empty() ? nullptr : db_.event(uuid)) {
    auto response = error_response(404,
                                   "Event already exists, if you would like to edit it, use the "
                                   "url in the location header.",
                                   request.path);
    response.headers.emplace_back("Location", "/events/" + std::to_string(event->id));
    return response;
  }
  const auto saved = changes_.add_event(fields);
  if (!saved.ok()) return save_failed_response("Could not add Event", "/events/add", saved);
  return event_response(saved.id);
}

Response Api::event_edit(const Request& request, const Json& body) {
  const auto* event = db_.event(request.argument(0));
  if (event == nullptr) return refusal(404, "Invalid event", request);
  const auto named = request.named.find("fast_update");
  const bool fast = named != request.named.end() && named->second == "1";
  const auto saved = changes_.edit_event(event->id, unwrap(body, "Event"), fast);
  if (!saved.ok()) return save_failed_response("Could not edit Event", "/events/edit", saved);
  return event_response(saved.id);
}

Response Api::event_delete(const Request& request, const Json& body) {
  const auto argument = request.argument(0);
  const auto names =
      argument.empty() ? as_texts(field(body, "id")) : std::vector<std::string>{argument};
  std::size_t deleted = 0;
  for (const auto& name : names) {
    if (const auto* event = db_.event(name)) {
      changes_.delete_event(event->id);
      ++deleted;
    }
  }
  if (deleted == 0) {
    return save_failed_response("Could not delete Event", "/events/delete",
                                {0, {}, "Event was not deleted."});
  }
  if (!argument.empty()) return success_response("Event deleted.", request.path, argument);
  return success_response(std::to_string(deleted) + " events deleted.", request.path, {});
}

Response Api::event_publish(const Request& request, const Json& /*body*/) {
  const auto* event = db_.event(request.argument(0));
  if (event == nullptr) return refusal(404, "Invalid event.", request);
  changes_.publish(event->id);
  return success_response("Event published without alerts", request.path, request.argument(0));
}

Response Api::event_unpublish(const Request& request, const Json& /*body*/) {
  const auto* event = db_.event(request.argument(0));
  if (event == nullptr) return refusal(404, "Invalid event.", request);
  changes_.unpublish(event->id);
  return success_response("Event unpublished.", request.path, request.argument(0));
}

Response Api::event_push(const Request& request, const Json& /*body*/) {
  const auto* event = db_.event(request.argument(0));
  if (event == nullptr) return refusal(404, "Invalid event.", request);
  changes_.push_event(event->id);
  return success_response("Event published to ZMQ", request.path, request.argument(0));
}

Response Api::event_view_action(const Request& request, const Json& /*body*/) {
  const auto* event = shown_event(request.argument(0));
  if (event == nullptr) return refusal(404, "Invalid event", request);
  const auto deleted = request.named.find("deleted");
  return json_response(
      event_view(db_, *event, deleted != request.named.end() && deleted->second == "1"));
}

Response Api::event_blocklist(const Request& /*request*/, const Json& /*body*/) {
  Response response;
  JsonWriter json(response.body, db_.native_numbers);
  json.begin_array();
  std::int64_t id = 0;
  for (const auto& uuid : db_.event_blocklist) {
    json.begin_object().number("id", ++id).text("event_uuid", uuid);
    json.text("comment", "Automatically blocked by deleting event").end_object();
  }
  json.end_array();
  return response;
}

}  // namespace misp_zeek::misp_sim
