// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>

#include "core/base/error.h"

namespace misp_zeek::http {

/// Where a server listens.
struct ListenPlace {
  std::string host;  ///< a name or an address without brackets
  std::uint16_t port = 0;
};

/// Reads "ADDRESS:PORT" or "[IPV6]:PORT". Errors: kInvalidConfig.
Result<ListenPlace> parse_listen_place(const std::string& listen);

/// The URL at which a browser on this machine finds a server with this `http.listen`.
std::string local_url(const std::string& listen, bool tls);

}  // namespace misp_zeek::http
