// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>

#include "core/sync/event_table.h"
#include "core/sync/rest_call.h"
#include "core/sync/sync_context.h"

namespace misp_zeek {

/// After a gap in the feed: which attributes changed since, whatever their event's timestamp says.
/// Their events are stale then. One request at a time.
class GapDelta {
 public:
  GapDelta(SyncContext& context, EventTable& events) : context_(context), events_(events) {}

  /// Seconds of MISP's clock.
  void request(std::int64_t since, Cause cause);
  std::optional<RestCall> next_call();
  /// False: more has changed than a delta can tell; a full reconcile must.
  bool on_reply(const AttributeReply& reply, SteadyMs asked, bool in_round);
  void on_error() { in_flight_ = false; }
  bool open() const { return since_.has_value(); }
  bool waits() const { return in_flight_; }
  void clear();

 private:
  bool differs(const AttributeRow& row, SteadyMs asked) const;

  SyncContext& context_;
  EventTable& events_;
  std::optional<std::int64_t> since_;
  Cause cause_ = Cause::kTimer;
  std::uint32_t page_ = 1;
  bool in_flight_ = false;
};

}  // namespace misp_zeek
