// SPDX-License-Identifier: BSD-3-Clause
#include "core/sync/event_check.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace misp_zeek {
namespace {

constexpr std::size_t kEventsPerRequest = 500;
constexpr SteadyMs kPause = 1'000;
/// The last one comes when what messages told meanwhile is committed and can be a sentinel.
constexpr int kAttempts = 3;
constexpr int kCandidates = 2'000;

}  // namespace

void EventCheck::missing(std::uint64_t id, Cause cause, bool in_round) {
  const auto [it, is_new] = checks_.try_emplace(id);
  if (is_new) {
    it->second.cause = cause;
    it->second.due = context_.time();
  }
  it->second.in_round |= in_round;
}

void EventCheck::announced(std::uint64_t id, SteadyMs due) {
  Check& check = checks_[id];
  check.cause = Cause::kMessage;
  check.announced = true;
  check.due = due;
}

void EventCheck::look(std::uint64_t id, SteadyMs due, SteadyMs again) {
  const auto [it, is_new] = checks_.try_emplace(id);
  Check& check = it->second;
  if (is_new) {
    check.cause = Cause::kMessage;
    check.due = due;
    check.again = again;
  } else {
    // What is due earlier may be too early for this.
    check.again = std::max({check.again, again, check.due < due ? due : 0});
    check.due = std::min(check.due, due);
  }
}

bool EventCheck::replace_reused(const EventIndexRow& row, Cause cause) {
  const auto* known = events_.find(row.id);
  const auto* stored = context_.store.event(row.id);
  const bool other_row =
      known != nullptr && known->row.timestamp != 0 && known->row.uuid != row.uuid;
  const bool other_stored = stored != nullptr && stored->uuid && *stored->uuid != row.uuid;
  if (other_stored) {
    const std::size_t removed = writer_.withdraw_event(row.id, "event_deleted");
    context_.note_drift(cause, Drift{0, 0, removed});
  }
  // Where messages of the new event were heard already, its read tells what is left of the old one.
  if (other_row) {
    events_.erase(row.id);
  }
  return other_row || other_stored;
}

std::optional<std::uint64_t> EventCheck::choose_sentinel() const {
  int looked_at = 0;
  for (const auto& [id, state] : events_.events()) {
    if (++looked_at > kCandidates) {
      break;
    }
    if (state.listed && !checks_.contains(id) && !context_.watermarks.tombstone(id)) {
      return id;
    }
  }
  for (const auto& [uuid, attribute] : context_.store.attributes()) {
    if (++looked_at > 2 * kCandidates) {
      break;
    }
    const auto id = attribute.event_id;
    if (!checks_.contains(id) && !absences_.contains(uuid) &&
        !context_.touched(uuid, context_.time())) {
      return id;  // MISP showed an attribute of it
    }
  }
  return std::nullopt;
}

std::optional<RestCall> EventCheck::next_call() {
  if (!batch_.empty()) {
    return std::nullopt;
  }
  for (const auto& [id, check] : checks_) {
    const auto* state = events_.find(id);
    const bool read = state != nullptr && state->freshness == EventState::Freshness::kReading;
    if (check.due <= context_.time() && !read && batch_.size() < kEventsPerRequest) {
      batch_.push_back(id);
    }
  }
  if (batch_.empty()) {
    return std::nullopt;
  }
  EventCall call{batch_};
  sentinel_ = choose_sentinel();
  if (sentinel_) {
    call.ids.push_back(*sentinel_);
  }
  return call;
}

