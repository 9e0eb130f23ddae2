// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/sync/event_check.h"
#include "core/sync/event_table.h"
#include "core/sync/event_verdict.h"
#include "core/sync/growth_brake.h"
#include "core/sync/lookup_queue.h"
#include "core/sync/rest_call.h"
#include "core/sync/set_writer.h"
#include "core/sync/sync_context.h"

namespace misp_zeek {

/// Reads one event that is too large for a batch: in pages between two looks at its timestamp, or,
/// when only its changes are of interest, by a delta. One event and one request at a time; after an
/// error it goes on where it was.
class GiantRead {
 public:
  GiantRead(SyncContext& context, EventTable& events, EventVerdict& verdict, SetWriter& writer,
            LookupQueue& lookups, GrowthBrake& growth, EventCheck& checks)
      : context_(context),
        events_(events),
        verdict_(verdict),
        writer_(writer),
        lookups_(lookups),
        growth_(growth),
        checks_(checks) {}

  bool idle() const { return !read_; }
  Lane lane() const { return read_ ? read_->lane : Lane::kBackground; }
  /// It has a request to make.
  bool waits(Lane lane) const { return read_ && !read_->in_flight && read_->lane == lane; }
  bool is_busy(std::uint64_t event_id) const { return read_ && read_->id == event_id; }
  void begin(std::uint64_t id, bool delta);
  std::optional<RestCall> next_call();
  void on_reply(const RestReply& reply, SteadyMs asked);
  void on_error(SteadyMs retry_at);
  void clear() { read_.reset(); }

 private:
  struct Read {
    enum class Step { kDelta, kLook, kCount, kPage, kLookAgain };
    std::uint64_t id = 0;
    Lane lane = Lane::kEvents;
    Step step = Step::kLook;
    bool in_flight = false;
    std::uint32_t page = 1;
    SteadyMs asked = 0;            ///< when the first page was
    std::int64_t server_time = 0;  ///< MISP's clock then
    EventIndexRow row;             ///< as the first look showed it
    std::uint64_t attributes = 0;  ///< the same
    std::string info;
    std::size_t more = 0;  ///< new attributes counted
    int restarts = 0;
    int failures = 0;
    EventVerdict::Seen seen;
  };

  SearchCall delta_call() const;
  SearchCall page_call() const;
  void on_look(const EventDetails& reply, SteadyMs asked);
  void on_count(const AttributeReply& reply);
  void on_page(const RestReply& reply, SteadyMs asked);
  void on_delta(const RestReply& reply, SteadyMs asked);
  void take_changed(const AttributeRow& row, SteadyMs asked);
  void finish_delta(bool explained, SteadyMs asked, std::int64_t server_time);
  void first_page(Read::Step step);
  void give_up(SteadyMs due);

  SyncContext& context_;
  EventTable& events_;
  EventVerdict& verdict_;
  SetWriter& writer_;
  LookupQueue& lookups_;
  GrowthBrake& growth_;
  EventCheck& checks_;
  std::optional<Read> read_;
};

}  // namespace misp_zeek
