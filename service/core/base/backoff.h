// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>

#include "core/base/time.h"

namespace misp_zeek {

/// The pause before the next attempt, with `failures` before the one that has just failed: `first`,
/// doubled by each of them up to `longest`, and of that at random from half to all, so that many
/// services do not come back at the same moment.
inline SteadyMs retry_pause(SteadyMs first, int failures, SteadyMs longest,
                            std::minstd_rand& random) {
  const SteadyMs half = std::min(first << std::min(failures, 20), longest) / 2;
  return half + static_cast<SteadyMs>(random() % static_cast<std::uint64_t>(half + 1));
}

}  // namespace misp_zeek
