// SPDX-License-Identifier: BSD-3-Clause
#include "misp/decode.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/store/indicator_store.h"
#include "misp/attribute_json.h"
#include "misp/json_stream.h"
#include "misp/json_values.h"

namespace misp_zeek::misp {
namespace {

using Json = nlohmann::json;
using Failure = tl::unexpected<Error>;

constexpr std::array<std::string_view, 6> kTagKeys = {"Tag",      "action", "name",
                                                      "event_id", "id",     "attribute_id"};
constexpr std::array<std::string_view, 8> kSightingKeys = {
    "Sighting", "Attribute", "action", "uuid", "event_id", "type", "source", "date_sighting"};
constexpr auto kAttributeMessageKeys = attribute_keys_and();
constexpr std::array<std::string_view, 1> kAttributeRecords = {"/Attribute/Sighting/*"};
constexpr std::array<std::string_view, 1> kPlainKeys = {"uptime"};

constexpr std::string_view kPublishAttribute = "/Event/Attribute/*";
constexpr std::string_view kPublishObject = "/Event/Object/*";
constexpr std::string_view kPublishObjectAttribute = "/Event/Object/*/Attribute/*";
constexpr std::array<std::string_view, 3> kPublishRecords = {kPublishAttribute, kPublishObject,
                                                             kPublishObjectAttribute};

template <typename Action>
using ActionName = std::pair<std::string_view, Action>;

constexpr std::array kAttributeActions = {
    ActionName<AttributeMessage::Action>{"add", AttributeMessage::Action::kAdd},
    ActionName<AttributeMessage::Action>{"edit", AttributeMessage::Action::kEdit},
    ActionName<AttributeMessage::Action>{"soft-delete", AttributeMessage::Action::kSoftDelete},
    ActionName<AttributeMessage::Action>{"delete", AttributeMessage::Action::kDelete},
};
constexpr std::array kEventActions = {
    ActionName<EventMessage::Action>{"add", EventMessage::Action::kAdd},
    ActionName<EventMessage::Action>{"edit", EventMessage::Action::kEdit},
    ActionName<EventMessage::Action>{"delete", EventMessage::Action::kDelete},
    ActionName<EventMessage::Action>{"add_from_connected_server",
                                     EventMessage::Action::kFromConnectedServer},
    ActionName<EventMessage::Action>{"edit_from_connected_server",
                                     EventMessage::Action::kFromConnectedServer},
};
constexpr std::array kTagActions = {
    ActionName<TagMessage::Action>{"add", TagMessage::Action::kAdd},
    ActionName<TagMessage::Action>{"edit", TagMessage::Action::kEdit},
    ActionName<TagMessage::Action>{"delete", TagMessage::Action::kDelete},
    ActionName<TagMessage::Action>{"attached to attribute",
                                   TagMessage::Action::kAttachedToAttribute},
    ActionName<TagMessage::Action>{"detached from attribute",
                                   TagMessage::Action::kDetachedFromAttribute},
    ActionName<TagMessage::Action>{"attached to event", TagMessage::Action::kAttachedToEvent},
    ActionName<TagMessage::Action>{"detached from event", TagMessage::Action::kDetachedFromEvent},
};
constexpr std::array kSightingActions = {
    ActionName<SightingMessage::Action>{"add", SightingMessage::Action::kAdd},
    ActionName<SightingMessage::Action>{"delete", SightingMessage::Action::kDelete},
};

/// Of a newer MISP: the message tells nothing that this code understands.
constexpr ErrorCode kUnknownAction = ErrorCode::kIncompatible;

Failure malformed(std::string text) {
  return Failure(Error{ErrorCode::kMalformed, std::move(text), 0});
}

template <typename Action, std::size_t Size>
Result<Action> action_from(const Json& root, const std::array<ActionName<Action>, Size>& names) {
  Fields fields(root, "message");
  const auto name = fields.text("action");
  if (!fields.ok()) {
    return Failure(fields.error());
  }
  for (const auto& [known, action] : names) {
    if (known == name) {
      return action;
    }
  }
  return fail(kUnknownAction, "");
}

/// The member that a topic's messages are about.
Result<const Json*> member(const Json& root, const char* key) {
  const auto it = root.find(key);
  if (it == root.end()) {
    return malformed(std::string(key) + ": missing");
  }
  return &*it;
}

Result<FeedMessage> attribute_message(const Json& root, const SightingTally& sightings) {
  AttributeMessage message;
  const auto action = action_from(root, kAttributeActions);
  if (!action) {
    return Failure(action.error());
  }
  message.action = *action;
  auto attribute = member(root, "Attribute").and_then([](const Json* json) {
    return attribute_from(*json, "Attribute");
  });
  if (!attribute) {
    return Failure(attribute.error());
  }
  message.attribute = *std::move(attribute);
  sightings.give(message.attribute);
  const bool knows_tags = message.action == AttributeMessage::Action::kEdit ||
                          message.action == AttributeMessage::Action::kSoftDelete;
  if (!knows_tags && message.attribute.tags->empty()) {
    message.attribute.tags.reset();
  }
  const auto object = object_distribution(root);
  if (!object) {
    return Failure(object.error());
  }
  message.attribute.object_distribution = *object;
  if (message.action == AttributeMessage::Action::kDelete && !root.contains("Event")) {
    return message;
  }
  auto event =
      member(root, "Event").and_then([](const Json* json) { return event_from(*json, "Event"); });
  if (!event) {
    return Failure(event.error());
  }
  message.event = *std::move(event);
  return message;
}

Result<FeedMessage> event_message(const Json& root) {
  EventMessage message;
  const auto action = action_from(root, kEventActions);
  if (!action) {
    return Failure(action.error());
  }
  message.action = *action;
  if (message.action == EventMessage::Action::kFromConnectedServer) {
    Fields fields(root, "message");
    message.event.uuid = fields.uuid("Event");
    return fields.ok() ? Result<FeedMessage>(message) : Failure(fields.error());
  }
  auto event =
      member(root, "Event").and_then([](const Json* json) { return event_from(*json, "Event"); });
  if (!event) {
    return Failure(event.error());
  }
  message.event = *std::move(event);
  return message;
}

Result<FeedMessage> tag_message(const Json& root) {
  TagMessage message;
  const auto action = action_from(root, kTagActions);
  if (!action) {
    return Failure(action.error());
  }
  message.action = *action;
  const auto tag = member(root, "Tag");
  if (!tag) {
    return Failure(tag.error());
  }
  Fields fields(**tag, "Tag");
  message.name = fields.text("name");
  const bool of_attribute = message.action == TagMessage::Action::kAttachedToAttribute ||
                            message.action == TagMessage::Action::kDetachedFromAttribute;
  const bool of_event = message.action == TagMessage::Action::kAttachedToEvent ||
                        message.action == TagMessage::Action::kDetachedFromEvent;
  if (of_attribute) {
    message.attribute_id = fields.id("attribute_id");
  }
  if (of_attribute || of_event) {
    message.event_id = fields.id("event_id");
  }
  return fields.ok() ? Result<FeedMessage>(message) : Failure(fields.error());
}

Result<FeedMessage> sighting_message(const Json& root) {
  SightingMessage message;
  const auto action = action_from(root, kSightingActions);
  if (!action) {
    return Failure(action.error());
  }
  message.action = *action;
  const auto sighting = member(root, "Sighting");
  if (!sighting) {
    return Failure(sighting.error());
  }
  Fields fields(**sighting, "Sighting");
  const auto type = fields.integer("type");
  if (type < 0 || type > 2) {
    fields.fail("type", "0, 1 or 2");
  }
  message.type = static_cast<int>(type);
  message.event_id = fields.id_if("event_id").value_or(0);
  message.source = fields.text_if("source").value_or("");
  message.date_sighting = fields.integer("date_sighting");
  if (const auto* attribute = fields.child("Attribute")) {
    Fields of_attribute(*attribute, "Sighting.Attribute");
    message.attribute_uuid = of_attribute.uuid_if("uuid");
    if (!of_attribute.ok()) {
      return Failure(of_attribute.error());
    }
  }
  return fields.ok() ? Result<FeedMessage>(message) : Failure(fields.error());
}

Result<FeedMessage> heartbeat(const Json& root) {
  Fields fields(root, "message");
  const Heartbeat message{fields.integer("uptime")};
  return fields.ok() ? Result<FeedMessage>(message) : Failure(fields.error());
}

/// Takes the attributes of a publish message as the parser comes by them.
class PublishReader {
 public:
  bool take(std::string_view path, const Json& record) {
    if (path == kPublishObject) {
      return end_object(record);
    }
    auto attribute = attribute_from(
        record, path == kPublishAttribute ? "Event.Attribute" : "Event.Object.Attribute");
    if (!attribute) {
      return stop(attribute.error());
    }
    if (path == kPublishAttribute) {
      message_.attributes.push_back(*std::move(attribute));
    } else {
      of_object_.push_back(*std::move(attribute));
    }
    return true;
  }

