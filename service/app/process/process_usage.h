// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

namespace misp_zeek::app {

/// Of this process, in bytes; 0 where /proc does not tell.
std::uint64_t resident_memory();
/// User and system time of this process.
double processor_seconds();

}  // namespace misp_zeek::app
