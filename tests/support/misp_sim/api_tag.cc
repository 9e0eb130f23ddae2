// SPDX-License-Identifier: BSD-3-Clause
#include <nlohmann/json.hpp>

#include "api.h"
#include "json_writer.h"
#include "shapes.h"
#include "values.h"

namespace misp_zeek::misp_sim {
namespace {

bool is_local(const Request& request, const Json& body) {
  const auto named = request.named.find("local");
  return (named != request.named.end() && named->second == "1") || as_flag(field(body, "local"));
}

/// The tag meant by id or name; nullptr: unknown.
const Tag* find_tag(const Database& db, const std::string& text) {
  if (const auto id = parse_id(text)) return db.tag(*id);
  return db.tag(std::string_view(text));
}

/// The second argument of the path, or `tag` of the body.
const Tag* requested_tag(const Database& db, const Request& request, const Json& body) {
  const auto argument = request.argument(1);
  return find_tag(db, argument.empty() ? text_field(body, "tag").value_or("") : argument);
}

Response tag_saved(const std::string& text, bool global) {
  Response response;
  JsonWriter json(response.body, false);
  json.begin_object().boolean("saved", true).text("success", text);
  json.boolean("check_publish", global).end_object();
  return response;
}

Response tag_not_saved(const std::string& text) {
  Response response;
  JsonWriter json(response.body, false);
  json.begin_object().boolean("saved", false).text("errors", text).end_object();
  return response;
}

bool is_local_use(const std::vector<TagUse>& uses, Id tag) {
  for (const auto& use : uses) {
    if (use.tag == tag) return use.local;
  }
  return false;
}

Response tag_response(const Database& db, Id id) {
  Response response;
  JsonWriter json(response.body, db.native_numbers);
  json.begin_object().key("Tag").begin_object();
  write_tag(json, *db.tag(id));
  json.end_object().end_object();
  return response;
}

}  // namespace

Response Api::attribute_add_tag(const Request& request, const Json& body) {
  const auto* attribute = db_.attribute(request.argument(0));
  const auto* tag = requested_tag(db_, request, body);
  if (attribute == nullptr) return error_response(404, "Invalid attribute", request.path);
  if (tag == nullptr) return error_response(404, "Invalid tag", request.path);
  const bool added = changes_.tag_attribute(attribute->id, tag->id, is_local(request, body));
  return added ? tag_saved("Tag added.", true) : tag_not_saved("Tag could not be added.");
}

Response Api::attribute_remove_tag(const Request& request, const Json& body) {
  const auto* attribute = db_.attribute(request.argument(0));
  const auto* tag = requested_tag(db_, request, body);
  if (attribute == nullptr) return error_response(404, "Invalid attribute", request.path);
  if (tag == nullptr) return error_response(404, "Invalid tag", request.path);
  const bool global = !is_local_use(attribute->tags, tag->id);
  const bool removed = changes_.untag_attribute(attribute->id, tag->id, true);
  return removed ? tag_saved("Tag removed.", global) : tag_not_saved("Tag could not be removed.");
}

Response Api::event_add_tag(const Request& request, const Json& body) {
  const auto* event = db_.event(request.argument(0));
  const auto* tag = requested_tag(db_, request, body);
  if (event == nullptr) return error_response(404, "Invalid event", request.path);
  if (tag == nullptr) return error_response(404, "Invalid tag", request.path);
  const bool added = changes_.tag_event(event->id, tag->id, is_local(request, body));
  return added ? tag_saved("Tag added.", true) : tag_not_saved("Tag could not be added.");
}

Response Api::event_remove_tag(const Request& request, const Json& body) {
  const auto* event = db_.event(request.argument(0));
  const auto* tag = requested_tag(db_, request, body);
  if (event == nullptr) return error_response(404, "Invalid event", request.path);
  if (tag == nullptr) return error_response(404, "Invalid tag", request.path);
  const bool global = !is_local_use(event->tags, tag->id);
  const bool removed = changes_.untag_event(event->id, tag->id);
  return removed ? tag_saved("Tag removed.", global) : tag_not_saved("Tag could not be removed.");
}

Response Api::tag_attach(const Request& request, const Json& body) {
  const auto uuid = text_field(body, "uuid").value_or("");
  const auto name = text_field(body, "tag").value_or("");
  const auto* attribute = db_.attribute(uuid);
  const auto* event = db_.event(uuid);
  if ((attribute == nullptr && event == nullptr) || name.empty()) {
    return error_response(404, "Invalid Target.", request.path);
  }
  const auto* known = find_tag(db_, name);
  const Id tag = known != nullptr ? known->id : changes_.tag_named(name);
  const bool local = is_local(request, body);
  const bool added = attribute != nullptr ? changes_.tag_attribute(attribute->id, tag, local)
                                          : changes_.tag_event(event->id, tag, local);
  const std::string target = attribute != nullptr ? "Attribute(" + std::to_string(attribute->id)
                                                  : "Event(" + std::to_string(event->id);
  const std::string label = std::string(local ? "Local" : "Global") + " tag " + db_.tag(tag)->name +
                            "(" + std::to_string(tag) + ")";
  if (added) {
    return success_response(label + " successfully attached to " + target + ").", request.path, {});
  }
  return save_failed_response(label + " could not be attached", request.path,
                              {0, {}, "The tag is attached already."});
}

Response Api::tag_remove(const Request& request, const Json& body) {
  const auto uuid = text_field(body, "uuid").value_or("");
  const auto* tag = find_tag(db_, text_field(body, "tag").value_or(""));
  const auto* attribute = db_.attribute(uuid);
  const auto* event = db_.event(uuid);
  if (attribute == nullptr && event == nullptr) {
    return error_response(404, "Invalid Target.", request.path);
  }
  if (tag == nullptr) return error_response(405, "Invalid Tag.", request.path);
  const bool local = is_local_use(attribute != nullptr ? attribute->tags : event->tags, tag->id);
  const bool removed = attribute != nullptr
                           ? changes_.untag_attribute(attribute->id, tag->id, false)
                           : changes_.untag_event(event->id, tag->id);
  const std::string target = attribute != nullptr ? "Attribute(" + std::to_string(attribute->id)
                                                  : "Event(" + std::to_string(event->id);
  const std::string label = std::string(local ? "Local" : "Global") + " tag " + tag->name + " (" +
                            std::to_string(tag->id) + ")";
  if (removed) {
    return success_response(label + " successfully removed from " + target + ").", request.path,
                            {});
  }
  return error_response(404,
                        std::string("Could not remove tag as it is not attached to the target ") +
                            (attribute != nullptr ? "Attribute" : "Event"),
                        request.path);
}

Response Api::tag_add(const Request& request, const Json& body) {
  const auto& fields = unwrap(body, "Tag");
  const auto name = text_field(fields, "name").value_or("");
  if (name.empty()) return error_response(403, "Tag name cannot be empty.", request.path);
  return tag_response(db_, changes_.tag_named(name, text_field(fields, "colour").value_or("")));
}

Response Api::tag_edit(const Request& request, const Json& body) {
  const auto* tag = find_tag(db_, request.argument(0));
  if (tag == nullptr) return error_response(404, "Invalid tag", request.path);
  const auto& fields = unwrap(body, "Tag");
  changes_.rename_tag(tag->id, text_field(fields, "name").value_or(tag->name));
  return tag_response(db_, tag->id);
}

Response Api::tag_delete(const Request& request, const Json& /*body*/) {
  const auto* tag = find_tag(db_, request.argument(0));
  if (tag == nullptr) return error_response(404, "Invalid tag", request.path);
  changes_.delete_tag(tag->id);
  return error_response(200, "Tag deleted.", request.path);
}

}  // namespace misp_zeek::misp_sim
