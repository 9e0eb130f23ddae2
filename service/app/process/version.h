// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

namespace misp_zeek::app {

/// Version of this program, from the file VERSION.
std::string version();

}  // namespace misp_zeek::app
