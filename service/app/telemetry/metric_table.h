// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "app/telemetry/metric_text.h"
#include "app/telemetry/view.h"

namespace misp_zeek::app {

/// One metric that is read from the loop's state.
struct MetricRow {
  std::string name;  ///< misp_zeek_<noun>_<unit>[_total]
  MetricType type;
  std::string help;
  std::vector<std::string> labels;  ///< each with a closed set of values
  void (*read)(const View& view, TimePoint now, MetricFamily& out);
};

/// All of them. A new metric is a line here, and one in tests/unit/app/telemetry/metrics.golden.
const std::vector<MetricRow>& metric_table();

std::vector<MetricFamily> read_metrics(const View& view, TimePoint now);

}  // namespace misp_zeek::app
