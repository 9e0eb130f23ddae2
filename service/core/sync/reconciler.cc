// SPDX-License-Identifier: BSD-3-Clause
#include "core/sync/reconciler.h"

#include <algorithm>
#include <utility>

namespace misp_zeek {
namespace {

/// Between full reconciles that no sentinel vouches for.
constexpr SteadyMs kUnprovenPause = 10'000;
constexpr int kUnprovenBelieved = 3;
/// After a gap, what no timestamp shows is read at the latest.
constexpr SteadyMs kSilentPause = 600'000;
/// MISP's clock has whole seconds, and a commit may take a while.
constexpr std::int64_t kOverlap = 30;

}  // namespace

Reconciler::Reconciler(SyncContext& context, EventTable& events, AbsenceCheck& absences,
                       EventCheck& checks, SetWriter& writer, EventReader& reader)
    : context_(context),
      events_(events),
      absences_(absences),
      checks_(checks),
      reader_(reader),
      verdict_(context, events, checks, writer),
      poller_(context),
      delta_(context, events),
      started_(context.time()) {
  schedule_.request(true, Cause::kStart, context.time(), context.time());
}

void Reconciler::request(bool full, Cause cause, SteadyMs due) {
  schedule_.request(full, cause, due, context_.time());
}

void Reconciler::on_loss(const FeedLoss& loss) {
  schedule_.request(false, loss.cause, context_.time(), context_.time());
  const std::int64_t ago = (context_.time() - loss.since) / 1000;
  if (context_.status.bootstrapped && loss.cause != Cause::kMalformed) {
    delta_.request(context_.clock.now(context_.now) - ago - kOverlap, loss.cause);
  }
  if (context_.filter.has_silent_conditions()) {
    schedule_.hasten_full(context_.time() + kSilentPause);
  }
}

void Reconciler::accept_next() {
  accept_next_ = true;
  request(true, Cause::kOperator, context_.time());
}

bool Reconciler::is_waiting_for_feed() const {
  return context_.options.feed && !context_.status.bootstrapped &&
         !context_.status.feed_connected && context_.time() < started_ + context_.options.feed_wait;
}

bool Reconciler::is_exempt() const {
  return !context_.status.bootstrapped ||
         (round_ && (round_->cause == Cause::kOperator || round_->cause == Cause::kConfiguration ||
                     round_->cause == Cause::kViewer));
}

void Reconciler::begin(ReconcileKind kind, Cause cause) {
  round_ = Round{};
  round_->kind = kind;
  round_->cause = cause;
  round_->started = context_.time();
  round_->misp_time = context_.clock.now(context_.now);
  events_.open_round();
  reader_.open_round();
  context_.round_drift = {};
  ++context_.counters.reconciles[cause];
  if (kind == ReconcileKind::kFull) {
    round_->accepted = std::exchange(accept_next_, false);
    schedule_.full_started(cause, context_.time());
    context_.status.events_read = context_.status.rows_read = 0;
    context_.status.events_expected = events_.size();
  }
}

std::optional<RestCall> Reconciler::next_call(bool feed_healthy) {
  if (is_waiting_for_feed()) {
    return std::nullopt;
  }
  const SteadyMs now = context_.time();
  const bool full_under_way = round_ && round_->kind == ReconcileKind::kFull;
  if (const auto cause = schedule_.full_due(now); cause && !full_under_way) {
    begin(ReconcileKind::kFull, *cause);
    poller_.force();
  } else if (const auto index = schedule_.index_due(now); index && (!round_ || round_->indexed)) {
    schedule_.index_started(*index, now);
    if (!round_) {
      begin(ReconcileKind::kIndex, *index);
    }
    poller_.force();
  }
  if (!context_.status.bootstrapped && !round_) {
    return std::nullopt;
  }
  if (auto call = delta_.next_call()) {
    return call;
  }
  if (auto call = poller_.next_call(feed_healthy, context_.filter.publication_matters())) {
    return *call;
  }
  return std::nullopt;
}

void Reconciler::on_index(const EventIndex& index, std::int64_t server_time, SteadyMs asked,
                          bool feed_healthy) {
  if (!poller_.asked()) {
    return;
  }
  IndexVerdict::Reading reading;
  reading.which = poller_.asked()->which;
  const bool whole = reading.which == IndexCall::Which::kAll;
  poller_.on_reply(server_time, asked);
  const bool of_round = whole && round_ && !round_->indexed && asked >= round_->started;
  if (!round_) {
    begin(ReconcileKind::kIndex, Cause::kTimer);
    round_->indexed = true;
  }
  reading.asked = asked;
  reading.server_time = server_time;
  reading.cause = round_->cause;
  reading.all_stale = of_round && round_->kind == ReconcileKind::kFull;
  reading.whole = !feed_healthy || round_->cause != Cause::kTimer;
  verdict_.apply(index, reading);
  if (of_round) {
    round_->indexed = true;
    round_->listed_any = !index.rows.empty();
    if (reading.all_stale) {
      context_.status.events_expected = index.rows.size();
    }
  }
}

void Reconciler::on_delta(const AttributeReply& reply, SteadyMs asked) {
  if (!delta_.on_reply(reply, asked, round_.has_value())) {
    request(true, Cause::kQueueOverflow, context_.time());
  }
}

void Reconciler::on_error(bool index) {
  if (index) {
    poller_.on_error();
  } else {
    delta_.on_error();
  }
}

void Reconciler::tick() {
  if (!round_ || !round_->indexed || events_.round_left() > 0 || checks_.round_left() ||
      delta_.open()) {
    return;
  }
  if (!std::exchange(round_->counted, true) || absences_.round_left()) {
    absences_.end_round(round_->accepted);
  }
  if (!absences_.round_left()) {
    end();
  }
}

void Reconciler::end() {
  const Round round = *round_;
  auto& status = context_.status;
  ++context_.counters.ended;
  ++ended_;
  status.last_end = {round.kind, round.cause, context_.time() - round.started,
                     std::exchange(context_.round_drift, Drift{})};
  status.last_reconcile = context_.time();
  saved_.last_reconcile = context_.now.unix_seconds;
  saved_.heard_until = round.misp_time - kOverlap;
  if (round.kind == ReconcileKind::kFull) {
    end_full();
  } else if (!status.bootstrapped) {
    // With saved state: what was fresh is as the index says.
    status.bootstrapped = true;
    saved_.last_full = saved_.last_full == 0 ? context_.now.unix_seconds : saved_.last_full;
    context_.store.set_complete(true, round.listed_any || context_.store.attribute_count() == 0);
  }
  round_.reset();
}

void Reconciler::end_full() {
  auto& status = context_.status;
  const bool proven = context_.store.proven() || round_->accepted || reader_.shown_any() ||
                      (round_->listed_any && !reader_.unproven());
  const bool unproven = !round_->accepted && (!proven || reader_.unproven());
  unproven_ = unproven ? unproven_ + 1 : 0;
  const bool believed = !unproven || unproven_ >= kUnprovenBelieved;
  status.bootstrapped = true;
  status.last_full = context_.time();
  saved_.last_full = context_.now.unix_seconds;
  if (believed) {
    context_.store.set_complete(true, proven);
  }
  const auto& pause = proven ? context_.options.full_interval : context_.options.interval;
  schedule_.set_next_full(context_.time() + (believed ? pause.count() * 1000 : kUnprovenPause));
}

SteadyMs Reconciler::next_due() const {
  if (is_waiting_for_feed()) {
    return started_ + context_.options.feed_wait;
  }
  const SteadyMs requested =
      round_ && round_->kind == ReconcileKind::kFull ? INT64_MAX : schedule_.next_due();
  const SteadyMs delta = delta_.open() && !delta_.waits() ? 0 : INT64_MAX;
  return std::min({requested, delta, poller_.next_due()});
}

void Reconciler::restore(const SavedSync& saved) {
  saved_ = saved;
  schedule_ = {};
  schedule_.request(false, Cause::kStart, context_.time(), context_.time());
  if (saved.heard_until != 0) {
    delta_.request(saved.heard_until, Cause::kStart);
  }
  const SteadyMs interval = context_.options.full_interval.count() * 1000;
  // Without a full one that ended, the index tells what is still to be read.
  const SteadyMs since =
      saved.last_full == 0 ? 0 : (context_.now.unix_seconds - saved.last_full) * 1000;
  schedule_.set_next_full(context_.time() + std::clamp<SteadyMs>(interval - since, 0, interval));
  if (context_.filter.has_silent_conditions()) {
    schedule_.hasten_full(context_.time() + kSilentPause);
  }
}

void Reconciler::clear() {
  round_.reset();
  poller_.clear();
  delta_.clear();
  accept_next_ = false;
}

}  // namespace misp_zeek
