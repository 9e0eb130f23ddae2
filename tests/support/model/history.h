// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

#include "model/scenario.h"

namespace misp_zeek::model {

/// A random history: settings, about forty operations, and faults of every kind that world.h lists.
/// A sixth of the seeds have no faults, a sixth only delays. The same seed gives the same history.
Scenario random_history(std::uint32_t seed);

}  // namespace misp_zeek::model
