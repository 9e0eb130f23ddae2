// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/telemetry/metric_table.h"
#include "app/telemetry/view.h"

namespace misp_zeek::app {

/// Requests to MISP. A closed set: metric labels.
inline constexpr std::array<std::string_view, 5> kRestOperations = {"search", "events", "index",
                                                                    "presence", "user"};

/// What /metrics serves, in Prometheus' text format 0.0.4. What the loop's state says is a line of
/// metric_table.cc; durations are the histograms here. No label ever has an indicator's value.
///
/// Threads: update() is for the loop thread; all others may be called by any.
class Metrics {
 public:
  using Seconds = std::chrono::duration<double>;

  explicit Metrics(const Config& config);

  /// Takes over the loop's state, at most four times a second.
  void update(const View& view, TimePoint now);
  /// `operation`: one of kRestOperations. `outcome`: "ok" or an ErrorCode's name.
  void rest_answered(std::string_view operation, std::string_view outcome, Seconds took);
  void reconcile_ended(ReconcileKind kind, Seconds took);
  /// From MISP's timestamp of an attribute, in whole seconds, to its place in the store.
  void applied(Seconds delay);
  /// From the feed's message to the acknowledgement of this Zeek.
  void acknowledged(const std::string& zeek, Seconds took);
  void snapshot_sent(const std::string& zeek, Seconds took);

  std::string text() const;

 private:
  std::optional<SteadyMs> next_update_;  ///< of the loop thread

  mutable std::mutex mutex_;
  std::vector<MetricFamily> families_;
  std::map<std::pair<std::string, std::string>, std::uint64_t> rest_requests_;
  HistogramFamily rest_durations_;
  HistogramFamily reconciles_;
  HistogramFamily applies_;
  HistogramFamily propagation_;
  HistogramFamily snapshots_;
};

}  // namespace misp_zeek::app
