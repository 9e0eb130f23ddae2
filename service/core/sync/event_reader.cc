// SPDX-License-Identifier: BSD-3-Clause
#include "core/sync/event_reader.h"

#include <algorithm>

#include "core/base/backoff.h"

namespace misp_zeek {
namespace {

constexpr std::size_t kEventsPerBatch = 1'024;
/// Replies without any row that must agree when nothing shows that MISP's search works.
constexpr int kEmptyReplies = 3;
constexpr SteadyMs kEmptyPause = 1'000;
constexpr int kFailuresAlone = 5;
constexpr SteadyMs kAtOnce = 1'000;
constexpr int kFailuresAtOnce = 3;
constexpr SteadyMs kMaxPause = 600'000;
constexpr int kCandidates = 2'000;

}  // namespace

bool EventReader::is_busy(std::uint64_t event_id) const {
  return giants_.is_busy(event_id) ||
         std::any_of(in_flight_.begin(), in_flight_.end(), [&](const auto& item) {
           const auto& events = item.second.events;
           return std::find(events.begin(), events.end(), event_id) != events.end();
         });
}

std::uint64_t EventReader::expected(const EventState& state) const {
  return state.rows > 0 || state.read_until > 0 ? state.rows + state.rows / 8 + 1
                                                : size_.per_event();
}

EventReader::Batch EventReader::choose(Lane lane, const std::function<bool(std::uint64_t)>& held) {
  Batch batch;
  std::uint64_t rows = 0;
  std::size_t most = kEventsPerBatch;
  events_.each_due(lane, context_.time(), [&](std::uint64_t id, const EventState& state) {
    const bool giant = size_.is_giant(state.rows);
    const bool delta =
        !state.mark.whole && state.rows >= size_.delta_from() && state.read_until > 1;
    if (held(id)) {
      return true;
    }
    if (giant || delta) {
      if (batch.events.empty() && giants_.idle()) {
        giants_.begin(id, delta);
        return false;
      }
      return true;
    }
    const bool fixed = context_.filter.is_fixed_event(id);
    if (!batch.events.empty() && fixed != batch.fixed) {
      return true;
    }
    most = std::min(most, std::max<std::size_t>(kEventsPerBatch >> (2 * state.failures), 1));
    rows += expected(state);
    if (!batch.events.empty() && (rows > size_.rows() || batch.events.size() >= most)) {
      rows -= expected(state);
      return false;
    }
    batch.fixed = fixed;
    batch.events.push_back(id);
    return true;
  });
  batch.limit = size_.limit(rows);
  return batch;
}

std::optional<std::uint64_t> EventReader::choose_sentinel(const Batch& batch) const {
  int looked_at = 0;
  for (const auto& [uuid, attribute] : context_.store.attributes()) {
    if (++looked_at > kCandidates) {
      break;
    }
    const auto* state = events_.find(attribute.event_id);
    const bool fits = state != nullptr && state->freshness == EventState::Freshness::kFresh &&
                      state->rows > 0 && !size_.is_giant(state->rows) &&
                      context_.filter.is_fixed_event(attribute.event_id) == batch.fixed &&
                      !absences_.contains(uuid) && !context_.touched(uuid, context_.time());
    if (fits) {
      return attribute.event_id;
    }
  }
  return std::nullopt;
}

RestCall EventReader::call_for(Batch& batch) {
  SearchCall call;
  call.search.apply_filter = !batch.fixed;
  call.search.fixed_events = batch.fixed;
  call.search.event_ids = batch.events;
  const auto empty = std::find_if(batch.events.begin(), batch.events.end(),
                                  [this](auto id) { return empty_.contains(id); });
  if (empty != batch.events.end()) {
    batch.sentinel = choose_sentinel(batch);
    const EmptyReplies& known = empty_.at(*empty);
    if (batch.sentinel) {
      call.search.event_ids.push_back(*batch.sentinel);
      batch.limit += size_.limit(events_.find(*batch.sentinel)->rows);
    } else if (!known.search_works && known.replies < kEmptyReplies) {
      batch.trial = true;
      call.search.apply_filter = false;
      call.search.fixed_events = false;
      call.search.any_type = true;
    }
  }
  call.limit = batch.limit;
  return call;
}

std::optional<RestCall> EventReader::next_call(Lane lane, std::uint64_t request,
                                               const std::function<bool(std::uint64_t)>& held) {
  const auto of_giant = [&]() -> std::optional<RestCall> {
    auto call = giants_.lane() == lane ? giants_.next_call() : std::nullopt;
    if (call) {
      in_flight_[request] = Batch{};
    }
    return call;
  };
  if (auto call = of_giant()) {
    return call;
  }
  Batch batch = choose(lane, held);
  if (batch.events.empty()) {
    return of_giant();
  }
  for (const auto id : batch.events) {
    events_.start(id);
  }
  RestCall call = call_for(batch);
  in_flight_[request] = std::move(batch);
  return call;
}

void EventReader::put_back(const Batch& batch, SteadyMs due) {
  for (const auto id : batch.events) {
    events_.put_back(id, due);
  }
}

void EventReader::on_error(std::uint64_t request, ErrorCode code, SteadyMs took) {
  const auto flight = in_flight_.extract(request);
  if (flight.empty()) {
    return;
  }
  const Batch& batch = flight.mapped();
  if (batch.events.empty()) {
    giants_.on_error(context_.time());
    return;
  }
  const bool overload = code == ErrorCode::kUnavailable || code == ErrorCode::kTimeout ||
                        code == ErrorCode::kTooLarge || code == ErrorCode::kMalformed;
  // A gateway whose MISP is away fails at once, however small a batch is.
  if (overload && (took >= kAtOnce || context_.errors % kFailuresAtOnce == 0)) {
    size_.on_failure();
  }
  for (const auto id : batch.events) {
    EventState& state = events_.get(id);
    // While MISP is away all reads fail, and none of the events is to blame.
    state.failures += overload && context_.errors % kFailuresAlone == 0 ? 1 : 0;
    const bool alone = batch.events.size() == 1 && state.failures > kFailuresAlone;
    const SteadyMs pause =
        alone ? retry_pause(kEmptyPause, state.failures, kMaxPause, context_.jitter) : 0;
    events_.put_back(id, context_.time() + pause);
  }
}

void EventReader::on_reply(std::uint64_t request, const RestReply& reply, SteadyMs asked) {
  const auto flight = in_flight_.extract(request);
  if (flight.empty()) {
    return;
  }
  const Batch& batch = flight.mapped();
  if (batch.events.empty()) {
    const auto* pages = std::get_if<AttributeReply>(&reply.body);
    shown_any_ |= pages != nullptr && !pages->rows.empty();
    giants_.on_reply(reply, asked);
    return;
  }
  const auto& rows = std::get<AttributeReply>(reply.body);
  if (batch.trial) {
    const bool works = !rows.rows.empty() || !rows.skipped.empty();
    shown_any_ |= works;
    for (const auto id : batch.events) {
      EmptyReplies& empty = empty_[id];
      empty.search_works |= works;
      ++empty.replies;
    }
    put_back(batch, context_.time() + (works ? 0 : kEmptyPause));
  } else if (!rows.complete) {
    on_incomplete(batch);
  } else if (believed(batch, rows)) {
    size_.on_complete(batch.events.size(), rows.rows.size(), context_.time() - asked);
    on_complete(batch, reply, asked);
  }
}

void EventReader::on_incomplete(const Batch& batch) {
  size_.on_incomplete(batch.events.size(), batch.limit);
  for (const auto id : batch.events) {
    EventState& state = events_.get(id);
    const std::uint64_t share = batch.limit / batch.events.size();
    state.rows = std::max(state.rows, batch.events.size() > 1          ? share
                                      : batch.limit < 2 * size_.most() ? share
                                                                       : size_.most() + 1);
  }
  put_back(batch, context_.time());
}

bool EventReader::believed(const Batch& batch, const AttributeReply& reply) {
  const bool shows = !reply.rows.empty() || !reply.skipped.empty() || reply.hidden > 0;
  if (shows) {
    shown_any_ = true;
  }
  if (batch.sentinel) {
    const bool there = std::any_of(reply.rows.begin(), reply.rows.end(), [&](const auto& row) {
      return row.attribute.event_id == *batch.sentinel;
    });
    if (there || shows) {
      return true;
    }
    // The reply is wrong, or the sentinel is gone: its own read tells.
    const SteadyMs later = context_.time() + kEmptyPause;
    events_.mark(*batch.sentinel, {Lane::kEvents, Cause::kMessage, context_.time(), 0, true},
                 context_.time());
    put_back(batch, later);
    return false;
  }
  if (shows) {
    return true;
  }
  const auto first = std::find_if(batch.events.begin(), batch.events.end(),
                                  [this](auto id) { return empty_.contains(id); });
  if (first == batch.events.end()) {
    for (const auto id : batch.events) {
      empty_[id].replies = 1;
    }
    put_back(batch, context_.time());
    return false;
  }
  unproven_ |= !empty_.at(*first).search_works;
  return true;
}

void EventReader::on_complete(const Batch& batch, const RestReply& reply, SteadyMs asked) {
  const auto& rows = std::get<AttributeReply>(reply.body);
  const auto stopped = verdict_.stopped(rows);
  if (!stopped.empty()) {
    // Read by themselves, page by page, they wait for the operator; the others are read again.
    for (const auto id : stopped) {
      events_.get(id).rows = size_.most() + 1;
    }
    put_back(batch, context_.time());
    return;
  }
  auto seen = verdict_.take(batch.events, rows, asked);
  for (const auto id : batch.events) {
    empty_.erase(id);
    verdict_.conclude(id, std::move(seen[id]), asked, reply.server_time);
  }
}

void EventReader::clear() {
  in_flight_.clear();
  empty_.clear();
  giants_.clear();
}

}  // namespace misp_zeek
