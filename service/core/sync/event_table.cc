// SPDX-License-Identifier: BSD-3-Clause
#include "core/sync/event_table.h"

namespace misp_zeek {
namespace {

using Freshness = EventState::Freshness;

StaleMark join(const StaleMark& a, const StaleMark& b) {
  StaleMark joined = a;
  joined.lane = std::min(a.lane, b.lane);
  // What a message told is no drift, whoever finds it.
  joined.cause = a.cause == Cause::kMessage ? a.cause : b.cause;
  joined.due = std::min(a.due, b.due);
  joined.valid_from = std::max(a.valid_from, b.valid_from);
  joined.whole = a.whole || b.whole;
  return joined;
}

}  // namespace

const EventState* EventTable::find(std::uint64_t id) const {
  const auto it = events_.find(id);
  return it == events_.end() ? nullptr : &it->second;
}

EventState& EventTable::get(std::uint64_t id) {
  EventState& state = events_[id];
  state.row.id = id;
  return state;
}

void EventTable::erase(std::uint64_t id) {
  const auto it = events_.find(id);
  if (it != events_.end()) {
    unqueue(id, it->second);
    events_.erase(it);
    round_.erase(id);
    unsaved_.insert(id);
  }
}

void EventTable::show(const EventIndexRow& row) {
  EventState& state = get(row.id);
  if (state.row != row) {
    state.row = row;
    unsaved_.insert(row.id);
  }
}

void EventTable::queue(std::uint64_t id, EventState& state) {
  state.freshness = Freshness::kStale;
  if (!state.blocked) {
    queues_.at(static_cast<std::size_t>(state.mark.lane)).emplace(state.mark.due, id);
    stale_order_.emplace(state.stale_since, id);
  }
}

void EventTable::unqueue(std::uint64_t id, EventState& state) {
  queues_.at(static_cast<std::size_t>(state.mark.lane)).erase({state.mark.due, id});
  stale_order_.erase({state.stale_since, id});
}

void EventTable::mark(std::uint64_t id, const StaleMark& mark, SteadyMs now) {
  EventState& state = get(id);
  if (state.freshness == Freshness::kReading) {
    state.again = state.again ? join(*state.again, mark) : mark;
    return;
  }
  if (state.freshness == Freshness::kStale) {
    unqueue(id, state);
    state.mark = join(state.mark, mark);
  } else {
    state.mark = mark;
    state.stale_since = now;
    unsaved_.insert(id);
  }
  queue(id, state);
}

std::optional<SteadyMs> EventTable::next_due(Lane lane) const {
  const auto& queue = queues_.at(static_cast<std::size_t>(lane));
  return queue.empty() ? std::nullopt : std::optional(queue.begin()->first);
}

void EventTable::start(std::uint64_t id) {
  EventState& state = get(id);
  queues_.at(static_cast<std::size_t>(state.mark.lane)).erase({state.mark.due, id});
  state.freshness = Freshness::kReading;
}

void EventTable::finish(std::uint64_t id, SteadyMs asked, std::int64_t server_time, SteadyMs now) {
  const auto it = events_.find(id);
  if (it == events_.end() || it->second.freshness != Freshness::kReading) {
    return;  // gone meanwhile
  }
  EventState& state = it->second;
  unqueue(id, state);
  state.freshness = Freshness::kFresh;
  state.read_until = std::max({state.read_until, server_time, std::int64_t{1}});
  state.failures = 0;
  round_.erase(id);
  unsaved_.insert(id);
  auto again = std::exchange(state.again, std::nullopt);
  if (state.mark.valid_from > asked) {
    StaleMark later = state.mark;
    later.due = later.valid_from;
    again = again ? join(*again, later) : later;
  }
  if (again) {
    mark(id, *again, now);
  }
}

void EventTable::skip(std::uint64_t id, std::int64_t server_time) {
  EventState& state = get(id);
  if (state.freshness == Freshness::kReading) {
    return;
  }
  unqueue(id, state);
  state.freshness = Freshness::kFresh;
  state.read_until = std::max({state.read_until, server_time, std::int64_t{1}});
  round_.erase(id);
  unsaved_.insert(id);
}

void EventTable::put_back(std::uint64_t id, SteadyMs due) {
  const auto it = events_.find(id);
  if (it == events_.end() || it->second.freshness != Freshness::kReading) {
    return;
  }
  EventState& state = it->second;
  unqueue(id, state);
  if (const auto again = std::exchange(state.again, std::nullopt)) {
    state.mark = join(state.mark, *again);
  }
  state.mark.due = std::max(state.mark.due, due);
  queue(id, state);
}

void EventTable::put_back_all(SteadyMs due) {
  for (auto& [id, state] : events_) {
    put_back(id, due);
  }
}

void EventTable::block(std::uint64_t id) {
  put_back(id, 0);
  EventState& state = get(id);
  unqueue(id, state);
  state.blocked = true;
  round_.erase(id);
}

void EventTable::unblock(std::uint64_t id, SteadyMs now) {
  EventState& state = get(id);
  if (std::exchange(state.blocked, false)) {
    unqueue(id, state);
    state.mark.due = now;
    state.stale_since = now;
    queue(id, state);
  }
}

std::optional<std::pair<SteadyMs, std::uint64_t>> EventTable::oldest_stale() const {
  return stale_order_.empty() ? std::nullopt : std::optional(*stale_order_.begin());
}

void EventTable::restore(const SavedEventState& saved) {
  EventState& state = get(saved.row.id);
  state.row = saved.row;
  state.read_until = saved.fresh ? saved.read_until : 0;
  state.rows = saved.rows;
}

UnsavedEvents EventTable::take_unsaved(std::size_t max) {
  UnsavedEvents unsaved;
  while (!unsaved_.empty() && unsaved.events.size() + unsaved.gone.size() < max) {
    const auto id = unsaved_.extract(unsaved_.begin()).value();
    if (const auto* state = find(id)) {
      unsaved.events.push_back(
          {state->row, state->freshness == Freshness::kFresh, state->read_until, state->rows});
    } else {
      unsaved.gone.push_back(id);
    }
  }
  return unsaved;
}

}  // namespace misp_zeek
