// SPDX-License-Identifier: BSD-3-Clause
#include "core/sync/reconcile_schedule.h"

#include <algorithm>
#include <array>

namespace misp_zeek {

void ReconcileSchedule::request(bool full, Cause cause, SteadyMs due, SteadyMs now) {
  auto& wanted = full ? full_ : index_;
  const SteadyMs at = std::max(due, backoff_.next(cause, now));
  if (!wanted || cause == Cause::kOperator || cause == Cause::kConfiguration) {
    wanted = Due{cause, at};
  } else if (wanted->cause == Cause::kMessage && cause == Cause::kMessage) {
    wanted->at = std::max(wanted->at, at);  // what is told last is committed last
  } else {
    wanted->at = std::min(wanted->at, at);
  }
}

std::optional<Cause> ReconcileSchedule::full_due(SteadyMs now) const {
  if (full_ && full_->at <= now) {
    return full_->cause;
  }
  return now >= next_full_ ? std::optional(Cause::kTimer) : std::nullopt;
}

std::optional<Cause> ReconcileSchedule::index_due(SteadyMs now) const {
  return index_ && index_->at <= now ? std::optional(index_->cause) : std::nullopt;
}

void ReconcileSchedule::full_started(Cause cause, SteadyMs now) {
  if (full_ && full_->at <= now) {
    full_.reset();
  }
  if (index_ && index_->at <= now) {
    index_.reset();
  }
  next_full_ = INT64_MAX;
  backoff_.started(cause, now);
}

void ReconcileSchedule::index_started(Cause cause, SteadyMs now) {
  index_.reset();
  backoff_.started(cause, now);
}

SteadyMs ReconcileSchedule::next_due() const {
  SteadyMs due = next_full_;
  for (const auto& wanted : {full_, index_}) {
    due = wanted ? std::min(due, wanted->at) : due;
  }
  return due;
}

std::string ReconcileSchedule::repeated(SteadyMs now) const {
  constexpr std::array kCauses = {Cause::kReconnect,        Cause::kSilence,
                                  Cause::kPublisherRestart, Cause::kQueueOverflow,
                                  Cause::kMalformed,        Cause::kMessage};
  for (const auto cause : kCauses) {
    if (backoff_.is_repeated(cause, now)) {
      return std::string(to_string(cause));
    }
  }
  return "";
}

}  // namespace misp_zeek
