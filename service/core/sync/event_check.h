// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "core/sync/absence_check.h"
#include "core/sync/event_table.h"
#include "core/sync/rest_call.h"
#include "core/sync/set_writer.h"
#include "core/sync/sync_context.h"

namespace misp_zeek {

/// Events that look deleted: the index lacks them, or a message said so. Each is asked for once
/// more, together with an event that must be in the reply. What that reply lacks is gone. One
/// request at a time.
class EventCheck {
 public:
  EventCheck(SyncContext& context, EventTable& events, AbsenceCheck& absences, SetWriter& writer)
      : context_(context), events_(events), absences_(absences), writer_(writer) {}

  /// The whole index lacks it.
  void missing(std::uint64_t id, Cause cause, bool in_round);
  /// A message says that it was deleted.
  void announced(std::uint64_t id, SteadyMs due);
  /// A change may have unpublished or hidden it: at `due`, and once more at `again`.
  void look(std::uint64_t id, SteadyMs due, SteadyMs again);

  /// Whether the id belongs to another event than before, whose attributes are removed then.
  bool replace_reused(const EventIndexRow& row, Cause cause);

  std::optional<RestCall> next_call();
  void on_reply(const EventDetails& reply, SteadyMs asked);
  void on_error() { batch_.clear(); }
  std::optional<SteadyMs> next_due() const;
  std::size_t open() const { return checks_.size(); }
  /// Removals that wait for a reply.
  std::size_t waiting_removals() const;
  bool round_left() const;
  void clear();

 private:
  struct Check {
    Cause cause = Cause::kTimer;
    bool in_round = false;
    bool announced = false;
    SteadyMs due = 0;
    SteadyMs again = 0;  ///< a reply asked for earlier is not the last one
    int attempts = 0;
  };

  std::optional<std::uint64_t> choose_sentinel() const;
  void on_shown(const EventDetail& detail, const Check& check, SteadyMs asked);
  void on_gone(std::uint64_t id, const Check& check);
  void on_unproven(std::uint64_t id, Check check);

  SyncContext& context_;
  EventTable& events_;
  AbsenceCheck& absences_;
  SetWriter& writer_;
  std::map<std::uint64_t, Check> checks_;
  std::vector<std::uint64_t> batch_;
  std::optional<std::uint64_t> sentinel_;
};

}  // namespace misp_zeek
