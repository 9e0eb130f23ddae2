// SPDX-License-Identifier: BSD-3-Clause
#include "core/sync/absence_check.h"

#include <algorithm>
#include <utility>

namespace misp_zeek {
namespace {

/// Between reads of events with blocked removals; doubled each time.
constexpr SteadyMs kFirstReread = 120'000;
constexpr SteadyMs kMaxReread = 600'000;

}  // namespace

void AbsenceCheck::suspect(const Uuid& uuid, Cause cause, bool in_round) {
  if (context_.store.find(uuid) == nullptr) {
    return;
  }
  const auto [it, is_new] = suspects_.try_emplace(uuid);
  if (!is_new) {
    if (it->second.step == Suspect::Step::kLookup && lookups_.find(uuid) == nullptr) {
      move(it, Suspect::Step::kLookup);
    }
    return;
  }
  it->second.cause = cause;
  it->second.in_round = in_round;
  if (in_round) {
    ++in_round_;
  } else {
    held_.insert(uuid);
  }
}

void AbsenceCheck::leave_round(Suspect& suspect) {
  if (std::exchange(suspect.in_round, false)) {
    --in_round_;
  }
}

void AbsenceCheck::leave_step(Suspects::iterator it) {
  held_.erase(it->first);
  blocked_.erase(it->first);
  presence_.erase(it->first);
  looking_ -= it->second.step == Suspect::Step::kLookup ? 1 : 0;
}

bool AbsenceCheck::admits(std::size_t more) {
  return brake_.admits(more + looking_ + presence_.size(), context_.allowed_removals(),
                       context_.time());
}

void AbsenceCheck::move(Suspects::iterator it, Suspect::Step step) {
  const Uuid& uuid = it->first;
  leave_step(it);
  it->second.step = step;
  if (step == Suspect::Step::kBlocked) {
    leave_round(it->second);
    blocked_.insert(uuid);
  } else if (step == Suspect::Step::kLookup) {
    ++looking_;
    lookups_.ask_absence(uuid, context_.store.find(uuid)->event_id, context_.time());
  } else if (step == Suspect::Step::kPresence) {
    presence_.add(uuid);
  }
}

void AbsenceCheck::settle(const Uuid& uuid) {
  const auto it = suspects_.find(uuid);
  if (it == suspects_.end()) {
    return;
  }
  leave_round(it->second);
  leave_step(it);
  suspects_.erase(it);
  if (const Lookup* lookup = lookups_.find(uuid);
      lookup != nullptr && lookup->kind == LookupKind::kAbsence) {
    lookups_.erase(uuid);
  }
}

void AbsenceCheck::look_up_or_block(const std::vector<Uuid>& uuids, bool accepted) {
  const bool admitted = accepted || admits(uuids.size() + blocked_.size());
  for (const auto& uuid : uuids) {
    const auto it = suspects_.find(uuid);
    if (admitted) {
      move(it, Suspect::Step::kLookup);
    } else {
      context_.status.blocked.cause = it->second.cause;
      move(it, Suspect::Step::kBlocked);
    }
  }
  if (!admitted && rereads_ == 0) {
    rereads_ = 1;
    reread_at_ = context_.time() + kFirstReread;
  }
}

void AbsenceCheck::end_round(bool accepted) {
  std::vector<Uuid> uuids;
  for (const auto& [uuid, suspect] : suspects_) {
    if (suspect.in_round && suspect.step == Suspect::Step::kHeld) {
      uuids.push_back(uuid);
    }
  }
  if (accepted) {
    uuids.insert(uuids.end(), blocked_.begin(), blocked_.end());
  }
  if (!uuids.empty()) {
    std::sort(uuids.begin(), uuids.end());
    look_up_or_block(uuids, accepted);
  }
}

void AbsenceCheck::tick() {
  if (!held_.empty()) {
    std::vector<Uuid> uuids(held_.begin(), held_.end());
    std::sort(uuids.begin(), uuids.end());
    look_up_or_block(uuids);
  }
  if (blocked_.empty()) {
    rereads_ = 0;
    return;
  }
  if (admits(blocked_.size())) {
    // Most of them were shown again.
    const std::vector<Uuid> uuids(blocked_.begin(), blocked_.end());
    blocked_.clear();
    look_up_or_block(uuids);
  } else if (context_.time() >= reread_at_) {
    reread_blocked();
  }
}

void AbsenceCheck::reread_blocked() {
  reread_at_ = context_.time() + std::min(kFirstReread << std::min(rereads_++, 5), kMaxReread);
  std::set<std::uint64_t> events;
  for (const auto& uuid : blocked_) {
    events.insert(context_.store.find(uuid)->event_id);
  }
  for (const auto id : events) {
    const SteadyMs now = context_.time();
    events_.mark(id, {Lane::kBackground, Cause::kTimer, now, now, true}, now);
  }
}

void AbsenceCheck::confirm(const Uuid& uuid) {
  const auto it = suspects_.find(uuid);
  if (it != suspects_.end() && it->second.step == Suspect::Step::kLookup) {
    brake_.count(1, context_.time());
    remove(uuid, "not_in_misp");
  }
}

void AbsenceCheck::check_presence(const Uuid& uuid) {
  const auto it = suspects_.find(uuid);
  if (it != suspects_.end() && it->second.step == Suspect::Step::kLookup) {
    move(it, Suspect::Step::kPresence);
  }
}

void AbsenceCheck::remove(const Uuid& uuid, std::string_view reason) {
  const Cause cause = suspects_.at(uuid).cause;
  const bool configured = cause == Cause::kConfiguration && reason == "not_in_misp";
  if (writer_->withdraw(uuid, configured ? "configuration" : reason)) {
    context_.note_drift(cause, Drift{0, 0, 1});
  }
}

void AbsenceCheck::on_reply(const RestReply& reply) {
  const auto finding = presence_.on_reply(reply);
  if (!finding) {
    return;
  }
  if (finding->verdict == PresenceCheck::Verdict::kShown) {
    const SteadyMs now = context_.time();
    events_.mark(context_.store.find(finding->uuid)->event_id,
                 {Lane::kEvents, suspects_.at(finding->uuid).cause, now, now, true}, now);
    settle(finding->uuid);
  } else {
    const bool hidden = finding->verdict == PresenceCheck::Verdict::kHidden;
    remove(finding->uuid, hidden ? "hidden" : "not_in_misp");
  }
}

std::optional<SteadyMs> AbsenceCheck::next_due() const {
  std::optional<SteadyMs> due;
  const auto at = [&](SteadyMs time) { due = due ? std::min(*due, time) : time; };
  if (!held_.empty()) {
    at(0);
  }
  if (!blocked_.empty()) {
    at(reread_at_);
  }
  if (const auto presence = presence_.next_due()) {
    at(*presence);
  }
  return due;
}

BlockedRemovals AbsenceCheck::describe() const {
  BlockedRemovals blocked;
  blocked.count = blocked_.size();
  if (blocked_.empty()) {
    return blocked;
  }
  blocked.held = context_.store.attribute_count();
  blocked.allowed = context_.allowed_removals();
  blocked.cause = context_.status.blocked.cause;
  blocked.text = "MISP no longer shows " + std::to_string(blocked.count) + " of " +
                 std::to_string(blocked.held) + " attributes, more than max_shrink allows (" +
                 std::to_string(blocked.allowed) + "), since a reconcile by cause \"" +
                 std::string(to_string(blocked.cause)) +
                 "\": they stay in Zeek until 'misp-zeek reconcile --accept-shrink'";
  return blocked;
}

void AbsenceCheck::release() {
  const std::vector<Uuid> uuids(blocked_.begin(), blocked_.end());
  for (const auto& uuid : uuids) {
    const auto event = context_.store.find(uuid)->event_id;
    remove(uuid, "not_in_misp");
    // Should MISP still have it, this shows it.
    events_.mark(event, {Lane::kEvents, Cause::kOperator, context_.time(), context_.time(), true},
                 context_.time());
  }
  brake_.release();
}

void AbsenceCheck::clear() {
  for (const auto& [uuid, suspect] : Suspects(suspects_)) {
    settle(uuid);
  }
  presence_.clear();
}

}  // namespace misp_zeek
