// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace misp_zeek::http {

/// One thing that must hold for the sensor to be in sync.
struct Check {
  std::string name;
  bool ok = false;
  std::int64_t since = 0;  ///< seconds since the epoch at which `ok` took this value
  std::string message;     ///< for an operator
  bool warns = false;      ///< Zeek can be in sync without it: it does not count for ready()
};

struct Health {
  bool live = false;          ///< the loop turns; depends on nobody else
  std::vector<Check> checks;  ///< all ok, but for those that only warn = ready

  bool ready() const {
    return live && std::all_of(checks.begin(), checks.end(),
                               [](const Check& check) { return check.ok || check.warns; });
  }
};

}  // namespace misp_zeek::http
