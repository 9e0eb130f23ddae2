// SPDX-License-Identifier: BSD-3-Clause
#include "app/telemetry/metrics.h"

namespace misp_zeek::app {
namespace {

constexpr SteadyMs kUpdateInterval = 250;

/// A message takes a millisecond or less to Zeek's acknowledgement, a stalled Zeek minutes.
const std::vector<double> kFast = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                   0.25,   0.5,   1,      2.5,   5,    10,    30,   60};
/// Requests and reconciles.
const std::vector<double> kSlow = {0.01, 0.05, 0.1, 0.25, 0.5, 1,   2.5,
                                   5,    10,   30,  60,   120, 300, 600};
/// MISP's timestamps are whole seconds; a feed that hangs may be minutes late.
const std::vector<double> kDelay = {1, 2, 3, 5, 10, 30, 60, 120, 300, 900, 3600, 21600};

}  // namespace

Metrics::Metrics(const Config& config)
    : rest_durations_("misp_zeek_rest_request_seconds",
                      "Time of requests to MISP, whatever their outcome.", "operation", kSlow),
      reconciles_("misp_zeek_reconcile_seconds", "Duration of complete reconciles.", "kind", kSlow),
      applies_("misp_zeek_apply_delay_seconds",
               "From an attribute's timestamp in MISP to its place here, by live messages.", "",
               kDelay),
      propagation_("misp_zeek_propagation_seconds",
                   "From the feed's message to the acknowledgement of this Zeek.", "zeek", kFast),
      snapshots_("misp_zeek_session_snapshot_seconds",
                 "From the first message of a snapshot to the acknowledgement of its last.", "zeek",
                 kSlow) {
  // All series exist from the start, with zeros, so that alerts on them work.
  for (const auto name : kRestOperations) {
    const std::string operation(name);
    rest_durations_.declare(operation);
    rest_requests_[{operation, "ok"}] = 0;
    for (std::size_t code = 0; code < kErrorCodeCount; ++code) {
      rest_requests_[{operation, std::string(to_string(static_cast<ErrorCode>(code)))}] = 0;
    }
  }
  for (const auto kind : {ReconcileKind::kFull, ReconcileKind::kIndex, ReconcileKind::kEvents}) {
    reconciles_.declare(std::string(to_string(kind)));
  }
  applies_.declare("");
  for (const ZeekConfig& zeek : config.zeek) {
    propagation_.declare(zeek.name);
    snapshots_.declare(zeek.name);
  }
}

void Metrics::update(const View& view, TimePoint now) {
  if (next_update_ && now.steady < *next_update_) {
    return;
  }
  next_update_ = now.steady + kUpdateInterval;
  auto families = read_metrics(view, now);
  const std::lock_guard lock(mutex_);
  families_ = std::move(families);
}

void Metrics::rest_answered(std::string_view operation, std::string_view outcome, Seconds took) {
  const std::string name(operation);
  const std::lock_guard lock(mutex_);
  ++rest_requests_[{name, std::string(outcome)}];
  rest_durations_.observe(name, took.count());
}

void Metrics::reconcile_ended(ReconcileKind kind, Seconds took) {
  const std::lock_guard lock(mutex_);
  reconciles_.observe(std::string(to_string(kind)), took.count());
}

void Metrics::applied(Seconds delay) {
  const std::lock_guard lock(mutex_);
  applies_.observe("", delay.count());
}

void Metrics::acknowledged(const std::string& zeek, Seconds took) {
  const std::lock_guard lock(mutex_);
  propagation_.observe(zeek, took.count());
}

void Metrics::snapshot_sent(const std::string& zeek, Seconds took) {
  const std::lock_guard lock(mutex_);
  snapshots_.observe(zeek, took.count());
}

std::string Metrics::text() const {
  MetricFamily requests("misp_zeek_rest_requests_total", MetricType::kCounter,
                        "Requests to MISP, by operation and outcome.", {"operation", "outcome"});
  std::string text;
  const std::lock_guard lock(mutex_);
  for (const auto& [labels, count] : rest_requests_) {
    requests.add({labels.first, labels.second}, static_cast<double>(count));
  }
  for (const MetricFamily& family : families_) {
    family.append_to(text);
  }
  requests.append_to(text);
  for (const auto* histogram :
       {&rest_durations_, &reconciles_, &applies_, &propagation_, &snapshots_}) {
    histogram->append_to(text);
  }
  return text;
}

}  // namespace misp_zeek::app
