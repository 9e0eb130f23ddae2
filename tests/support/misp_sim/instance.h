// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "json_fields.h"

namespace misp_zeek::misp_sim {

/// What an administrator of the simulated MISP sets. Not thread safe: the owner locks.
class Instance {
 public:
  /// Takes over the settings that `settings` has (README.md, `/sim/instance`). Returns what is
  /// wrong with them, "" when nothing is; nothing is changed then.
  std::string change(const Json& settings);

  /// The allowedlist hides the value from every search, after paging.
  [[nodiscard]] bool hides(const std::string& value) const;

 private:
  std::vector<std::function<bool(const std::string&)>> allowedlist_;
};

}  // namespace misp_zeek::misp_sim
