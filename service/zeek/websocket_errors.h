// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <boost/beast/core/error.hpp>
#include <string>

#include "core/base/error.h"

/// What the failures of a WebSocket connection mean. Only for websocket_client.cc.
namespace misp_zeek::zeek {

enum class Stage { kResolve, kConnect, kTls, kUpgrade, kSubscribe, kOpen };

/// What is known besides the error code.
struct FailureContext {
  Stage stage = Stage::kResolve;
  bool use_tls = false;
  int http_status = 0;              ///< of the answer to the upgrade; 0: none
  std::string certificate_problem;  ///< of the server's certificate; empty: none
  std::string close_reason;         ///< that Zeek gave with its closing; empty: none
};

Error describe_failure(boost::beast::error_code error, const FailureContext& context);

}  // namespace misp_zeek::zeek