  Result<FeedMessage> finish(const Json& root) {
    const auto json = member(root, "Event");
    if (!json) {
      return Failure(json.error());
    }
    auto event = event_from(**json, "Event");
    if (!event) {
      return Failure(event.error());
    }
    // The message says what is active and what is not listed is gone: a list that is not there
    // must not read as an empty one.
    for (const char* list : {"Attribute", "Object"}) {
      if (const auto it = (*json)->find(list); it == (*json)->end() || !it->is_array()) {
        return malformed(std::string("Event.") + list + ": expected a list");
      }
    }
    message_.event = *std::move(event);
    return std::move(message_);
  }

  const std::optional<Error>& error() const { return error_; }

 private:
  /// An object is complete after its attributes, wherever its own fields stood.
  bool end_object(const Json& record) {
    Fields fields(record, "Event.Object");
    const auto distribution = fields.distribution_if("distribution");
    if (const auto* list = fields.child("Attribute"); list != nullptr && !list->is_array()) {
      fields.fail("Attribute", "a list");
    }
    if (!fields.ok()) {
      return stop(fields.error());
    }
    for (auto& attribute : of_object_) {
      attribute.object_distribution = distribution;
      message_.attributes.push_back(std::move(attribute));
    }
    of_object_.clear();
    return true;
  }

