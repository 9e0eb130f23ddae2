// SPDX-License-Identifier: BSD-3-Clause
#include "core/sync/set_writer.h"

#include <optional>

#include "core/base/text.h"

namespace misp_zeek {

bool SetWriter::accept(const Attribute& attribute, const Event& event) {
  auto& store = context_.store;
  const auto* known = store.find(attribute.uuid);
  const bool is_new = known == nullptr;
  const auto mapped = context_.mapping.map(attribute.type, attribute.value);
  const bool newly_rejected = !mapped && (is_new || known->reject != mapped.error());
  if (const auto expires = context_.filter.expires_at(attribute)) {
    const auto age = context_.filter.options().max_age.count();
    const bool watched = !is_new && known->timestamp + age >= context_.clock.age_now(context_.now);
    ages_.watch(attribute.uuid, *expires,
                watched ? std::optional(known->timestamp + age) : std::nullopt);
  }
  if (attribute.expires && context_.filter.honours_sighting(2, attribute.event_id)) {
    ages_.watch_expiration(attribute.uuid, *attribute.expires);
  }
  const bool changed = mapped ? store.upsert(attribute, event, *mapped)
                              : store.upsert(attribute, event, {}, mapped.error());
  on_settled_(attribute.uuid);
  if (newly_rejected) {
    tell(attribute, "rejected", to_string(mapped.error()));
  } else if (changed) {
    tell(attribute, is_new ? "added" : "changed", "");
  }
  return changed;
}

bool SetWriter::withdraw(const Uuid& uuid, std::string_view reason) {
  if (const auto* known = context_.store.find(uuid)) {
    Attribute attribute;
    attribute.uuid = uuid;
    attribute.event_id = known->event_id;
    attribute.type = context_.store.type_name(*known);
    attribute.value = known->entries.empty() ? "" : known->entries.front().first->key.indicator;
    tell(attribute, "removed", reason);
  }
  on_settled_(uuid);
  return context_.store.withdraw(uuid);
}

std::size_t SetWriter::withdraw_event(std::uint64_t event_id, std::string_view reason) {
  const auto* event = context_.store.event(event_id);
  if (event == nullptr) {
    return 0;
  }
  const std::size_t count = event->attributes.size();
  Attribute all;
  all.event_id = event_id;
  tell(all, "removed", reason);
  for (const auto& uuid : context_.store.attributes_of(event_id)) {
    on_settled_(uuid);
  }
  context_.store.withdraw_event(event_id);
  return count;
}

void SetWriter::tell(const Attribute& attribute, std::string_view outcome,
                     std::string_view reason) {
  // The first read is no change.
  if (context_.status.bootstrapped) {
    context_.decisions.add(
        {context_.now.unix_seconds, attribute.uuid, attribute.event_id, attribute.type,
         text::short_line(attribute.value, DecisionLog::kMaxValue), outcome, reason});
  }
}

bool SetWriter::must_be_shown(const Uuid& uuid, SteadyMs asked) const {
  const auto* watermark = context_.watermarks.find(uuid);
  return context_.store.find(uuid) != nullptr &&
         (watermark == nullptr || watermark->shown ||
          watermark->at + context_.options.commit_grace < asked);
}

bool SetWriter::row_is_stale(const Attribute& row, SteadyMs asked) const {
  const auto* watermark = context_.watermarks.find(row.uuid);
  if (watermark == nullptr || !context_.touched(row.uuid, asked)) {
    return false;
  }
  const bool older = row.timestamp < watermark->timestamp ||
                     (row.timestamp == watermark->timestamp &&
                      FeedWatermarks::content_of(row) != watermark->content);
  return watermark->gone || watermark->at >= asked || older;
}

void SetWriter::take_row(const AttributeRow& row, SteadyMs asked, Cause cause) {
  const Attribute& attribute = row.attribute;
  if (context_.watermarks.tombstone(attribute.event_id)) {
    return;
  }
  const bool known = context_.store.find(attribute.uuid) != nullptr;
  const SteadyMs later = context_.time() + context_.options.commit_grace;
  if (row_is_stale(attribute, asked)) {
    // A message that could not be judged is newer than the row, but the row is what MISP has now.
    const bool undecided = !known && !context_.watermarks.find(attribute.uuid)->gone &&
                           lookups_.find(attribute.uuid) != nullptr;
    lookups_.ask(attribute.uuid, attribute.event_id, 0, later);
    if (!undecided) {
      return;
    }
  }
  const auto judgement =
      context_.filter.judge_row(attribute, row.event, context_.clock.age_now(context_.now));
  Drift drift;
  if (judgement.verdict != Verdict::kAccept || !context_.mapping.knows(attribute.type)) {
    if (known && context_.touched(attribute.uuid, asked)) {
      // A message has just said otherwise; the row may be from before its commit.
      lookups_.ask(attribute.uuid, attribute.event_id, 0, later);
      return;
    }
    const auto reason =
        judgement.verdict == Verdict::kReject ? judgement.reason : FilterReason::kType;
    drift.removed = withdraw(attribute.uuid, to_string(reason)) ? 1 : 0;
  } else if (accept(attribute, row.event)) {
    ++(known ? drift.changed : drift.added);
  }
  context_.note_drift(cause, drift);
}

void SetWriter::expire() {
  if (!context_.clock.trusted()) {
    return;
  }
  const UnixSeconds now = context_.clock.age_now(context_.now);
  const auto& filter = context_.filter;
  while (const auto uuid = ages_.next_aged(now)) {
    const auto* attribute = context_.store.find(*uuid);
    if (attribute == nullptr || filter.is_fixed_event(attribute->event_id)) {
      continue;
    }
    const UnixSeconds expires = attribute->timestamp + filter.options().max_age.count();
    if (expires < now) {
      ++context_.counters.filtered[FilterReason::kTooOld];
      withdraw(*uuid, to_string(FilterReason::kTooOld));
    } else {
      ages_.watch(*uuid, expires, std::nullopt);
    }
  }
  while (const auto uuid = ages_.next_expired(now)) {
    // The expiration may have been withdrawn or put off since.
    if (const auto* attribute = context_.store.find(*uuid)) {
      lookups_.ask(*uuid, attribute->event_id, 0, context_.time());
    }
  }
}

void SetWriter::watch_ages(bool too_old) {
  ages_.clear_ages();
  for (const auto& [uuid, attribute] : context_.store.attributes()) {
    Attribute aged;
    aged.event_id = attribute.event_id;
    aged.timestamp = attribute.timestamp;
    const auto expires = context_.filter.expires_at(aged);
    if (expires && (too_old || *expires >= context_.clock.age_now(context_.now))) {
      ages_.watch(uuid, *expires, std::nullopt);
    }
  }
}

}  // namespace misp_zeek
