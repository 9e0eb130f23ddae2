// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <string>

#include "core/base/error.h"
#include "http/server.h"

/// How the command line reaches a running service: by HTTP over a Unix socket, which Server makes
/// and which root and the service's user alone may open. No token travels.
namespace misp_zeek::http {

/// Asks the service that listens at `socket`. `method` is "GET" or "POST", `target` a path with its
/// query, e.g. "/v1/reconcile?full". Any answer is a result, whatever its status. Errors:
/// kUnavailable when nobody answers or the answer stops, kTimeout when nothing comes for
/// `patience`.
Result<Response> ask_service(const std::string& socket, const std::string& method,
                             const std::string& target, std::chrono::seconds patience);

}  // namespace misp_zeek::http
