// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include "app/telemetry/view.h"
#include "http/health.h"

namespace misp_zeek::app {

/// What is to be said of a Zeek: why it is not in sync, or that it is. The one place for it,
/// whoever tells.
std::string zeek_message(const View& view, const Peer& peer);

/// The checks behind /livez and /readyz.
///
/// Threads: update() is called by the loop thread at every turn, health() by any.
class HealthBoard {
 public:
  void update(const View& view, TimePoint now);
  http::Health health() const;

 private:
  void check_feed(const View& view, TimePoint now);
  void check_misp(const View& view, TimePoint now);
  /// What waits for an operator, and what MISP or a clock makes impossible.
  void check_limits(const View& view, TimePoint now);
  void check_zeek(const View& view, const Peer& peer, TimePoint now);
  /// What Zeek can be in sync without.
  void check_reports(const View& view, TimePoint now);
  void check_certificates(const View& view, TimePoint now);
  void set(const std::string& name, bool ok, std::string message, TimePoint now,
           bool warns = false);

  mutable std::mutex mutex_;
  std::vector<http::Check> checks_;
  std::atomic<SteadyMs> last_turn_ = 0;
};

}  // namespace misp_zeek::app
