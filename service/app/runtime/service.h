// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "app/config/config.h"
#include "app/config/diff.h"

namespace misp_zeek::app {

/// Runs until SIGTERM or SIGINT; SIGHUP calls `reload` on another thread. Exit status: 0 after a
/// signal, 1 when it could not start.
int run_service(const Config& config, const ReloadConfig& reload);

}  // namespace misp_zeek::app
