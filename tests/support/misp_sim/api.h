// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

#include "changes.h"
#include "database.h"
#include "instance.h"
#include "json_fields.h"
#include "message.h"
#include "search.h"

namespace misp_zeek::misp_sim {

/// The actions of MISP's REST API: reads a request, carries it out, answers in MISP's words.
/// Authentication and faults are done before. Not thread safe: the owner locks.
class Api {
 public:
  Api(Database& db, Changes& changes, const Instance& instance)
      : db_(db), changes_(changes), instance_(instance), search_(db, instance) {}

  Response handle(const Request& request);

  /// The first row of the last attributes/restSearch over all its pages; 0: none.
  [[nodiscard]] Id first_match() const { return first_match_; }

  /// True if the action only reads.
  [[nodiscard]] static bool is_read(const Request& request);
  /// True for the actions that MISP limits the rate of.
  [[nodiscard]] static bool is_search(const Request& request);

 private:
  using Action = Response (Api::*)(const Request&, const Json&);
  struct Route;
  static const Route* find_route(const Request& request);

  // api_event.cc
  Response event_add(const Request& request, const Json& body);
  Response event_edit(const Request& request, const Json& body);
  Response event_delete(const Request& request, const Json& body);
  Response event_publish(const Request& request, const Json& body);
  Response event_unpublish(const Request& request, const Json& body);
  Response event_push(const Request& request, const Json& body);
  Response event_view_action(const Request& request, const Json& body);
  Response event_blocklist(const Request& request, const Json& body);

  // api_index.cc
  Response event_index(const Request& request, const Json& body);
  Response event_search(const Request& request, const Json& body);

  // api_attribute.cc
  Response attribute_search(const Request& request, const Json& body);
  Response attribute_add(const Request& request, const Json& body);
  Response attribute_edit(const Request& request, const Json& body);
  Response attribute_delete(const Request& request, const Json& body);
  Response attribute_restore(const Request& request, const Json& body);
  Response attribute_view(const Request& request, const Json& body);

  // api_tag.cc
  Response attribute_add_tag(const Request& request, const Json& body);
  Response attribute_remove_tag(const Request& request, const Json& body);
  Response event_add_tag(const Request& request, const Json& body);
  Response event_remove_tag(const Request& request, const Json& body);
  Response tag_attach(const Request& request, const Json& body);
  Response tag_remove(const Request& request, const Json& body);
  Response tag_add(const Request& request, const Json& body);
  Response tag_edit(const Request& request, const Json& body);
  Response tag_delete(const Request& request, const Json& body);

  // api_object.cc
  Response object_add(const Request& request, const Json& body);
  Response object_edit(const Request& request, const Json& body);
  Response object_delete(const Request& request, const Json& body);

  // api_sighting.cc
  Response sighting_add(const Request& request, const Json& body);
  Response sighting_delete(const Request& request, const Json& body);
  Response sighting_index(const Request& request, const Json& body);

  // api_instance.cc
  Response server_version(const Request& request, const Json& body);
  Response user_me(const Request& request, const Json& body);
  Response describe_types(const Request& request, const Json& body);
  Response warninglist_toggle(const Request& request, const Json& body);
  Response warninglist_add(const Request& request, const Json& body);
  Response warninglist_index(const Request& request, const Json& body);

  /// MISP's answer about a row that is not there, or that the viewer may not see.
  [[nodiscard]] Response refusal(int status, std::string_view text, const Request& request) const {
    return error_response(status, instance_.words(text), request.path);
  }
  /// nullptr: not there, or not for the viewer.
  [[nodiscard]] const Event* shown_event(const std::string& name) const;
  [[nodiscard]] const Attribute* shown_attribute(const std::string& name) const;
  [[nodiscard]] Response event_response(Id id) const;
  [[nodiscard]] Response object_response(Id id) const;

  Database& db_;
  Changes& changes_;
  const Instance& instance_;
  Search search_;
  Id first_match_ = 0;
};

/// `{"saved":true,"success":true,"name":text,...}`; `id` "" leaves it out.
[[nodiscard]] Response success_response(const std::string& text, const std::string& url,
                                        const std::string& id);
/// `{"saved":false,"name":text,...,"errors":{field:[error]}}` with 403.
[[nodiscard]] Response save_failed_response(const std::string& text, const std::string& url,
                                            const Saved& failure);
[[nodiscard]] Response json_response(std::string body);

}  // namespace misp_zeek::misp_sim
