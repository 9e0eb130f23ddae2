// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <optional>
#include <unordered_map>
#include <vector>

#include "core/sync/absence_check.h"
#include "core/sync/event_table.h"
#include "core/sync/lookup_queue.h"
#include "core/sync/rest_call.h"
#include "core/sync/set_writer.h"
#include "core/sync/sync_context.h"

namespace misp_zeek {

/// Asks MISP for the attributes of the lookup queue, with one more that must be in the reply (the
/// sentinel), and does what the reply says. One request at a time.
class LookupReader {
 public:
  LookupReader(SyncContext& context, LookupQueue& lookups, EventTable& events,
               AbsenceCheck& absences, SetWriter& writer)
      : context_(context),
        lookups_(lookups),
        events_(events),
        absences_(absences),
        writer_(writer) {}

  std::optional<RestCall> next_call();
  void on_reply(const AttributeReply& reply, SteadyMs asked);
  void on_error() { batch_.clear(); }
  void clear() { on_error(); }
  bool waits() const { return !batch_.empty(); }
  /// Events of the attributes in the request under way: they are not read meanwhile.
  bool holds(std::uint64_t event_id) const;

 private:
  using Rows = std::unordered_map<Uuid, const AttributeRow*>;

  std::optional<Uuid> choose_sentinel(bool fixed) const;
  /// False: the reply lacks the sentinel although nothing explains that.
  bool believes(const Rows& rows, SteadyMs asked) const;
  void on_row(const Uuid& uuid, Lookup& lookup, const AttributeRow& row, SteadyMs asked);
  void on_absent(const Uuid& uuid, Lookup& lookup, bool sound, SteadyMs asked);
  void finish(const Uuid& uuid, Lookup& lookup, SteadyMs asked);
  bool look_again(const Uuid& uuid, Lookup& lookup, const AttributeRow* row, bool sound,
                  SteadyMs asked);

  SyncContext& context_;
  LookupQueue& lookups_;
  EventTable& events_;
  AbsenceCheck& absences_;
  SetWriter& writer_;
  std::vector<Uuid> batch_;
  std::optional<Uuid> sentinel_;
  std::size_t missed_sentinels_ = 0;  ///< in a row
};

}  // namespace misp_zeek
