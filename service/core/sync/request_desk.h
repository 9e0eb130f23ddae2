// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

#include "core/base/error.h"
#include "core/sync/absence_check.h"
#include "core/sync/event_check.h"
#include "core/sync/event_reader.h"
#include "core/sync/feed_monitor.h"
#include "core/sync/lanes.h"
#include "core/sync/lookup_reader.h"
#include "core/sync/reconciler.h"
#include "core/sync/rest_call.h"
#include "core/sync/sync_context.h"
#include "core/sync/viewer_watch.h"

namespace misp_zeek {

/// Decides which request is made next, brings each reply to who asked, and backs off when MISP
/// fails.
class RequestDesk {
 public:
  struct Askers {
    ViewerWatch& viewer;
    Reconciler& reconciler;
    EventCheck& checks;
    LookupReader& lookups;
    AbsenceCheck& absences;
    EventReader& reader;
    const FeedMonitor& feed;
  };

  RequestDesk(SyncContext& context, Askers askers)
      : context_(context), askers_(askers), lanes_(context.options.max_load) {}

  std::optional<RestRequest> next();
  /// False: nobody waits for it.
  bool on_reply(std::uint64_t id, const Result<RestReply>& reply);
  std::size_t in_flight() const { return in_flight_.size(); }
  /// Forgets what is in flight.
  void clear();
  void retry_now() { retry_at_ = 0; }
  /// Whatever failed, MISP may be back: ends the back-off, unless MISP asked to wait.
  void on_feed_connected();
  void wait_until(SteadyMs time) { retry_at_ = time; }
  SteadyMs next_due(const LookupQueue& queue) const;

 private:
  enum class Asker : std::uint8_t {
    kViewer,
    kIndex,
    kDelta,
    kChecks,
    kLookups,
    kAbsences,
    kReader
  };
  struct Flight {
    Asker asker = Asker::kViewer;
    Lane lane = Lane::kLookups;
    SteadyMs asked = 0;
    bool exempt = false;
  };

  std::optional<RestCall> choose(Flight& flight, std::uint64_t id);
  std::optional<RestCall> ask_lookups(Flight& flight);
  std::optional<RestCall> ask_reader(Lane lane, Flight& flight, std::uint64_t id);
  void bound_age(RestCall& call) const;
  void on_success(const Flight& flight, std::uint64_t id, const RestReply& reply);
  void on_error(const Flight& flight, std::uint64_t id, const Error& error);
  SteadyMs retry_delay(const Error& error);

  SyncContext& context_;
  Askers askers_;
  Lanes lanes_;
  std::map<std::uint64_t, Flight> in_flight_;
  std::uint64_t last_id_ = 0;
  SteadyMs retry_at_ = 0;
  bool rate_limited_ = false;  ///< the last error asked to wait
  SteadyMs lookups_from_ = 0;
};

}  // namespace misp_zeek
