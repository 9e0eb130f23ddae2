// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "stack/stack.h"

namespace misp_zeek::stack {

struct FloodOptions {
  std::string zeek;                         ///< program
  std::vector<std::string> zeek_arguments;  ///< besides the package and the flood
  int matches = 0;                          ///< up to 1,000 a second; 0: none, for `seconds`
  int seconds = 0;
};

/// A stack whose Zeek sees one indicator of MISP again and again (tests/support/zeek/flood.zeek).
class Flood {
 public:
  /// Returns when the flood is over; all programs run on. Throws std::runtime_error.
  explicit Flood(const FloodOptions& options);

  /// What flood.zeek wrote down.
  nlohmann::json result() const;
  /// The id of the indicator's event.
  const std::string& event() const { return event_; }
  Stack& stack() { return stack_; }

 private:
  Stack stack_;
  std::string event_;
  std::string result_;
};

}  // namespace misp_zeek::stack
