// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "core/base/time.h"
#include "core/sync/event_table.h"

namespace misp_zeek {

/// Whose turn it is: the lanes with work take turns, and the background lane has a budget of MISP's
/// time.
class Lanes {
 public:
  explicit Lanes(double max_load) : max_load_(std::clamp(max_load, 0.01, 1.0)) {}

  /// The lanes in the order in which they may ask.
  std::array<Lane, kLaneCount> order() const {
    std::array<Lane, kLaneCount> lanes{};
    for (std::size_t i = 0; i < kLaneCount; ++i) {
      lanes.at(i) = static_cast<Lane>((last_ + 1 + i) % kLaneCount);
    }
    return lanes;
  }
  void took(Lane lane) { last_ = static_cast<std::size_t>(lane); }
  /// A request of the background lane took so long; `exempt`: it has no budget.
  void spent(SteadyMs duration, bool exempt, SteadyMs now) {
    const double pause = static_cast<double>(duration) * (1.0 / max_load_ - 1.0);
    background_from_ = exempt ? now : now + static_cast<SteadyMs>(pause);
  }
  bool background_may(SteadyMs now, bool exempt) const { return exempt || now >= background_from_; }
  SteadyMs background_from() const { return background_from_; }

 private:
  double max_load_;
  std::size_t last_ = 0;
  SteadyMs background_from_ = 0;
};

}  // namespace misp_zeek
