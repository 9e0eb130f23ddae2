// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/telemetry/view.h"
#include "http/server.h"

namespace misp_zeek::app {

/// Has the loop call a function with its state, and waits for that. False: it did not within five
/// seconds, and will perhaps call it later.
using AskLoop = std::function<bool(std::function<void(const View&, TimePoint)>)>;

/// The routes that read: `/`, `/status`, `/v1/explain`, `/v1/export` and `/metrics`.
std::vector<http::Route> reading_routes(const AskLoop& ask,
                                        const std::function<http::Health()>& health,
                                        const std::function<std::string()>& metrics);

}  // namespace misp_zeek::app
