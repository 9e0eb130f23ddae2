// SPDX-License-Identifier: BSD-3-Clause
#include <nlohmann/json.hpp>

#include "api.h"
#include "json_writer.h"
#include "shapes.h"

namespace misp_zeek::misp_sim {

Response Api::object_response(Id id) const {
  Response response;
  JsonWriter json(response.body, db_.native_numbers);
  const auto& object = *db_.objects().find(id);
  json.begin_object().key("Object").begin_object();
  write_object_columns(json, object);
  json.key("Attribute").begin_array();
  for (const Id member : db_.attributes_of_object(object)) {
    const auto& attribute = *db_.attributes().find(member);
    if (attribute.deleted) continue;
    json.begin_object();
    write_saved_columns(json, attribute);
    json.end_object();
  }
  json.end_array().end_object().end_object();
  return response;
}

Response Api::object_add(const Request& request, const Json& body) {
  const auto* event = db_.event(request.argument(0));
  if (event == nullptr) return error_response(404, "Invalid event", request.path);
  const auto& fields = unwrap(body, "Object");
  if (!has_field(fields, "Attribute")) {
    return save_failed_response("Could not add Object", "/objects/add",
                                {0, {}, "No attributes supplied."});
  }
  return object_response(changes_.add_object(event->id, fields));
}

Response Api::object_edit(const Request& request, const Json& body) {
  const auto* object = db_.object(request.argument(0));
  if (object == nullptr || object->deleted) {
    return error_response(404, "Invalid object", request.path);
  }
  changes_.edit_object(object->id, unwrap(body, "Object"));
  return object_response(object->id);
}

Response Api::object_delete(const Request& request, const Json& body) {
  const auto* object = db_.object(request.argument(0));
  const bool hard = request.argument(1) == "1" || as_flag(field(body, "hard"));
  if (object == nullptr || (object->deleted && !hard)) {
    return error_response(404, "Invalid object", request.path);
  }
  const auto event = std::to_string(object->event_id);
  if (hard) {
    changes_.hard_delete_object(object->id);
  } else {
    changes_.soft_delete_object(object->id);
  }
  return success_response("Object deleted", "/objects/delete/" + event, event);
}

}  // namespace misp_zeek::misp_sim
