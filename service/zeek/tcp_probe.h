// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace misp_zeek::zeek {

/// Whether something accepts TCP connections there; closes the connection at once. Waits up to
/// `timeout` for each of at most two addresses of the name, besides the name's resolution.
bool accepts_tcp(const std::string& host, std::uint16_t port, std::chrono::milliseconds timeout);

}  // namespace misp_zeek::zeek
