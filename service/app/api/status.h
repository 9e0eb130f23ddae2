// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "app/telemetry/view.h"
#include "http/health.h"

namespace misp_zeek::app {

/// `/status`, version 1; docs/operations.md has its fields. A reader ignores fields that it does
/// not know.
nlohmann::ordered_json status_json(const View& view, const http::Health& health, TimePoint now);

}  // namespace misp_zeek::app
