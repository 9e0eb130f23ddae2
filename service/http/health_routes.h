// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "http/health.h"
#include "http/server.h"

namespace misp_zeek::http {

/// Each check as `/readyz` shows it: `name`, `ok`, `warning`, `since`, `message`.
nlohmann::ordered_json checks_json(const Health& health);

/// `/livez` and `/readyz`, see Server.
std::vector<Route> health_routes(const std::function<Health()>& health);

}  // namespace misp_zeek::http
