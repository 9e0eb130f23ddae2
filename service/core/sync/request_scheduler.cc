// SPDX-License-Identifier: BSD-3-Clause
// Which call MispSync wants made next, and what an answer or an error means for it.
#include <algorithm>
#include <utility>

#include "core/base/backoff.h"
#include "core/sync/misp_sync.h"

namespace misp_zeek {
namespace {

constexpr int kErrorsUntilRestart = 5;
constexpr SteadyMs kMaxRetryDelay = 60'000;
constexpr SteadyMs kMaxUnreachableDelay = 4'000;
constexpr SteadyMs kMaxDistrustDelay = 5'000;
constexpr SteadyMs kUserInterval = 300'000;

}  // namespace

std::optional<RestCall> MispSync::next_call(TimePoint now) {
  if (waiting_ != Waiting::kNothing) {
    return std::nullopt;
  }
  std::optional<RestCall> call;
  // A right that is missing may be given while the service runs.
  const bool ask_user = !status_.user || !status_.user->perm_sighting;
  if (ask_user && now.steady >= next_user_) {
    waiting_ = Waiting::kUser;
    next_user_ = now.steady + kUserInterval;
    call = UserCall{};
  } else if (now.steady >= retry_at_) {
    call = confirm_call(now);
    if (!call) {
      call = doubt_call(now);
    }
    if (!call) {
      call = start_due_pass(now);
    }
  }
  if (call) {
    call_started_ = now.steady;
  }
  return call;
}

std::optional<RestCall> MispSync::start_due_pass(TimePoint now) {
  if (!events_pass_) {
    std::vector<std::uint64_t> due;
    for (auto it = asked_events_.begin();
         it != asked_events_.end() && due.size() < kEventsPerSearch;) {
      if (it->second > now.steady) {
        ++it;
        continue;
      }
      due.push_back(it->first);
      it = asked_events_.erase(it);
    }
    if (!due.empty()) {
      events_pass_ = Pass{};
      events_pass_->kind = Pass::Kind::kEvents;
      events_pass_->cause = Cause::kMessage;
      events_pass_->started = now.steady;
      events_pass_->step = Pass::Step::kList;
      add_event_searches(*events_pass_, due);
    }
  }
  if (events_pass_) {
    waiting_ = Waiting::kEvents;
    return pass_call(*events_pass_, now);
  }
  if (!reconcile_) {
    const bool wait_for_feed = !status_.bootstrapped && !status_.feed_connected &&
                               now.steady < started_ + options_.feed_wait;
    const bool paused = status_.last_full && now.steady < *status_.last_full + kFullPause &&
                        full_due_ != Cause::kOperator && full_due_ != Cause::kConfiguration;
    const bool full = (full_due_ && !paused) || (status_.bootstrapped && now.steady >= next_full_);
    const bool index = status_.bootstrapped && (index_due_ || now.steady >= next_index_);
    if (wait_for_feed || (!full && !index)) {
      return std::nullopt;
    }
    reconcile_ = Pass{};
    reconcile_->kind = full ? Pass::Kind::kFull : Pass::Kind::kIndex;
    reconcile_->cause = (full ? full_due_ : index_due_).value_or(Cause::kTimer);
    reconcile_->started = now.steady;
    reconcile_->shrink_accepted = full && std::exchange(shrink_accepted_, false);
    ++counters_.reconciles[reconcile_->cause];
    index_due_.reset();
    if (full) {
      full_due_.reset();
      status_.rows_read = 0;
      status_.rows_expected = store_.attribute_count();
    }
  }
  waiting_ = Waiting::kReconcile;
  return pass_call(*reconcile_, now);
}

std::optional<RestCall> MispSync::pass_call(Pass& pass, TimePoint) {
  switch (pass.step) {
    case Pass::Step::kIndex:
      return IndexCall{};
    case Pass::Step::kList:
      return SearchCall{pass.searches.at(pass.search), pass.page, options_.page_size};
    case Pass::Step::kBoundary:
      return SearchCall{pass.searches.at(pass.search), options_.page_size * (pass.page - 1), 1};
    case Pass::Step::kCount:
      return CountCall{pass.searches.at(pass.search)};
    case Pass::Step::kTrial:
      return SearchCall{unfiltered(), 1, 1};
    case Pass::Step::kConfirm:
    case Pass::Step::kFinish:
      break;
  }
  pass.asked = confirm_batch(pass);
  pass.witness = choose_witness(pass);
  auto uuids = pass.asked;
  if (pass.witness) {
    uuids.push_back(*pass.witness);
  }
  const bool fixed = in_fixed_event(uuids.front());
  return SearchCall{search_uuids(std::move(uuids), fixed), 1, kUuidsPerSearch + 1};
}

void MispSync::on_answer(const Result<RestAnswer>& answer, TimePoint now) {
  unix_now_ = now.unix_seconds;
  const Waiting was = std::exchange(waiting_, Waiting::kNothing);
  if (!answer) {
    on_error(was, answer.error(), now);
    return;
  }
  std::optional<Error> distrusted;
  if (was == Waiting::kUser) {
    status_.user = std::get<MispUser>(*answer);
    filter_.set_viewer({status_.user->org_id, status_.user->site_admin});
  } else if (was == Waiting::kConfirm) {
    distrusted = on_confirmed(std::get<AttributePage>(*answer), now);
  } else if (was == Waiting::kDoubt) {
    distrusted = on_doubt_answer(*answer, now);
  } else {
    auto& pass = was == Waiting::kEvents ? events_pass_ : reconcile_;
    distrusted = on_pass_answer(*pass, *answer, now);
    if (pass->step == Pass::Step::kFinish) {
      finish(*pass, now);
      pass.reset();
    }
  }
  if (distrusted) {
    on_distrusted(was, *distrusted, now);
    return;
  }
  errors_ = 0;
  rate_limited_ = false;
  status_.rest_error.clear();
  status_.rest_error_since.reset();
}

SteadyMs MispSync::retry_delay(const Error& error) {
  if (error.code == ErrorCode::kRateLimited && error.retry_after_seconds > 0) {
    return SteadyMs{1000} * error.retry_after_seconds;
  }
  if (error.code == ErrorCode::kUnauthorized || error.code == ErrorCode::kIncompatible ||
      error.code == ErrorCode::kRateLimited) {
    return kMaxRetryDelay;
  }
  return retry_pause(500, errors_ - 1, error.unreachable ? kMaxUnreachableDelay : kMaxRetryDelay,
                     jitter_);
}

void MispSync::on_distrusted(Waiting was, const Error& error, TimePoint now) {
  status_.rest_error = error.message;
  if (!status_.rest_error_since) {
    status_.rest_error_since = now.steady;
  }
  if (was == Waiting::kConfirm || was == Waiting::kDoubt) {
    return;  // what was asked waits; a pass, which may end the doubt, does not
  }
  // Each time another attribute is found to be a bad witness; a long back-off would add up.
  ++errors_;
  retry_at_ = now.steady + std::min(retry_delay(error), kMaxDistrustDelay);
}

void MispSync::on_error(Waiting was, const Error& error, TimePoint now) {
  ++errors_;
  status_.rest_error = error.message;
  if (!status_.rest_error_since) {
    status_.rest_error_since = now.steady;
  }
  retry_at_ = now.steady + retry_delay(error);
  rate_limited_ = error.code == ErrorCode::kRateLimited;
  if (was == Waiting::kUser) {
    next_user_ = retry_at_;
  }
  if (const auto it = doubts_.find(doubted_); was == Waiting::kDoubt && it != doubts_.end()) {
    it->second.step = Doubt::Step::kPresence;  // what was shown before the error is old
    it->second.due = retry_at_ + kDoubtPause;  // other calls may fare better
  }
  if (errors_ % kErrorsUntilRestart != 0) {
    return;
  }
  // What was read so long ago is no base to go on from: begin anew.
  if (was == Waiting::kReconcile) {
    auto& due = reconcile_->kind == Pass::Kind::kFull ? full_due_ : index_due_;
    due = due.value_or(reconcile_->cause);
    shrink_accepted_ |= reconcile_->shrink_accepted;
    reconcile_.reset();
  } else if (was == Waiting::kEvents) {
    for (const auto id : events_pass_->events) {
      ask_event(id, retry_at_);
    }
    events_pass_.reset();
  }
}

}  // namespace misp_zeek
