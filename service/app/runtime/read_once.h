// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "app/config/config.h"
#include "core/store/indicator_store.h"
#include "core/sync/misp_rest.h"

namespace misp_zeek::app {

/// Reads MISP once, as the service does at its start, but one request at a time and without feed
/// and Zeek, and puts into `store` what Zeek must hold. Blocking. Errors: the first request that
/// failed.
Result<void> read_once(const Config& config, MispRest& rest, IndicatorStore& store);

}  // namespace misp_zeek::app
