// SPDX-License-Identifier: BSD-3-Clause
#include "search_filter.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "shapes.h"
#include "values.h"

namespace misp_zeek::misp_sim {
namespace {

/// JSON false and null are no filters.
bool is_filter(const Json& value) {
  return !value.is_null() && !(value.is_boolean() && !value.get<bool>());
}

TextFilter read_text(const Json& value) {
  TextFilter filter;
  if (value.is_object()) {
    for (const char* key : {"OR", "AND"}) {
      for (auto& text : as_texts(field(value, key))) filter.any.push_back(std::move(text));
    }
    filter.none = as_texts(field(value, "NOT"));
    return filter;
  }
  if (!is_filter(value)) return filter;
  for (auto& text : as_texts(value)) {
    if (text.starts_with('!')) {
      filter.none.push_back(text.substr(1));
    } else {
      filter.any.push_back(std::move(text));
    }
  }
  return filter;
}

/// 1, true, "1" and [1]: true; 0, "0", [0]: false; both or neither: no filter.
std::optional<bool> read_flag(const Json& value) {
  bool yes = false;
  bool no = false;
  for (const auto& text : as_texts(value)) {
    if (text == "0") {
      no = true;
    } else if (!text.empty()) {
      yes = true;
    }
  }
  return yes == no ? std::nullopt : std::optional(yes);
}

bool matches(std::string_view text, std::string_view pattern) {
  return pattern.find('%') == std::string_view::npos ? text == pattern : like(text, pattern);
}

std::set<Id> tags_like(const Database& db, std::string_view pattern) {
  std::set<Id> ids;
  for (const auto& [id, tag] : db.tags()) {
    if (matches(tag.name, pattern)) ids.insert(id);
  }
  return ids;
}

bool has_any(const std::vector<TagUse>& uses, const std::set<Id>& ids) {
  return std::any_of(uses.begin(), uses.end(),
                     [&](const TagUse& use) { return ids.contains(use.tag); });
}

}  // namespace

bool TextFilter::accepts(std::string_view text) const {
  const auto hit = [&](const std::string& pattern) { return matches(text, pattern); };
  return (any.empty() || std::any_of(any.begin(), any.end(), hit)) &&
         std::none_of(none.begin(), none.end(), hit);
}

bool TagFilter::accepts(const Attribute& attribute, const Event& event) const {
  const auto has = [&](const std::set<Id>& ids) {
    return has_any(attribute.tags, ids) || has_any(event.tags, ids);
  };
  return (!needs_any || has(any)) && std::all_of(all.begin(), all.end(), has) && !has(none);
}

SearchFilter::SearchFilter(const Json& filters, const Database& db, std::int64_t now) {
  read_flags(filters);
  type_ = read_text(field(filters, "type"));
  category_ = read_text(field(filters, "category"));
  object_relation_ = read_text(field(filters, "object_relation"));
  org_ = read_text(field(filters, "org"));
  threat_level_ = read_text(field(filters, "threat_level_id"));
  for (const auto& uuid : as_texts(field(filters, "uuid"))) {
    uuids_.insert(to_lower(uuid));
    if (const auto* event = db.event(uuid); event != nullptr && event->uuid == to_lower(uuid)) {
      uuid_events_.insert(event->id);  // of an event: all its attributes
    }
  }
  read_events(filters, db);
  read_tags(field(filters, "tags"), db);
  read_values(field(filters, "value"));
  time_ = read_time(field(filters, "timestamp"), now);
  attribute_time_ = read_time(field(filters, "attribute_timestamp"), now);
  event_time_ = read_time(field(filters, "event_timestamp"), now);
  publish_time_ = read_time(field(filters, "last"), now);
  if (is_filter(field(filters, "publish_timestamp"))) {
    publish_time_ = read_time(field(filters, "publish_timestamp"), now);
  }
  from_ = text_field(filters, "from").value_or("");
  to_ = text_field(filters, "to").value_or("");
}

void SearchFilter::read_flags(const Json& filters) {
  to_ids_ = read_flag(field(filters, "to_ids"));
  published_ = read_flag(field(filters, "published"));
  const auto texts = as_texts(field(filters, "deleted"));
  const auto set = [](const std::string& text) { return !text.empty() && text != "0"; };
  if (std::none_of(texts.begin(), texts.end(), set)) return;
  const bool both = std::find(texts.begin(), texts.end(), "0") != texts.end();
  deleted_ = both ? std::nullopt : std::optional(true);
}

void SearchFilter::read_events(const Json& filters, const Database& db) {
  for (auto& text : as_texts(field(filters, "eventid"))) {
    const bool negated = text.starts_with('!');
    const std::string name = negated ? text.substr(1) : text;
    const auto* event = db.event(name);
    const Id id = event != nullptr ? event->id : parse_id(name).value_or(0);
    (negated ? not_events_ : events_).insert(id);
    has_events_ = has_events_ || !negated;
  }
}

void SearchFilter::read_tags(const Json& tags, const Database& db) {
  if (!is_filter(tags)) return;
  tags_.active = true;
  const auto text = tags.is_object()
                        ? TextFilter{as_texts(field(tags, "OR")), as_texts(field(tags, "NOT"))}
                        : read_text(tags);
  for (const auto& pattern : text.any) {
    tags_.needs_any = true;
    tags_.any.merge(tags_like(db, pattern));
  }
  for (const auto& pattern : text.none) tags_.none.merge(tags_like(db, pattern));
  for (const auto& pattern : as_texts(field(tags, "AND"))) {
    tags_.all.push_back(tags_like(db, pattern));
  }
}

void SearchFilter::read_values(const Json& values) {
  if (!is_filter(values)) return;
  for (const auto& text : as_texts(values)) {
    if (!text.starts_with('!')) values_.push_back(to_lower(text));  // "!x" excludes nothing
  }
}

std::optional<TimeRange> SearchFilter::read_time(const Json& time, std::int64_t now) {
  if (!is_filter(time)) return std::nullopt;
  const auto texts = as_texts(time);
  TimeRange range;
  for (std::size_t i = 0; i < texts.size() && i < 2; ++i) {
    const auto seconds = parse_time(texts[i], now);
    if (!seconds) {
      nothing_ = true;
      return std::nullopt;
    }
    relative_ = relative_ || !parse_id(texts[i]);
    if (i == 0) {
      range.from = *seconds;
    } else {
      range.to = seconds;
    }
  }
  return range;
}

bool SearchFilter::accepts_event(const Event& event) const {
  if (published_ && event.published != *published_) return false;
  if (event_time_ && !event_time_->accepts(event.timestamp)) return false;
  if (publish_time_ && !publish_time_->accepts(event.publish_timestamp)) return false;
  if (!from_.empty() && event.date < from_) return false;
  if (!to_.empty() && event.date > to_) return false;
  return org_.accepts(kOrgName) && threat_level_.accepts(std::to_string(event.threat_level_id));
}

bool SearchFilter::accepts_value(const Attribute& attribute) const {
  if (values_.empty()) return true;
  const std::string value1 = to_lower(attribute.value1);
  const std::string value2 = to_lower(attribute.value2);
  return std::any_of(values_.begin(), values_.end(), [&](const std::string& pattern) {
    return matches(value1, pattern) || (!value2.empty() && matches(value2, pattern));
  });
}

bool SearchFilter::accepts(const Attribute& attribute, const Event& event) const {
  if (nothing_) return false;
  if (deleted_ && attribute.deleted != *deleted_) return false;
  if (to_ids_ && attribute.to_ids != *to_ids_) return false;
  if (has_events_ && !events_.contains(attribute.event_id)) return false;
  if (not_events_.contains(attribute.event_id)) return false;
  if (!uuids_.empty() && !uuids_.contains(attribute.uuid) &&
      !uuid_events_.contains(attribute.event_id)) {
    return false;
  }
  if (time_ && !time_->accepts(attribute.timestamp)) return false;
  if (attribute_time_ && !attribute_time_->accepts(attribute.timestamp)) return false;
  if (!type_.accepts(attribute.type) || !category_.accepts(attribute.category)) return false;
  if (!object_relation_.accepts(attribute.object_relation.value_or(""))) return false;
  if (!accepts_event(event) || !accepts_value(attribute)) return false;
  return !tags_.active || tags_.accepts(attribute, event);
}

}  // namespace misp_zeek::misp_sim
