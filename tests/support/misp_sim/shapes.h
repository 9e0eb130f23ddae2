// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "database.h"
#include "json_writer.h"

namespace misp_zeek::misp_sim {

/// The JSON of MISP 2.5.1 as measured: messages of the ZeroMQ feed (the part after the topic), and
/// answers of the REST API. Keys come in MISP's order. All functions only read.

// The one organisation and user of the simulated instance.
inline constexpr std::string_view kOrgName = "ORGNAME";
inline constexpr std::string_view kOrgUuid = "d32d5d57-fab8-4a99-ba3f-e0766e5798b3";
inline constexpr std::string_view kUserEmail = "admin@admin.test";

// --- messages of the feed ---

/// `action`: add, edit, soft-delete (with `Event`, `Object`, `Tag`, `Sighting`), delete (bare).
[[nodiscard]] std::string feed_attribute(const Database& db, const Attribute& attribute,
                                         std::string_view action);
[[nodiscard]] std::string feed_event(const Database& db, const Event& event,
                                     std::string_view action);
/// Topic `misp_json`: the event with its active attributes; has no action.
[[nodiscard]] std::string feed_publish(const Database& db, const Event& event);
[[nodiscard]] std::string feed_object(const Database& db, const Object& object,
                                      std::string_view action);
[[nodiscard]] std::string feed_sighting(const Database& db, const Sighting& sighting,
                                        std::string_view action);
[[nodiscard]] std::string feed_warninglist(const Database& db, const Warninglist& list,
                                           std::string_view action);

/// A message of `misp_json_` + `topic` for the topics that tell nothing of attributes: audit, user,
/// organisation, conversation, object_reference, workflow. "" for any other.
[[nodiscard]] std::string feed_other(std::string_view topic);

/// What a tag message says beside the tag.
struct TagTarget {
  Id attribute_id = 0;  ///< 0: not about an attribute
  Id event_id = 0;      ///< 0: about the tag alone
  std::optional<bool> local;
};
[[nodiscard]] std::string feed_tag(const Database& db, const Tag& tag, const TagTarget& target,
                                   std::string_view action);

// --- answers of the REST API ---

struct RowOptions {
  bool event_tags = false;  ///< includeEventTags
  bool event_uuid = false;  ///< includeEventUuid
  bool context = false;     ///< includeContext
  bool sightings = false;   ///< includeSightings
};

/// A row of attributes/restSearch.
void write_row(JsonWriter& json, const Database& db, const Attribute& attribute, const Event& event,
               const RowOptions& options);
/// `Tag` of rows and of attributes/view, if there are any; with those of `inherit_from` unless
/// null.
void write_row_tags(JsonWriter& json, const Database& db, const Attribute& attribute,
                    const Event* inherit_from);
/// The columns with value1 and value2, as attributes/add and objects/add answer.
void write_saved_columns(JsonWriter& json, const Attribute& attribute);
/// The columns without value1 and value2, as attributes/edit and attributes/view answer.
void write_columns(JsonWriter& json, const Attribute& attribute);
void write_tag(JsonWriter& json, const Tag& tag);
void write_sighting(JsonWriter& json, const Sighting& sighting);
/// With attribute_uuid and Organisation, as in sightings/index and inside attributes.
void write_full_sighting(JsonWriter& json, const Database& db, const Sighting& sighting);
void write_object_columns(JsonWriter& json, const Object& object);
void write_warninglist(JsonWriter& json, const Warninglist& list);
/// `{"Event":{...}}` with attributes and objects; `with_deleted`: also soft-deleted ones.
[[nodiscard]] std::string event_view(const Database& db, const Event& event, bool with_deleted);
/// One entry of events/index.
void write_index_entry(JsonWriter& json, const Database& db, const Event& event, bool minimal);

}  // namespace misp_zeek::misp_sim
