// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "app/config/config.h"

namespace misp_zeek::app {

/// A key that names a place which a service could not use now.
struct PlaceProblem {
  std::string key;
  std::string what;     ///< and why
  std::string allowed;  ///< what to do
  bool certain = true;  ///< false: only this user may not use it
};

/// Tries the state folder, without a change to it, and the addresses at which the service would
/// listen. What a service that runs with this configuration has in use is no problem.
std::vector<PlaceProblem> check_places(const Config& config);

}  // namespace misp_zeek::app
