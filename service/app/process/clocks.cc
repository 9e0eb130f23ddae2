// SPDX-License-Identifier: BSD-3-Clause
#include "app/process/clocks.h"

#include <chrono>

namespace misp_zeek::app {

TimePoint read_clocks() {
  using std::chrono::duration_cast;
  return {
      duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
          .count(),
      duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
          .count()};
}

}  // namespace misp_zeek::app
