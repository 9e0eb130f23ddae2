// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <iosfwd>

#include "app/config/config.h"

namespace misp_zeek::app {

/// `check --connect`
struct ConnectCheck {
  bool json = false;
  std::chrono::seconds patience{12};  ///< for the feed and each Zeek; a heartbeat comes every 10 s
};

/// Tries MISP's REST interface with the key, the feed until a message arrives, and each Zeek
/// until its package answers; prints what is well and what to do about the rest. When a service
/// runs with this configuration its Zeeks are not greeted, because that would end its sessions:
/// what it says of them is printed. Exit status 0: all is well, 1: not.
int check_connections(const Config& config, const ConnectCheck& check, std::ostream& out);

}  // namespace misp_zeek::app
