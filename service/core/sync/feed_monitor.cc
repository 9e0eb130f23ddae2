// SPDX-License-Identifier: BSD-3-Clause
#include "core/sync/feed_monitor.h"

#include <utility>

namespace misp_zeek {

std::optional<FeedLoss> FeedMonitor::on_connected(bool reading) {
  context_.status.feed_connected = true;
  context_.status.last_message = context_.time();
  const bool before = std::exchange(seen_, true);
  silent_ = false;
  if (before || reading) {
    return on_gap(Cause::kReconnect);
  }
  heard_ = context_.time();
  return std::nullopt;
}

void FeedMonitor::on_disconnected() { context_.status.feed_connected = false; }

void FeedMonitor::on_message() {
  context_.status.last_message = context_.time();
  heard_ = context_.time();
  silent_ = false;
}

std::optional<FeedLoss> FeedMonitor::on_heartbeat(std::int64_t uptime_seconds) {
  const bool restarted = uptime_seconds < std::exchange(uptime_, uptime_seconds);
  return restarted ? std::optional(on_gap(Cause::kPublisherRestart)) : std::nullopt;
}

FeedLoss FeedMonitor::on_gap(Cause cause) {
  // A queue that overflows and a publisher that restarts lose what was sent a while ago.
  const SteadyMs since = std::min(heard_, context_.time() - context_.options.silence);
  heard_ = context_.time();
  return {cause, since};
}

std::optional<FeedLoss> FeedMonitor::tick() {
  const auto& status = context_.status;
  if (status.feed_connected && !silent_ && status.last_message &&
      context_.time() - *status.last_message > context_.options.silence) {
    silent_ = true;
    return on_gap(Cause::kSilence);
  }
  return std::nullopt;
}

}  // namespace misp_zeek
