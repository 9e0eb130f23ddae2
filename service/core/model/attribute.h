// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/model/uuid.h"

/// MISP's values as the core sees them, whatever way they came (REST row, feed message, publish
/// message). MISP sends ids and numbers as decimal strings or, without PDO string fetches, as JSON
/// numbers; decoders accept both. Fields that a message does not carry are nullopt.
namespace misp_zeek {

/// MISP distribution levels; 5 = "inherit from the event".
enum class Distribution : std::uint8_t {
  kOrganisation = 0,
  kCommunity = 1,
  kConnected = 2,
  kAll = 3,
  kSharingGroup = 4,
  kInherit = 5,
};

struct Event {
  std::uint64_t id = 0;
  std::optional<Uuid> uuid;
  std::string info;
  /// Attribute messages carry the value from BEFORE their change; REST rows do not carry it at all.
  std::optional<bool> published;
  std::optional<std::int64_t> timestamp;          ///< seconds since the epoch
  std::optional<std::int64_t> publish_timestamp;  ///< seconds; 0 = never published
  std::optional<std::uint64_t> org_id;
  std::optional<std::uint64_t> orgc_id;
  std::optional<Distribution> distribution;
};

struct Attribute {
  Uuid uuid;
  std::uint64_t id = 0;
  std::uint64_t event_id = 0;
  std::uint64_t object_id = 0;  ///< 0 = not part of an object
  std::string type;             ///< MISP type, e.g. "ip-dst|port"
  std::string value;            ///< "value1|value2" for composites
  bool to_ids = false;
  bool deleted = false;
  std::int64_t timestamp = 0;  ///< seconds since the epoch, whole seconds only
  std::optional<Distribution> distribution;
  std::optional<Distribution> object_distribution;
  /// Attribute tags; nullopt when the message cannot know them (an "add" never carries tags).
  std::optional<std::vector<std::string>> tags;
  /// Of the sightings that came with it: those of type 1, and the earliest date of type 2 in
  /// seconds since the epoch. 0 and nullopt also when the carrier has no sightings.
  std::uint32_t false_positives = 0;
  std::optional<std::int64_t> expires;
};

/// A REST row or an attribute inside a publish message, with its event.
struct AttributeRow {
  Attribute attribute;
  Event event;
};

/// `misp_json_attribute`. `event` is absent for a hard delete.
struct AttributeMessage {
  enum class Action { kAdd, kEdit, kSoftDelete, kDelete };
  Action action = Action::kAdd;
  Attribute attribute;
  std::optional<Event> event;
};

/// `misp_json_event`. For events from a connected server only `event.uuid` is known.
struct EventMessage {
  enum class Action { kAdd, kEdit, kDelete, kFromConnectedServer };
  Action action = Action::kAdd;
  Event event;
};

/// `misp_json`: the event is published; `attributes` are all its active ones, those of objects
/// included. What is not listed is gone. The message's own `published` flag is usually false.
struct PublishMessage {
  Event event;
  std::vector<Attribute> attributes;
};

/// `misp_json_tag`.
struct TagMessage {
  enum class Action {
    kAdd,
    kEdit,
    kDelete,
    kAttachedToAttribute,
    kDetachedFromAttribute,
    kAttachedToEvent,
    kDetachedFromEvent
  };
  Action action = Action::kAdd;
  std::string name;
  std::uint64_t attribute_id = 0;  ///< 0 unless the action names an attribute
  std::uint64_t event_id = 0;      ///< 0 unless the action names an attribute or an event
};

/// `misp_json_sighting`.
struct SightingMessage {
  enum class Action { kAdd, kDelete };
  Action action = Action::kAdd;
  std::optional<Uuid> attribute_uuid;
  std::uint64_t event_id = 0;  ///< 0 = not known
  int type = 0;                ///< 0 seen, 1 false positive, 2 expiration
  std::string source;
  std::int64_t date_sighting = 0;
};

/// `misp_json_warninglist`: some list changed; the message has no entries.
struct WarninglistMessage {};

/// `misp_json_self`: sent after 10 s without any other message. A smaller uptime = a restart.
struct Heartbeat {
  std::int64_t uptime_seconds = 0;
};

/// A topic that tells nothing about indicators (objects, organisations, users, audit, ...), or an
/// action that a newer MISP may have.
struct IgnoredMessage {
  bool unknown_action = false;
};

using FeedMessage = std::variant<AttributeMessage, EventMessage, PublishMessage, TagMessage,
                                 SightingMessage, WarninglistMessage, Heartbeat, IgnoredMessage>;

}  // namespace misp_zeek
