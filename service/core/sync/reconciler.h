// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>

#include "core/sync/absence_check.h"
#include "core/sync/event_check.h"
#include "core/sync/event_reader.h"
#include "core/sync/event_table.h"
#include "core/sync/feed_monitor.h"
#include "core/sync/gap_delta.h"
#include "core/sync/index_poller.h"
#include "core/sync/index_verdict.h"
#include "core/sync/reconcile_schedule.h"
#include "core/sync/sync_context.h"

namespace misp_zeek {

/// Reconciles: a full one reads every event of the index, an index one those that the index says
/// have changed. One at a time; it ends when its events are read and what they lack is decided.
class Reconciler {
 public:
  Reconciler(SyncContext& context, EventTable& events, AbsenceCheck& absences, EventCheck& checks,
             SetWriter& writer, EventReader& reader);

  /// `due`: not earlier.
  void request(bool full, Cause cause, SteadyMs due);
  void on_loss(const FeedLoss& loss);
  /// What the next full one finds may go, however much it is.
  void accept_next();

  /// `feed_healthy`: messages tell every change.
  std::optional<RestCall> next_call(bool feed_healthy);
  void on_index(const EventIndex& index, std::int64_t server_time, SteadyMs asked,
                bool feed_healthy);
  void on_delta(const AttributeReply& reply, SteadyMs asked);
  void on_error(bool index);
  /// Ends what is at its end.
  void tick();
  SteadyMs next_due() const;

  void restore(const SavedSync& saved);
  const SavedSync& saved() const { return saved_; }
  std::uint64_t ended() const { return ended_; }
  /// The reads of the reconcile under way have no budget: nobody is in sync before, or an operator
  /// waits.
  bool is_exempt() const;
  std::string repeated() const { return schedule_.repeated(context_.time()); }
  SteadyMs index_bound() const { return poller_.bound(); }
  void clear();

 private:
  struct Round {
    ReconcileKind kind = ReconcileKind::kIndex;
    Cause cause = Cause::kTimer;
    SteadyMs started = 0;
    std::int64_t misp_time = 0;  ///< MISP's clock at its start
    bool indexed = false;        ///< the index of this round was read
    bool counted = false;        ///< its events are read, its suspects are being decided
    bool accepted = false;
    bool listed_any = false;  ///< the index showed events
  };

  void begin(ReconcileKind kind, Cause cause);
  void end();
  void end_full();
  bool is_waiting_for_feed() const;

  SyncContext& context_;
  EventTable& events_;
  AbsenceCheck& absences_;
  EventCheck& checks_;
  EventReader& reader_;
  IndexVerdict verdict_;
  ReconcileSchedule schedule_;
  IndexPoller poller_;
  GapDelta delta_;
  std::optional<Round> round_;
  SavedSync saved_;
  std::uint64_t ended_ = 0;
  SteadyMs started_;
  int unproven_ = 0;  ///< full ones in a row that no sentinel vouches for
  bool accept_next_ = false;
};

}  // namespace misp_zeek