  bool stop(Error error) {
    error_ = std::move(error);
    return false;
  }

  PublishMessage message_;
  std::vector<Attribute> of_object_;
  std::optional<Error> error_;
};

Result<Json> read_root(std::string_view text, const FrameLimits& limits,
                       std::span<const std::string_view> keys,
                       std::span<const std::string_view> records, const OnRecord& on_record) {
  JsonStreamOptions options;
  options.keys = keys;
  options.records = records;
  options.max_depth = limits.max_depth;
  options.max_values = limits.max_values;
  auto root = read_json(text, options, on_record);
  if (root && !root->is_object()) {
    return malformed("message: expected an object");
  }
  return root;
}

Result<FeedMessage> publish_message(std::string_view text, const FrameLimits& limits) {
  PublishReader reader;
  const auto root = read_root(
      text, limits, kAttributeKeys, kPublishRecords,
      [&reader](std::string_view path, const Json& record) { return reader.take(path, record); });
  if (reader.error()) {
    return Failure(*reader.error());
  }
  return root ? reader.finish(*root) : Failure(root.error());
}

Result<FeedMessage> attribute_message(std::string_view text, const FrameLimits& limits) {
  SightingTally sightings;
  return read_root(text, limits, kAttributeMessageKeys, kAttributeRecords,
                   [&sightings](std::string_view, const Json& record) {
                     sightings.take(record);
                     return true;
                   })
      .and_then([&](const Json& root) { return attribute_message(root, sightings); });
}

Result<FeedMessage> decode_topic(std::string_view topic, std::string_view text,
                                 const FrameLimits& limits) {
  const auto read = [&](std::span<const std::string_view> keys) {
    return read_root(text, limits, keys, {}, {});
  };
  if (topic == kPublishTopic) {
    return publish_message(text, limits);
  }
  if (topic == kAttributeTopic) {
    return attribute_message(text, limits);
  }
  if (topic == kEventTopic) {
    return read(kAttributeKeys).and_then(event_message);
  }
  if (topic == kTagTopic) {
    return read(kTagKeys).and_then(tag_message);
  }
  if (topic == kSightingTopic) {
    return read(kSightingKeys).and_then(sighting_message);
  }
  if (topic == kSelfTopic) {
    return read(kPlainKeys).and_then(heartbeat);
  }
  if (topic == kWarninglistTopic) {
    return read(kPlainKeys).map([](const Json&) { return FeedMessage(WarninglistMessage{}); });
  }
  return IgnoredMessage{};
}

}  // namespace

bool tells_something(std::string_view frame) {
  const auto space = frame.find(' ');
  return space == 0 || space == std::string_view::npos ||
         std::find(kTopics.begin(), kTopics.end(), frame.substr(0, space)) != kTopics.end();
}

Result<FeedMessage> decode_frame(std::string_view frame, const FrameLimits& limits) {
  if (frame.size() > limits.max_bytes) {
    return fail(ErrorCode::kTooLarge, "feed message of " + std::to_string(frame.size()) +
                                          " bytes, more than " + std::to_string(limits.max_bytes));
  }
  const auto space = frame.find(' ');
  const auto topic = frame.substr(0, space);
  if (space == std::string_view::npos || topic.empty()) {
    return fail(ErrorCode::kMalformed, "feed message: expected a topic, a space and JSON");
  }
  auto message = decode_topic(topic, frame.substr(space + 1), limits);
  if (!message && message.error().code == kUnknownAction) {
    return IgnoredMessage{.unknown_action = true};
  }
  if (!message) {
    auto error = message.error();
    error.message.insert(0, std::string(topic) + ": ");
    return Failure(std::move(error));
  }
  return message;
}

}  // namespace misp_zeek::misp
