// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/config/config.h"
#include "app/telemetry/latency_history.h"
#include "app/telemetry/propagation.h"
#include "core/session/zeek_link.h"
#include "core/session/zeek_session.h"
#include "core/sightings/match_notifications.h"
#include "core/sightings/sighting_queue.h"
#include "core/sync/misp_feed.h"
#include "core/sync/misp_sync.h"

namespace misp_zeek::app {

/// One Zeek of the configuration.
struct Peer {
  std::unique_ptr<ZeekLink> link;
  std::unique_ptr<ZeekSession> session;
  /// Its digest agreed once in the session under way, with a store that was complete.
  bool was_in_step = false;
  Propagation propagation;  ///< live changes on their way to it
  std::optional<SteadyMs> snapshot_began;
};

/// What the loop knows, for those who tell of it: log, health, metrics, status. Only for the loop
/// thread.
struct View {
  const Config& config;
  const IndicatorStore& store;
  const MispSync& sync;
  const std::vector<Peer>& peers;
  const std::string& feed_problem;  ///< empty while the feed is connected
  const MispFeed* feed;             ///< nullptr before the start
  std::size_t queued;               ///< inputs that wait for the loop
  const LatencyHistory& latency;
  const SightingQueue* sightings;  ///< nullptr: matches are not reported
  const MatchNotices* notices;     ///< nullptr: there is no webhook
  SteadyMs started;
  bool paused;                     ///< an operator has stopped changes of Zeek
  bool loading;                    ///< saved state is still being loaded
  const std::string& start_cause;  ///< what differs from the state of before: "no saved state"
  std::string storage_problem;     ///< why nothing is stored in state.path; empty: it is
};

}  // namespace misp_zeek::app
