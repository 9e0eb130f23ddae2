// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "app/telemetry/view.h"

namespace misp_zeek::app {

inline constexpr std::size_t kMaxExplainQuery = 2'048;  ///< bytes

/// Why a value, an attribute (by uuid) or an event (by id or uuid) is in Zeek or not, as far as the
/// service knows it. Version 1:
///
///     {"version": 1, "query": "evil.example", "found": true, "revision": of what Zeek must hold,
///      "answer": "one line for people",
///      "attributes": [{"uuid", "id", "event_id", "type", "timestamp", "rejected": "" or reason,
///                      "indicators": [...]}],
///      "indicators": [{"indicator", "indicator_type", "event_id", "event", "url", "attributes",
///                      "zeeks": [{"name", "state": "held" | "refused" | "under way" | "away",
///                                 "reason", "revision": acknowledged, "workers",
///                                 "workers_in_sync"}]}],
///      "more": false}
///
/// Lists have kExplainBound entries at most; `"more": true` says that there are others.
nlohmann::ordered_json explain_json(const View& view, const std::string& query);

inline constexpr std::size_t kExplainBound = 100;

}  // namespace misp_zeek::app
