// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "core/base/time.h"

namespace misp_zeek::app {

/// The only place that reads a clock for the core.
TimePoint read_clocks();

}  // namespace misp_zeek::app
