// SPDX-License-Identifier: BSD-3-Clause
#include "core/model/message_kind.h"

#include <variant>

namespace misp_zeek {
namespace {

std::string_view action_of(const AttributeMessage& message) {
  switch (message.action) {
    case AttributeMessage::Action::kAdd:
      return "add";
    case AttributeMessage::Action::kEdit:
      return "edit";
    case AttributeMessage::Action::kSoftDelete:
      return "soft_delete";
    case AttributeMessage::Action::kDelete:
      break;
  }
  return "delete";
}

std::string_view action_of(const EventMessage& message) {
  switch (message.action) {
    case EventMessage::Action::kAdd:
      return "add";
    case EventMessage::Action::kEdit:
      return "edit";
    case EventMessage::Action::kDelete:
      return "delete";
    case EventMessage::Action::kFromConnectedServer:
      break;
  }
  return "pulled";
}

std::string_view action_of(const TagMessage& message) {
  switch (message.action) {
    case TagMessage::Action::kAdd:
      return "add";
    case TagMessage::Action::kEdit:
      return "edit";
    case TagMessage::Action::kDelete:
      return "delete";
    case TagMessage::Action::kAttachedToAttribute:
    case TagMessage::Action::kAttachedToEvent:
      return "attach";
    case TagMessage::Action::kDetachedFromAttribute:
    case TagMessage::Action::kDetachedFromEvent:
      break;
  }
  return "detach";
}

struct Name {
  MessageKind operator()(const AttributeMessage& m) const { return {"attribute", action_of(m)}; }
  MessageKind operator()(const EventMessage& m) const { return {"event", action_of(m)}; }
  MessageKind operator()(const PublishMessage&) const { return {"event", "publish"}; }
  MessageKind operator()(const TagMessage& m) const { return {"tag", action_of(m)}; }
  MessageKind operator()(const SightingMessage& m) const {
    return {"sighting", m.action == SightingMessage::Action::kAdd ? "add" : "delete"};
  }
  MessageKind operator()(const WarninglistMessage&) const { return {"warninglist", "change"}; }
  MessageKind operator()(const Heartbeat&) const { return {"self", "heartbeat"}; }
  MessageKind operator()(const IgnoredMessage& m) const {
    return {"other", m.unknown_action ? "unknown_action" : "ignored"};
  }
};

}  // namespace

MessageKind kind_of(const FeedMessage& message) { return std::visit(Name{}, message); }

const std::vector<MessageKind>& all_message_kinds() {
  static const std::vector<MessageKind> kinds = {
      {"attribute", "add"},
      {"attribute", "edit"},
      {"attribute", "soft_delete"},
      {"attribute", "delete"},
      {"event", "add"},
      {"event", "edit"},
      {"event", "delete"},
      {"event", "publish"},
      {"event", "pulled"},
      {"tag", "add"},
      {"tag", "edit"},
      {"tag", "delete"},
      {"tag", "attach"},
      {"tag", "detach"},
      {"sighting", "add"},
      {"sighting", "delete"},
      {"warninglist", "change"},
      {"self", "heartbeat"},
      {"other", "ignored"},
      {"other", "unknown_action"},
  };
  return kinds;
}

}  // namespace misp_zeek
