// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/base/time.h"
#include "core/sync/rest_call.h"
#include "core/sync/sync_status.h"

namespace misp_zeek {

/// Who waits for a read; they share MISP by turns.
enum class Lane : std::uint8_t {
  kLookups,     ///< single attributes and events
  kEvents,      ///< events that a message or the index named
  kBackground,  ///< full reconciles
};
inline constexpr std::size_t kLaneCount = 3;

/// What is known to be out of date of an event.
struct StaleMark {
  Lane lane = Lane::kEvents;
  Cause cause = Cause::kMessage;
  SteadyMs due = 0;         ///< not to be read earlier
  SteadyMs valid_from = 0;  ///< a read asked for earlier leaves it stale: the commit may be later
  bool whole = true;        ///< false: what changed since the last read is enough
};

/// An event of MISP as the sync knows it.
struct EventState {
  enum class Freshness : std::uint8_t { kFresh, kStale, kReading };

  EventIndexRow row;  ///< as MISP showed it last; `timestamp` 0: only messages named it so far
  Freshness freshness = Freshness::kFresh;
  bool listed = false;             ///< the newest whole index has it
  bool blocked = false;            ///< its growth waits for the operator
  StaleMark mark;                  ///< while stale or read
  std::optional<StaleMark> again;  ///< marked while it was read
  SteadyMs stale_since = 0;
  std::int64_t read_until = 0;  ///< MISP's clock at the newest believed read; 0 = never
  std::uint64_t rows = 0;       ///< of its last complete reply, or an estimate
  SteadyMs heard = 0;           ///< when the feed last spoke of it; 0 = never
  SteadyMs checked = 0;         ///< when MISP last showed it although the index does not; 0 = never
  SteadyMs last_whole = 0;      ///< when it was last read whole because a delta did not explain it
  int failures = 0;             ///< reads in a row that failed
};

/// All events of the index and those that messages named: which are fresh, which are stale and
/// since when, in which lane and order they are read, and which of them a reconcile still waits
/// for. Bounded by the events of MISP.
class EventTable {
 public:
  const EventState* find(std::uint64_t id) const;
  std::size_t size() const { return events_.size(); }
  /// The event, created fresh and unread if it is not known.
  EventState& get(std::uint64_t id);
  const std::unordered_map<std::uint64_t, EventState>& events() const { return events_; }
  void erase(std::uint64_t id);
  /// Takes over what MISP showed of the event.
  void show(const EventIndexRow& row);

  /// Joins with marks that are there: the earliest due time and the latest `valid_from` hold.
  void mark(std::uint64_t id, const StaleMark& mark, SteadyMs now);
  /// Stale events of the lane that are due, oldest due time first, until `take` returns false.
  template <typename Take>
  void each_due(Lane lane, SteadyMs now, const Take& take) const {
    for (const auto& [due, id] : queues_.at(static_cast<std::size_t>(lane))) {
      if (due > now || !take(id, events_.at(id))) {
        return;
      }
    }
  }
  std::optional<SteadyMs> next_due(Lane lane) const;

  void start(std::uint64_t id);
  /// It was read completely by a request of `asked`; still stale if it was marked since.
  void finish(std::uint64_t id, SteadyMs asked, std::int64_t server_time, SteadyMs now);
  /// Nothing of it is wanted, as the index says: it needs no read.
  void skip(std::uint64_t id, std::int64_t server_time);
  /// Its read failed, or decided nothing: stale as before, not due before `due`.
  void put_back(std::uint64_t id, SteadyMs due);
  /// Requests in flight are forgotten.
  void put_back_all(SteadyMs due);
  void block(std::uint64_t id);
  void unblock(std::uint64_t id, SteadyMs now);

  /// Events that a reconcile waits for; who is read, blocked or erased leaves it.
  void open_round() { round_.clear(); }
  void join_round(std::uint64_t id) { round_.insert(id); }
  void leave_round(std::uint64_t id) { round_.erase(id); }
  bool in_round(std::uint64_t id) const { return round_.contains(id); }
  std::size_t round_left() const { return round_.size(); }

  std::size_t stale() const { return stale_order_.size(); }
  /// Since when, and which.
  std::optional<std::pair<SteadyMs, std::uint64_t>> oldest_stale() const;

  // ---- durable state ----
  void restore(const SavedEventState& saved);
  UnsavedEvents take_unsaved(std::size_t max);
  std::size_t unsaved() const { return unsaved_.size(); }

 private:
  void queue(std::uint64_t id, EventState& state);
  void unqueue(std::uint64_t id, EventState& state);

  std::unordered_map<std::uint64_t, EventState> events_;
  std::array<std::set<std::pair<SteadyMs, std::uint64_t>>, kLaneCount> queues_;
  std::set<std::pair<SteadyMs, std::uint64_t>> stale_order_;  ///< by stale_since
  std::unordered_set<std::uint64_t> round_;
  std::unordered_set<std::uint64_t> unsaved_;
};

}  // namespace misp_zeek
