// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "model/scenario.h"

namespace misp_zeek::model {

/// Runs a scenario; empty: it holds. Else takes out steps, options and settings as long as it still
/// fails, and returns the failure and the scenario that is left, as the text of a file.
std::string run_and_shrink(const Scenario& scenario);

/// The smallest scenario that was found to fail still; `scenario` must fail.
Scenario shrink(Scenario scenario);

}  // namespace misp_zeek::model
