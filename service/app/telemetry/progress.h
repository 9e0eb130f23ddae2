// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/sync/misp_sync.h"

namespace misp_zeek::app {

/// How far the first read of MISP is: on a terminal one line that is drawn over itself, else a line
/// of the log now and then. Only for the loop thread.
class Progress {
 public:
  /// At the end of every turn.
  void tell(const MispSync::Status& status, SteadyMs now);

 private:
  std::optional<SteadyMs> next_;
  bool done_ = false;
};

/// "reading MISP [##########          ]  50 %, 500 of 1000 events, 12000 attributes". `expected` 0:
/// the index is not read yet.
std::string progress_line(std::uint64_t rows, std::uint64_t events, std::uint64_t expected);

}  // namespace misp_zeek::app
