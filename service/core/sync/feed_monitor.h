// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/time.h"
#include "core/sync/sync_context.h"

namespace misp_zeek {

/// Messages may have been lost since `since`.
struct FeedLoss {
  Cause cause = Cause::kReconnect;
  SteadyMs since = 0;
};

/// Whether the feed speaks: connection, silence, restarts of MISP's publisher.
class FeedMonitor {
 public:
  explicit FeedMonitor(SyncContext& context) : context_(context) {}

  /// `reading`: MISP was read already, so that earlier messages are missing.
  std::optional<FeedLoss> on_connected(bool reading);
  void on_disconnected();
  void on_message();
  std::optional<FeedLoss> on_heartbeat(std::int64_t uptime_seconds);
  FeedLoss on_gap(Cause cause);
  /// Notices silence.
  std::optional<FeedLoss> tick();
  /// Connected, and not silent: every change is told.
  bool healthy() const { return context_.status.feed_connected && !silent_; }

 private:
  SyncContext& context_;
  bool seen_ = false;
  bool silent_ = false;
  std::int64_t uptime_ = 0;
  SteadyMs heard_ = 0;  ///< the last message
};

}  // namespace misp_zeek
