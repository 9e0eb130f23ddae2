// SPDX-License-Identifier: BSD-3-Clause
#include "core/sync/presence_check.h"

#include <algorithm>
#include <utility>

namespace misp_zeek {
namespace {

/// Until an attribute that MISP has, and its searches do not show, is asked for again.
constexpr SteadyMs kPause = 5'000;

}  // namespace

std::optional<RestCall> PresenceCheck::next_call() {
  if (asked_) {
    return std::nullopt;
  }
  for (const auto& [uuid, open] : open_) {
    const auto* attribute = context_.store.find(uuid);
    const auto* event = events_.find(attribute->event_id);
    const bool read = event != nullptr && event->freshness == EventState::Freshness::kReading;
    if (open.due > context_.time() || read || lookups_.find(uuid) != nullptr) {
      continue;
    }
    asked_ = uuid;
    if (open.step == Step::kPresence) {
      return PresenceCall{uuid};
    }
    SearchCall call;
    call.search.uuids = {uuid};
    if (open.step == Step::kUnfiltered) {
      call.search.apply_filter = false;
      call.search.any_type = true;
    } else if (context_.filter.is_fixed_event(attribute->event_id)) {
      call.search.apply_filter = false;
      call.search.fixed_events = true;
    }
    return call;
  }
  return std::nullopt;
}

void PresenceCheck::on_error(SteadyMs retry_at) {
  const auto uuid = std::exchange(asked_, std::nullopt);
  const auto it = uuid ? open_.find(*uuid) : open_.end();
  if (it != open_.end()) {
    it->second.step = Step::kPresence;   // what was shown before the error is old
    it->second.due = retry_at + kPause;  // other calls may fare better
  }
}

std::optional<PresenceCheck::Finding> PresenceCheck::on_reply(const RestReply& reply) {
  const auto uuid = std::exchange(asked_, std::nullopt);
  const auto it = uuid ? open_.find(*uuid) : open_.end();
  if (it == open_.end()) {
    return std::nullopt;  // a message has told meanwhile
  }
  if (const auto* presence = std::get_if<Presence>(&reply.body)) {
    if (!presence->present) {
      return Finding{*uuid, Verdict::kGone};
    }
    it->second.step = Step::kUnfiltered;
    it->second.due = context_.time();
    return std::nullopt;
  }
  const auto verdict = on_shown(*uuid, it->second, std::get<AttributeReply>(reply.body));
  return verdict ? std::optional(Finding{*uuid, *verdict}) : std::nullopt;
}

std::optional<PresenceCheck::Verdict> PresenceCheck::on_shown(const Uuid& uuid, Open& open,
                                                              const AttributeReply& reply) {
  const bool found = std::any_of(reply.rows.begin(), reply.rows.end(),
                                 [&](const auto& row) { return row.attribute.uuid == uuid; });
  if (open.step == Step::kFiltered) {
    if (found) {
      return Verdict::kShown;
    }
    if (reply.skipped.empty()) {
      return Verdict::kGone;
    }
    open = {Step::kPresence, context_.time() + kPause, open.attempts};
    return std::nullopt;
  }
  if (found || !reply.skipped.empty()) {
    open.step = Step::kFiltered;
    open.due = context_.time();
    return std::nullopt;
  }
  if (reply.hidden > 0) {
    return Verdict::kHidden;
  }
  context_.status.rest_error =
      "MISP has attribute " + uuid.str() + ", but its search does not show it";
  context_.status.rest_error_since = context_.status.rest_error_since.value_or(context_.time());
  const SteadyMs pause = kPause << std::min(open.attempts, 6);
  open = {Step::kPresence, context_.time() + pause, open.attempts + 1};
  return std::nullopt;
}

std::optional<SteadyMs> PresenceCheck::next_due() const {
  std::optional<SteadyMs> due;
  if (!asked_) {
    for (const auto& [uuid, open] : open_) {
      due = due ? std::min(*due, open.due) : open.due;
    }
  }
  return due;
}

void PresenceCheck::clear() {
  open_.clear();
  asked_.reset();
}

}  // namespace misp_zeek
