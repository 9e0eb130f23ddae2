// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/base/time.h"
#include "core/mapping/filter.h"
#include "core/mapping/mapping.h"
#include "core/sync/rest_call.h"

namespace misp_zeek::app {

/// Makes one call to MISP; searches with `apply_filter` use these options.
using AskMisp = std::function<Result<RestReply>(const FilterOptions& filter, const RestCall& call)>;

/// Why MISP's attributes are indicators or not, for an operator: each line names one attribute, the
/// decision, and the key of the configuration that made it. What only MISP can judge (tags,
/// warninglists, publication) is asked from MISP by searches that lack one condition each.
/// `query`: a uuid, an event id or a whole value. At most 20 attributes are looked into.
Result<std::vector<std::string>> explain_from_misp(const std::string& query,
                                                   const FilterOptions& options,
                                                   const Mapping& mapping, const AskMisp& ask,
                                                   UnixSeconds now);

}  // namespace misp_zeek::app
