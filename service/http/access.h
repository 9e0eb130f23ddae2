// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "http/server.h"

namespace misp_zeek::http {

/// What of a request decides whether it is served.
struct Asked {
  std::string method;  ///< "GET"
  unsigned version = 11;
  std::size_t hosts = 0;      ///< number of `Host` headers
  std::string host;           ///< the first
  std::string authorization;  ///< header
};

/// Why a request is not served, by the rules of Server; nullopt: it is. `route` is the one of its
/// path, or nullptr. `over_control`: it came over the control socket, from somebody who may.
std::optional<Response> refuse(const Asked& asked, const Route* route, const ServerOptions& options,
                               bool over_control);

/// An answer of plain text.
Response plain(int status, std::string text, std::map<std::string, std::string> headers = {});

}  // namespace misp_zeek::http
