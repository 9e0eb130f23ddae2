// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/sync/absence_check.h"
#include "core/sync/batch_size.h"
#include "core/sync/event_table.h"
#include "core/sync/event_verdict.h"
#include "core/sync/giant_read.h"
#include "core/sync/rest_call.h"
#include "core/sync/sync_context.h"

namespace misp_zeek {

/// Reads stale events in batches and makes the store equal to the replies. Several requests may be
/// in flight; no event is in two of them. A reply without any row is believed only when an event
/// that must show rows was asked for with it, or when MISP shows rows without the filter.
class EventReader {
 public:
  EventReader(SyncContext& context, EventTable& events, AbsenceCheck& absences,
              EventVerdict& verdict, GiantRead& giants)
      : context_(context),
        events_(events),
        absences_(absences),
        verdict_(verdict),
        giants_(giants),
        size_(context.options.batch_rows) {}

  /// `held`: events that must not be read now.
  std::optional<RestCall> next_call(Lane lane, std::uint64_t request,
                                    const std::function<bool(std::uint64_t)>& held);
  void on_reply(std::uint64_t request, const RestReply& reply, SteadyMs asked);
  /// `took`: from the request to the error.
  void on_error(std::uint64_t request, ErrorCode code, SteadyMs took);
  bool is_busy(std::uint64_t event_id) const;
  /// When next_call() may have something, besides in_flight requests.
  std::optional<SteadyMs> next_due(Lane lane) const {
    return giants_.waits(lane) ? std::optional(context_.time()) : events_.next_due(lane);
  }
  void clear();
  /// Of the reconcile under way: whether a reply showed that MISP's search works, and whether
  /// replies without any row had to be taken.
  bool shown_any() const { return shown_any_; }
  bool unproven() const { return unproven_; }
  void open_round() { shown_any_ = unproven_ = false; }

 private:
  struct Batch {
    std::vector<std::uint64_t> events;
    bool fixed = false;
    std::uint32_t limit = 0;
    std::optional<std::uint64_t> sentinel;
    bool trial = false;  ///< without the filter
  };
  /// What is known of a reply without rows.
  struct EmptyReplies {
    int replies = 0;
    bool search_works = false;
  };

  Batch choose(Lane lane, const std::function<bool(std::uint64_t)>& held);
  std::optional<std::uint64_t> choose_sentinel(const Batch& batch) const;
  RestCall call_for(Batch& batch);
  bool believed(const Batch& batch, const AttributeReply& reply);
  void on_complete(const Batch& batch, const RestReply& reply, SteadyMs asked);
  void on_incomplete(const Batch& batch);
  void put_back(const Batch& batch, SteadyMs due);
  std::uint64_t expected(const EventState& state) const;

  SyncContext& context_;
  EventTable& events_;
  AbsenceCheck& absences_;
  EventVerdict& verdict_;
  GiantRead& giants_;
  BatchSize size_;
  std::map<std::uint64_t, Batch> in_flight_;
  std::unordered_map<std::uint64_t, EmptyReplies> empty_;  ///< by event
  bool shown_any_ = false;
  bool unproven_ = false;
};

}  // namespace misp_zeek
