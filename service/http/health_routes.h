// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <vector>

#include "http/health.h"
#include "http/server.h"

namespace misp_zeek::http {

/// `/livez` and `/readyz`, see Server.
std::vector<Route> health_routes(const std::function<Health()>& health);

}  // namespace misp_zeek::http
