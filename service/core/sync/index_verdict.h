// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_set>

#include "core/sync/event_check.h"
#include "core/sync/event_table.h"
#include "core/sync/rest_call.h"
#include "core/sync/set_writer.h"
#include "core/sync/sync_context.h"

namespace misp_zeek {

/// What a reply of the event index means: which events are stale, which are gone, which are not
/// published any more.
class IndexVerdict {
 public:
  struct Reading {
    IndexCall::Which which = IndexCall::Which::kAll;
    SteadyMs asked = 0;
    std::int64_t server_time = 0;
    Cause cause = Cause::kTimer;
    bool all_stale = false;  ///< a full reconcile
    bool whole = false;      ///< messages may have been lost: deltas do not do
  };

  IndexVerdict(SyncContext& context, EventTable& events, EventCheck& checks, SetWriter& writer)
      : context_(context), events_(events), checks_(checks), writer_(writer) {}

  /// Events that the reconcile under way has to wait for join its round. Returns how many there
  /// are, with those that look deleted.
  std::size_t apply(const EventIndex& index, const Reading& reading);

 private:
  bool is_changed(const EventIndexRow& row, const Reading& reading);
  /// The row says that the event's attributes are not wanted.
  bool is_unpublished(const EventIndexRow& row) const;
  std::size_t find_missing(const std::unordered_set<std::uint64_t>& listed, const Reading& reading);

  SyncContext& context_;
  EventTable& events_;
  EventCheck& checks_;
  SetWriter& writer_;
};

}  // namespace misp_zeek
