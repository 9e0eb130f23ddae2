// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/time.h"
#include "core/mapping/filter.h"
#include "core/model/message_kind.h"
#include "core/sync/rest_call.h"

/// What MispSync is told and what it tells: options, causes, status, counters, saved state.
namespace misp_zeek {

struct SyncOptions {
  bool feed = true;  ///< false: no feed is configured, polling alone finds what changes
  std::chrono::seconds interval{120};         ///< between looks at the event index
  std::chrono::seconds full_interval{21600};  ///< between full reconciles
  std::uint32_t batch_rows = 10'000;          ///< rows that a reply holds at most, as a rule
  double max_shrink = 0.2;           ///< share of all attributes that may leave by absence alone
  std::size_t shrink_floor = 10;     ///< so many may always
  std::size_t max_growth = 100'000;  ///< attributes one event may add if it doubles the set
  double max_load = 0.3;             ///< share of MISP's time for reads in the background
  std::size_t parallel = 2;          ///< requests in flight
  std::uint64_t seed = 1;            ///< of the jitter in retries
  /// A message comes before its transaction is committed: a reply asked for within this time after
  /// it does not count against it. A change by a message is verified when it is over.
  SteadyMs commit_grace = 5'000;
  SteadyMs silence = 31'000;   ///< three heartbeats without any message
  SteadyMs feed_wait = 3'000;  ///< how long the first read waits for the feed's connection
};

/// Why a reconcile was made or something had to be repaired. A closed set: metric labels.
enum class Cause {
  kTimer,
  kStart,
  kReconnect,
  kSilence,
  kPublisherRestart,
  kQueueOverflow,
  kMalformed,
  kMessage,  ///< a message that only a read can answer
  kOperator,
  kConfiguration,  ///< filter or mapping changed
  kViewer,         ///< the user's role, organisation or rights changed
};
std::string_view to_string(Cause cause);
inline constexpr std::size_t kCauseCount = 11;

/// How much of MISP a reconcile reads. A closed set: metric labels.
enum class ReconcileKind {
  kFull,    ///< every event
  kIndex,   ///< the events that the index says have changed
  kEvents,  ///< events that a message named
};
std::string_view to_string(ReconcileKind kind);

/// What a reconcile found that no message had told.
struct Drift {
  std::uint64_t added = 0;
  std::uint64_t changed = 0;
  std::uint64_t removed = 0;

  Drift& operator+=(const Drift& other) {
    added += other.added;
    changed += other.changed;
    removed += other.removed;
    return *this;
  }
};

/// A reconcile that came to its end.
struct ReconcileEnd {
  ReconcileKind kind = ReconcileKind::kFull;
  Cause cause = Cause::kTimer;
  SteadyMs duration = 0;
  Drift drift;
};

/// Removals that rest on an absence alone and are more than max_shrink allows.
struct BlockedRemovals {
  std::size_t count = 0;
  std::size_t held = 0;     ///< attributes in the store
  std::size_t allowed = 0;  ///< n = max(shrink_floor, max_shrink x held)
  Cause cause = Cause::kTimer;
  std::string text;  ///< for an operator, with the numbers and the way out; empty = none blocked
};

/// An event that would more than double the set.
struct BlockedGrowth {
  std::uint64_t event_id = 0;
  std::string info;
  std::size_t attributes = 0;  ///< at least so many would come
};

struct SyncStatus {
  bool bootstrapped = false;  ///< a full read was completed once
  bool feed_connected = false;
  std::optional<SteadyMs> last_message;    ///< any message, heartbeats included
  std::optional<SteadyMs> last_reconcile;  ///< end of the last complete reconcile
  std::optional<SteadyMs> last_full;
  ReconcileEnd last_end;   ///< the newest of SyncCounters::ended
  std::string rest_error;  ///< empty while MISP answers
  std::optional<SteadyMs> rest_error_since;
  BlockedRemovals blocked;
  std::vector<BlockedGrowth> growth;
  /// When a reconcile last ended before this process began, if the store was restored.
  std::optional<UnixSeconds> restored_from;
  std::uint64_t events_read = 0;      ///< of the full reconcile under way
  std::uint64_t events_expected = 0;  ///< events of the index; 0 = not read yet
  std::uint64_t rows_read = 0;
  std::optional<MispUser> user;

  // ---- as of the last tick() ----
  std::size_t stale_events = 0;  ///< known to be out of date, besides those blocked by growth
  std::optional<SteadyMs> oldest_stale;  ///< since when the oldest of them is
  std::uint64_t oldest_stale_event = 0;
  std::size_t unverified = 0;  ///< changes by messages that MISP has not confirmed yet
  std::optional<SteadyMs> oldest_unverified;  ///< when it was applied
  std::size_t waiting_removals = 0;  ///< by messages: too many in a minute, MISP is asked first
  std::string repeated_cause;        ///< a cause that repeats and is backed off; empty = none
  /// MISP's clock less this machine's in seconds; nullopt: not known yet.
  std::optional<std::int64_t> clock_skew;
  bool clock_trusted = true;  ///< false: a jump or a skew over 5 min; nothing leaves by age
  /// How late the deletion of an event or its unpublishing is seen at most, without a message.
  SteadyMs index_bound = 0;
  /// Rows that could not be read in the newest replies of their events; the first 100.
  std::vector<SkippedRow> skipped_rows;
  std::size_t skipped_count = 0;
};

struct SyncCounters {
  std::map<MessageKind, std::uint64_t> messages;
  std::map<FilterReason, std::uint64_t> filtered;  ///< live attributes refused, by reason
  std::map<Cause, std::uint64_t> reconciles;       ///< started, by cause
  std::uint64_t ended = 0;                         ///< reconciles that came to their end
  std::uint64_t confirmed = 0;                     ///< attributes looked up because of a message
  std::uint64_t contradicted = 0;  ///< of these, changes by messages that MISP does not show
  std::uint64_t late = 0;          ///< messages ignored: of a deleted event, or overtaken
  std::uint64_t skipped_rows = 0;
  std::uint64_t hidden_rows = 0;  ///< counted by MISP and not shown
  std::uint64_t requests = 0;
  std::uint64_t rows = 0;
  Drift drift;  ///< of all reconciles but the first and those after a change of the rules
  std::map<Cause, Drift> drift_by_cause;  ///< the same, by the cause of the reconcile
};

/// What is worth keeping of MispSync besides the store and the event table.
struct SavedSync {
  UnixSeconds last_reconcile = 0;  ///< end of the last complete reconcile; 0 = never
  UnixSeconds last_full = 0;       ///< of these, the full ones
  std::int64_t heard_until = 0;  ///< MISP's clock: messages and reads cover all until then; 0 = no
  bool operator==(const SavedSync&) const = default;
};

/// A row of the event table worth keeping.
struct SavedEventState {
  EventIndexRow row;
  bool fresh = false;           ///< read completely as of `row`
  std::int64_t read_until = 0;  ///< MISP's clock when it was read last
  std::uint64_t rows = 0;       ///< rows of the last complete reply
  bool operator==(const SavedEventState&) const = default;
};

/// What changed in the event table since it was last taken.
struct UnsavedEvents {
  std::vector<SavedEventState> events;
  std::vector<std::uint64_t> gone;
  bool empty() const { return events.empty() && gone.empty(); }
};

}  // namespace misp_zeek
