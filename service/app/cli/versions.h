// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

namespace misp_zeek::app {

/// One line each for this program and the libraries that its connections depend on.
std::string describe_versions();

}  // namespace misp_zeek::app
