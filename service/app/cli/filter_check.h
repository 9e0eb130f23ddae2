// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "app/cli/misp_explain.h"

namespace misp_zeek::app {

/// What MISP says of a name in the filter.
struct FilterFinding {
  bool ok = true;
  std::string message;  ///< with the key, the name, and what to do
};

/// Names in `[filter]` that MISP does not know: events, and tags that no attribute has. One search
/// for each tag. Errors: those of `ask`.
Result<std::vector<FilterFinding>> check_filter(const FilterOptions& filter, const AskMisp& ask);

}  // namespace misp_zeek::app
