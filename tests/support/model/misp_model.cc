// SPDX-License-Identifier: BSD-3-Clause
#include "model/misp_model.h"

#include <algorithm>
#include <utility>

namespace misp_zeek::model {
Event MispModel::message_event(std::uint64_t id) const {
  Event event = live_.events.at(id).event;
  event.timestamp.reset();
  event.publish_timestamp.reset();
  return event;
}

FeedMessage MispModel::attribute_message(AttributeMessage::Action action, const ModelAttribute& row,
                                         bool with_tags, bool was_published) const {
  AttributeMessage message{action, row.attribute, std::nullopt};
  if (action != AttributeMessage::Action::kDelete) {
    message.event = message_event(row.attribute.event_id);
    message.event->published = was_published;
  }
  if (with_tags) {
    message.attribute.tags = std::vector<std::string>(row.tags.begin(), row.tags.end());
  }
  return message;
}

bool MispModel::unpublish_silently(std::uint64_t event, std::int64_t now) {
  auto& owner = live_.events.at(event).event;
  const bool was = owner.published == true;
  owner.published = false;
  owner.timestamp = now;
  return was;
}

MispModel::Outcome MispModel::add_event(const Uuid& uuid, std::uint64_t org, std::int64_t now) {
  ModelEvent event;
  event.event.id = live_.next_event++;
  event.event.uuid = uuid;
  event.event.info = "event " + std::to_string(event.event.id);
  event.event.published = false;
  event.event.timestamp = now;
  event.event.publish_timestamp = 0;
  event.event.org_id = org;
  event.event.orgc_id = org;
  event.event.distribution = Distribution::kAll;
  live_.events[event.event.id] = event;
  return {{EventMessage{EventMessage::Action::kAdd, event.event}}};
}

MispModel::Outcome MispModel::add_attribute(const Uuid& uuid, std::uint64_t event, std::string type,
                                            std::string value, bool to_ids, std::int64_t now) {
  ModelAttribute row;
  row.attribute.id = live_.next_attribute++;
  row.attribute.uuid = uuid;
  row.attribute.event_id = event;
  row.attribute.type = std::move(type);
  row.attribute.value = std::move(value);
  row.attribute.to_ids = to_ids;
  row.attribute.timestamp = now;
  row.attribute.distribution = Distribution::kInherit;
  live_.attributes[row.attribute.id] = row;
  const bool was = unpublish_silently(event, now);
  return {{attribute_message(AttributeMessage::Action::kAdd, row, false, was)}};
}

void MispModel::roll_back(State before) {
  before.next_attribute = live_.next_attribute;
  before.next_event = live_.next_event;
  live_ = std::move(before);
}

MispModel::Outcome MispModel::distribute_event(std::uint64_t event, Distribution distribution,
                                               bool member, std::int64_t now) {
  auto& owner = live_.events.at(event);
  owner.event.distribution = distribution;
  owner.member = member;
  owner.event.timestamp = now;
  owner.event.published = false;
  return {{EventMessage{EventMessage::Action::kEdit, owner.event}}};
}

MispModel::Outcome MispModel::distribute_attribute(std::uint64_t attribute,
                                                   Distribution distribution, bool member,
                                                   std::int64_t now) {
  auto& row = live_.attributes.at(attribute);
  row.attribute.distribution = distribution;
  row.member = member;
  return edited(row, AttributeMessage::Action::kEdit, now);
}

MispModel::Outcome MispModel::delete_tag(const std::string& tag) {
  Outcome outcome{{TagMessage{TagMessage::Action::kDelete, tag, 0, 0}}};
  for (auto& [id, row] : live_.attributes) {
    if (row.tags.erase(tag) > 0) {
      outcome.messages.emplace_back(
          TagMessage{TagMessage::Action::kDetachedFromAttribute, tag, id, row.attribute.event_id});
    }
  }
  for (auto& [id, event] : live_.events) {
    if (event.tags.erase(tag) > 0) {
      outcome.messages.emplace_back(TagMessage{TagMessage::Action::kDetachedFromEvent, tag, 0, id});
    }
  }
  return outcome;
}

MispModel::Outcome MispModel::list_value(const std::string& value, bool listed) {
  if (listed) {
    live_.warninglist.insert(value);
  } else {
    live_.warninglist.erase(value);
  }
  return {{WarninglistMessage{}}};
}

MispModel::Outcome MispModel::edited(ModelAttribute& row, AttributeMessage::Action action,
                                     std::int64_t now) {
  row.attribute.timestamp = now;
  const bool was = unpublish_silently(row.attribute.event_id, now);
  return {{attribute_message(action, row, true, was)}};
}

MispModel::Outcome MispModel::edit_value(std::uint64_t attribute, std::string value,
                                         std::int64_t now) {
  auto& row = live_.attributes.at(attribute);
  row.attribute.value = std::move(value);
  return edited(row, AttributeMessage::Action::kEdit, now);
}

MispModel::Outcome MispModel::set_to_ids(std::uint64_t attribute, bool to_ids, std::int64_t now) {
  auto& row = live_.attributes.at(attribute);
  row.attribute.to_ids = to_ids;
  return edited(row, AttributeMessage::Action::kEdit, now);
}

MispModel::Outcome MispModel::touch(std::uint64_t attribute, std::int64_t now) {
  return edited(live_.attributes.at(attribute), AttributeMessage::Action::kEdit, now);
}

MispModel::Outcome MispModel::soft_delete(std::uint64_t attribute, bool sanitise, bool twice,
                                          std::int64_t now) {
  auto& row = live_.attributes.at(attribute);
  row.attribute.deleted = true;
  Outcome outcome;
  if (twice) {
    outcome = edited(row, AttributeMessage::Action::kSoftDelete, now);
  }
  if (sanitise) {
    row.attribute.type = "comment";
    row.attribute.value = "deleted";
    row.attribute.to_ids = false;
  }
  auto last = edited(row, AttributeMessage::Action::kSoftDelete, now);
  outcome.messages.push_back(std::move(last.messages.front()));
  return outcome;
}

MispModel::Outcome MispModel::hard_delete(std::uint64_t attribute, std::int64_t now) {
  const ModelAttribute row = live_.attributes.at(attribute);
  live_.attributes.erase(attribute);
  unpublish_silently(row.attribute.event_id, now);
  Outcome outcome{{attribute_message(AttributeMessage::Action::kDelete, row, false, false)}};
  for (const auto& tag : row.tags) {
    outcome.messages.emplace_back(TagMessage{TagMessage::Action::kDetachedFromAttribute, tag,
                                             attribute, row.attribute.event_id});
  }
  return outcome;
}

MispModel::Outcome MispModel::restore(std::uint64_t attribute, std::int64_t now) {
  auto& row = live_.attributes.at(attribute);
  row.attribute.deleted = false;
  auto outcome = edited(row, AttributeMessage::Action::kEdit, now);
  outcome.messages.emplace_back(
      EventMessage{EventMessage::Action::kEdit, live_.events.at(row.attribute.event_id).event});
  return outcome;
}

MispModel::Outcome MispModel::delete_event(std::uint64_t event) {
  const Event gone = live_.events.at(event).event;
  live_.events.erase(event);
  std::erase_if(live_.attributes,
                [&](const auto& item) { return item.second.attribute.event_id == event; });
  return {{EventMessage{EventMessage::Action::kDelete, gone}}};
}

MispModel::Outcome MispModel::publish(std::uint64_t event, std::int64_t now) {
  auto& owner = live_.events.at(event).event;
  PublishMessage message{owner, {}};
  for (const auto& [id, row] : live_.attributes) {
    if (row.attribute.event_id == event && !row.attribute.deleted) {
      message.attributes.push_back(row.attribute);
      message.attributes.back().false_positives = 0;
      message.attributes.back().expires.reset();
      message.attributes.back().tags = std::vector<std::string>(row.tags.begin(), row.tags.end());
    }
  }
  owner.published = true;
  owner.publish_timestamp = now;
  return {{std::move(message)}};
}

MispModel::Outcome MispModel::unpublish(std::uint64_t event) {
  auto& owner = live_.events.at(event).event;
  owner.published = false;
  return {{EventMessage{EventMessage::Action::kEdit, owner}}};
}

MispModel::Outcome MispModel::edit_info(std::uint64_t event, std::string info, std::int64_t now) {
  auto& owner = live_.events.at(event).event;
  owner.info = std::move(info);
  owner.timestamp = now;
  owner.published = false;
  return {{EventMessage{EventMessage::Action::kEdit, owner}}};
}

MispModel::Outcome MispModel::tag_attribute(std::uint64_t attribute, const std::string& tag,
                                            bool attach, std::int64_t now) {
  auto& row = live_.attributes.at(attribute);
  const auto event = row.attribute.event_id;
  if (attach) {
    row.tags.insert(tag);
    auto edit = edited(row, AttributeMessage::Action::kEdit, now);
    Outcome outcome{{TagMessage{TagMessage::Action::kAttachedToAttribute, tag, attribute, event}}};
    outcome.messages.push_back(std::move(edit.messages.front()));
    return outcome;
  }
  row.tags.erase(tag);  // neither a timestamp nor the publication moves
  return {{TagMessage{TagMessage::Action::kDetachedFromAttribute, tag, attribute, event}}};
}

MispModel::Outcome MispModel::tag_event(std::uint64_t event, const std::string& tag, bool attach,
                                        std::int64_t now) {
  auto& owner = live_.events.at(event);
  if (attach) {
    owner.tags.insert(tag);
  } else {
    owner.tags.erase(tag);
  }
  unpublish_silently(event, now);
  return {{TagMessage{
      attach ? TagMessage::Action::kAttachedToEvent : TagMessage::Action::kDetachedFromEvent, tag,
      0, event}}};
}

FeedMessage MispModel::sighting_message(const ModelAttribute& row, int type, bool withdrawn,
                                        std::int64_t date) {
  return SightingMessage{
      withdrawn ? SightingMessage::Action::kDelete : SightingMessage::Action::kAdd,
      row.attribute.uuid,
      row.attribute.event_id,
      type,
      "analyst",
      date};
}

MispModel::Outcome MispModel::false_positive(std::uint64_t attribute, bool withdrawn,
                                             std::int64_t now) {
  auto& row = live_.attributes.at(attribute);
  if (withdrawn && row.attribute.false_positives == 0) {
    return {};
  }
  row.attribute.false_positives += withdrawn ? -1U : 1U;
  return {{sighting_message(row, 1, withdrawn, now)}};
}

MispModel::Outcome MispModel::expire(std::uint64_t attribute, std::optional<std::int64_t> date,
                                     std::int64_t now) {
  auto& row = live_.attributes.at(attribute);
  row.attribute.expires = date;
  return {{sighting_message(row, 2, !date, date.value_or(now))}};
}

MispModel::Outcome MispModel::fast_update(std::uint64_t attribute, std::string value, bool to_ids,
                                          std::int64_t now) {
  auto& row = live_.attributes.at(attribute);
  row.attribute.value = std::move(value);
  row.attribute.to_ids = to_ids;
  row.attribute.timestamp = now;
  return fast(row.attribute.event_id, now);
}

MispModel::Outcome MispModel::fast(std::uint64_t event, std::int64_t now) {
  unpublish_silently(event, now);
  return {{EventMessage{EventMessage::Action::kEdit, live_.events.at(event).event}}};
}

MispModel::Outcome MispModel::fast_add(const Uuid& uuid, std::uint64_t event, std::string type,
                                       std::string value, bool to_ids, std::int64_t now) {
  add_attribute(uuid, event, std::move(type), std::move(value), to_ids, now);
  return fast(event, now);
}

MispModel::Outcome MispModel::fast_delete(std::uint64_t attribute, std::int64_t now) {
  auto& row = live_.attributes.at(attribute);
  row.attribute.deleted = true;
  row.attribute.timestamp = now;
  return fast(row.attribute.event_id, now);
}

MispModel::Outcome MispModel::merge_tag(const std::string& tag, const std::string& into) {
  for (auto& [id, row] : live_.attributes) {
    if (row.tags.erase(tag) > 0) {
      row.tags.insert(into);
    }
  }
  for (auto& [id, event] : live_.events) {
    if (event.tags.erase(tag) > 0) {
      event.tags.insert(into);
    }
  }
  return {{TagMessage{TagMessage::Action::kDelete, tag, 0, 0}}};
}

void MispModel::allow_value(const std::string& value, bool listed) {
  if (listed) {
    live_.allowedlist.insert(value);
  } else {
    live_.allowedlist.erase(value);
  }
}

void MispModel::sql_delete_event(std::uint64_t event) { delete_event(event); }

void MispModel::join_group(std::uint64_t event, bool member) {
  live_.events.at(event).member = member;
}

void MispModel::sql_delete(std::uint64_t attribute) { live_.attributes.erase(attribute); }

void MispModel::sql_set_to_ids(std::uint64_t attribute, bool to_ids) {
  live_.attributes.at(attribute).attribute.to_ids = to_ids;
}

}  // namespace misp_zeek::model
