// SPDX-License-Identifier: BSD-3-Clause
#include "model/operations.h"

#include <algorithm>
#include <charconv>
#include <random>

namespace misp_zeek::model {
namespace {

bool says(const Step& step, const std::string& word) {
  return std::find(step.args.begin(), step.args.end(), word) != step.args.end();
}

std::uint64_t number(const std::string& text, std::uint64_t fallback) {
  std::uint64_t value = fallback;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

Distribution level(const Step& step) {
  return static_cast<Distribution>(
      number(step.arg(1), static_cast<std::uint64_t>(Distribution::kAll)));
}

}  // namespace

Uuid Operations::uuid(const std::string& label) const {
  std::seed_seq seeds{seed_, static_cast<std::uint32_t>(label.front()),
                      static_cast<std::uint32_t>(number(label.substr(1), 0))};
  std::mt19937 random(seeds);
  Uuid result;
  for (auto& byte : result.bytes) {
    byte = static_cast<std::uint8_t>(random());
  }
  return result;
}

std::optional<std::uint64_t> Operations::event(const std::string& label) const {
  const auto it = events_.find(label);
  const auto& live = misp_.live().events;
  const auto known = it == events_.end() ? live.end() : live.find(it->second);
  // After a backup was put back, the id may be another event's.
  return known == live.end() || known->second.event.uuid != uuid(label)
             ? std::nullopt
             : std::optional(known->first);
}

std::optional<std::uint64_t> Operations::attribute(const std::string& label) const {
  const auto it = attributes_.find(label);
  const auto& live = misp_.live().attributes;
  const auto known = it == attributes_.end() ? live.end() : live.find(it->second);
  return known == live.end() || known->second.attribute.uuid != uuid(label)
             ? std::nullopt
             : std::optional(known->first);
}

std::optional<std::vector<FeedMessage>> Operations::carry_out(const Step& step, std::int64_t now) {
  const std::string& verb = step.verb;
  if (step.args.empty()) {
    return std::nullopt;
  }
  if ((verb.ends_with(".add") || verb.ends_with("fast_add")) &&
      verb.find("list.") == std::string::npos) {
    return add(step, now);
  }
  if (verb == "tag.delete") {
    return misp_.delete_tag(step.arg(0)).messages;
  }
  if (verb == "tag.merge") {
    return misp_.merge_tag(step.arg(0), step.arg(1)).messages;
  }
  if (verb == "warninglist.delete") {
    misp_.delete_warninglist();
    return Messages{};
  }
  if (verb == "allowedlist.add" || verb == "allowedlist.remove") {
    misp_.allow_value(step.arg(0), verb == "allowedlist.add");
    return Messages{};
  }
  if (verb == "warninglist.add" || verb == "warninglist.remove") {
    return misp_.list_value(step.arg(0), verb == "warninglist.add").messages;
  }
  if (verb.starts_with("event.")) {
    const auto id = event(step.arg(0));
    return id ? on_event(step, *id, now) : std::nullopt;
  }
  if (verb.starts_with("attribute.")) {
    const auto id = attribute(step.arg(0));
    if (!id) {
      return std::nullopt;
    }
    const bool deleted = misp_.live().attributes.at(*id).attribute.deleted;
    if (deleted != (verb == "attribute.restore") && verb != "attribute.delete" &&
        verb != "attribute.sql_delete") {
      return std::nullopt;  // MISP answers 404
    }
    auto messages = on_deletion(step, *id, now);
    return messages ? messages : on_attribute(step, *id, now);
  }
  return std::nullopt;
}

std::optional<FeedMessage> Operations::forge(const Step& step, std::int64_t now) const {
  const auto& live = misp_.live();
  const std::string& kind = step.arg(0);
  if (kind == "delete") {
    const auto id = attribute(step.arg(1));
    return id ? std::optional<FeedMessage>(AttributeMessage{AttributeMessage::Action::kDelete,
                                                            live.attributes.at(*id).attribute,
                                                            std::nullopt})
              : std::nullopt;
  }
  const auto id = event(step.arg(kind == "add" ? 2 : 1));
  if (!id) {
    return std::nullopt;
  }
  const Event& owner = live.events.at(*id).event;
  if (kind == "publish") {
    return PublishMessage{owner, {}};
  }
  if (kind == "delete_event") {
    return EventMessage{EventMessage::Action::kDelete, owner};
  }
  AttributeMessage add{AttributeMessage::Action::kAdd, {}, owner};
  add.attribute.uuid = uuid(step.arg(1));
  add.attribute.id = live.next_attribute + 1'000'000;
  add.attribute.event_id = *id;
  add.attribute.type = step.arg(3);
  add.attribute.value = step.arg(4);
  add.attribute.to_ids = true;
  add.attribute.timestamp = now;
  add.attribute.distribution = Distribution::kInherit;
  return add;
}

std::optional<Operations::Messages> Operations::add(const Step& step, std::int64_t now) {
  const std::string& label = step.arg(0);
  if (step.verb == "event.add" && !event(label)) {
    events_[label] = misp_.live().next_event;
    return misp_.add_event(uuid(label), number(step.arg(1), 1), now).messages;
  }
  const auto owner = event(step.arg(1));
  if (!step.verb.starts_with("attribute") || !owner || attribute(label) || step.args.size() < 4) {
    return std::nullopt;
  }
  attributes_[label] = misp_.live().next_attribute;
  if (step.verb == "attribute.fast_add") {
    return misp_.fast_add(uuid(label), *owner, step.arg(2), step.arg(3), says(step, "to_ids"), now)
        .messages;
  }
  return misp_
      .add_attribute(uuid(label), *owner, step.arg(2), step.arg(3), says(step, "to_ids"), now)
      .messages;
}

std::optional<Operations::Messages> Operations::on_event(const Step& step, std::uint64_t event,
                                                         std::int64_t now) {
  const std::string& verb = step.verb;
  if (verb == "event.delete") {
    return misp_.delete_event(event).messages;
  }
  if (verb == "event.publish") {
    return misp_.publish(event, now).messages;
  }
  if (verb == "event.unpublish") {
    return misp_.unpublish(event).messages;
  }
  if (verb == "event.info") {
    return misp_.edit_info(event, step.arg(1), now).messages;
  }
  if (verb == "event.tag" || verb == "event.untag") {
    return misp_.tag_event(event, step.arg(1), verb == "event.tag", now).messages;
  }
  if (verb == "event.sql_delete") {
    misp_.sql_delete_event(event);
    return Messages{};
  }
  if (verb == "event.join" || verb == "event.leave") {
    misp_.join_group(event, verb == "event.join");
    return Messages{};
  }
  if (verb == "event.distribute") {
    return misp_.distribute_event(event, level(step), says(step, "member"), now).messages;
  }
  return std::nullopt;
}

std::optional<Operations::Messages> Operations::on_deletion(const Step& step,
                                                            std::uint64_t attribute,
                                                            std::int64_t now) {
  const std::string& verb = step.verb;
  if (verb == "attribute.soft_delete") {
    return misp_.soft_delete(attribute, says(step, "sanitise"), says(step, "twice"), now).messages;
  }
  if (verb == "attribute.delete") {
    return misp_.hard_delete(attribute, now).messages;
  }
  if (verb == "attribute.fast_delete") {
    return misp_.fast_delete(attribute, now).messages;
  }
  if (verb == "attribute.restore") {
    return misp_.restore(attribute, now).messages;
  }
  if (verb == "attribute.sql_delete") {
    misp_.sql_delete(attribute);
    return Messages{};
  }
  return std::nullopt;
}

std::optional<Operations::Messages> Operations::on_attribute(const Step& step,
                                                             std::uint64_t attribute,
                                                             std::int64_t now) {
  const std::string& verb = step.verb;
  if (verb == "attribute.value") {
    return misp_.edit_value(attribute, step.arg(1), now).messages;
  }
  if (verb == "attribute.fast") {
    return misp_.fast_update(attribute, step.arg(1), says(step, "to_ids"), now).messages;
  }
  if (verb == "attribute.to_ids") {
    return misp_.set_to_ids(attribute, says(step, "on"), now).messages;
  }
  if (verb == "attribute.touch") {
    return misp_.touch(attribute, now).messages;
  }
  if (verb == "attribute.tag" || verb == "attribute.untag") {
    return misp_.tag_attribute(attribute, step.arg(1), verb == "attribute.tag", now).messages;
  }
  if (verb == "attribute.distribute") {
    return misp_.distribute_attribute(attribute, level(step), says(step, "member"), now).messages;
  }
  if (verb == "attribute.false_positive") {
    return misp_.false_positive(attribute, says(step, "withdrawn"), now).messages;
  }
  if (verb == "attribute.expire") {
    const auto date = now + static_cast<std::int64_t>(number(step.arg(1), 0));
    return misp_
        .expire(attribute, says(step, "withdrawn") ? std::nullopt : std::optional(date), now)
        .messages;
  }
  if (verb == "attribute.sql_to_ids") {
    misp_.sql_set_to_ids(attribute, says(step, "on"));
    return Messages{};
  }
  return std::nullopt;
}

}  // namespace misp_zeek::model