void EventCheck::on_reply(const EventDetails& reply, SteadyMs asked) {
  std::unordered_map<std::uint64_t, const EventDetail*> shown;
  for (const auto& detail : reply.events) {
    shown[detail.row.id] = &detail;
  }
  for (const auto id : std::exchange(batch_, {})) {
    const auto it = checks_.find(id);
    if (it == checks_.end() || it->second.due > asked) {
      continue;  // told again meanwhile
    }
    const Check check = it->second;
    const auto* state = events_.find(id);
    const bool young = state != nullptr && state->heard + context_.options.commit_grace >= asked;
    if (young && !check.announced && !shown.contains(id)) {
      it->second.due = context_.time() + context_.options.commit_grace;
      continue;  // a message told of it: it may not be committed yet
    }
    checks_.erase(it);
    if (check.again > asked) {
      Check& later = checks_[id];
      later = check;
      later.due = check.again;
      later.in_round = false;
    }
    if (const auto found = shown.find(id); found != shown.end()) {
      on_shown(*found->second, check, asked);
    } else if (!shown.empty()) {
      on_gone(id, check);
    } else {
      on_unproven(id, check);
    }
  }
}

void EventCheck::on_shown(const EventDetail& detail, const Check& check, SteadyMs asked) {
  const auto id = detail.row.id;
  const auto* state = events_.find(id);
  const bool other = state != nullptr && state->row.timestamp != 0 && state->row != detail.row;
  const bool unread = state == nullptr || state->read_until == 0;
  context_.watermarks.drop_tombstone(id);
  const bool hides = context_.filter.options().published == PublishedMode::kPublished &&
                     !detail.row.published && !context_.filter.is_fixed_event(id);
  const bool young = state != nullptr && state->heard + context_.options.commit_grace >= asked;
  if (replace_reused(detail.row, check.cause)) {
    state = events_.find(id);
  } else if (hides && !young) {
    const auto removed = writer_.withdraw_event(id, to_string(FilterReason::kUnpublished));
    context_.note_drift(check.cause, Drift{0, 0, removed});
  }
  const bool same_publication = state != nullptr && state->row.published == detail.row.published;
  events_.show(detail.row);
  events_.get(id).checked = context_.time();
  if (hides && !young) {
    events_.skip(id, 0);
  } else if (other || unread || check.announced || check.in_round) {
    const SteadyMs now = context_.time();
    const bool whole = !same_publication || unread || check.cause != Cause::kMessage;
    events_.mark(id, {Lane::kEvents, check.cause, now, now, whole}, now);
    if (check.in_round) {
      events_.join_round(id);
    }
  }
}

void EventCheck::on_gone(std::uint64_t id, const Check& check) {
  const std::size_t removed = writer_.withdraw_event(id, "event_deleted");
  context_.note_drift(check.cause, Drift{0, 0, removed});
  events_.erase(id);
  if (check.announced) {
    context_.watermarks.add_tombstone(id, context_.time());
  }
}

/// Nothing in the reply shows that MISP's search works.
void EventCheck::on_unproven(std::uint64_t id, Check check) {
  if (++check.attempts < kAttempts) {
    const bool last = check.attempts + 1 == kAttempts;
    check.due = context_.time() + (last ? context_.options.commit_grace : kPause);
    checks_[id] = check;
    return;
  }
  for (const auto& uuid : context_.store.attributes_of(id)) {
    absences_.suspect(uuid, check.cause, check.in_round);
  }
  if (context_.store.event(id) == nullptr) {
    events_.erase(id);
  } else {
    events_.skip(id, 0);  // what is suspected decides, a read would show nothing
  }
  events_.leave_round(id);
}

std::optional<SteadyMs> EventCheck::next_due() const {
  std::optional<SteadyMs> due;
  if (batch_.empty()) {
    for (const auto& [id, check] : checks_) {
      due = due ? std::min(*due, check.due) : check.due;
    }
  }
  return due;
}

std::size_t EventCheck::waiting_removals() const {
  std::size_t waiting = 0;
  for (const auto& [id, check] : checks_) {
    const auto* event = check.announced ? context_.store.event(id) : nullptr;
    waiting += event == nullptr ? 0 : event->attributes.size();
  }
  return waiting;
}

bool EventCheck::round_left() const {
  return std::any_of(checks_.begin(), checks_.end(),
                     [](const auto& entry) { return entry.second.in_round; });
}

void EventCheck::clear() {
  checks_.clear();
  batch_.clear();
}

}  // namespace misp_zeek
