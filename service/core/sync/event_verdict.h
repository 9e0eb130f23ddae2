// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/sync/absence_check.h"
#include "core/sync/event_table.h"
#include "core/sync/growth_brake.h"
#include "core/sync/rest_call.h"
#include "core/sync/set_writer.h"
#include "core/sync/skipped_rows.h"
#include "core/sync/sync_context.h"

namespace misp_zeek {

/// What complete replies mean for the events that were asked for: their rows are taken, attributes
/// that they lack are suspected, and the event is fresh.
class EventVerdict {
 public:
  /// What the replies about one event showed.
  struct Seen {
    std::unordered_set<Uuid> uuids;  ///< those of skipped rows, too
    std::vector<SkippedRow> skipped;
    std::uint64_t rows = 0;
    bool unnamed = false;  ///< a skipped row may be any attribute: no absence is proved
  };

  EventVerdict(SyncContext& context, EventTable& events, AbsenceCheck& absences, SetWriter& writer,
               LookupQueue& lookups, GrowthBrake& growth)
      : context_(context),
        events_(events),
        absences_(absences),
        writer_(writer),
        lookups_(lookups),
        growth_(growth),
        skipped_(context) {}

  /// Takes the rows; returns what was seen of each event. Skipped rows without an event count for
  /// all of `events`.
  std::unordered_map<std::uint64_t, Seen> take(const std::vector<std::uint64_t>& events,
                                               const AttributeReply& reply, SteadyMs asked);
  /// The event was read completely by requests from `asked` on.
  void conclude(std::uint64_t id, Seen seen, SteadyMs asked, std::int64_t server_time);
  /// The event was read so soon after its own timestamp that it may change again within that
  /// second: its changes are read once more. `mark`: why it was read.
  void read_again_if_young(std::uint64_t id, const StaleMark& mark, std::int64_t server_time);
  /// Events of the rows whose new attributes are too many to be taken without the operator.
  std::unordered_set<std::uint64_t> stopped(const AttributeReply& reply) const;
  /// What the event's new attributes among the rows are.
  std::size_t count_new(const AttributeReply& reply) const;
  void forget(std::uint64_t id);
  void clear() { skipped_.clear(); }

 private:
  SyncContext& context_;
  EventTable& events_;
  AbsenceCheck& absences_;
  SetWriter& writer_;
  LookupQueue& lookups_;
  GrowthBrake& growth_;
  SkippedRows skipped_;
};

}  // namespace misp_zeek
