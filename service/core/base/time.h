// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>

namespace misp_zeek {

/// Milliseconds of a clock that never jumps, from an arbitrary start.
using SteadyMs = std::int64_t;
/// Seconds since the epoch.
using UnixSeconds = std::int64_t;

/// The two clocks of one moment; the core has none of its own.
struct TimePoint {
  SteadyMs steady = 0;
  UnixSeconds unix_seconds = 0;
};

/// As "2026-01-01T00:00:00Z".
std::string rfc3339(UnixSeconds seconds);

}  // namespace misp_zeek
