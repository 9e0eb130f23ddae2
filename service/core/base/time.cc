// SPDX-License-Identifier: BSD-3-Clause
#include "core/base/time.h"

#include <array>
#include <ctime>

namespace misp_zeek {

std::string rfc3339(UnixSeconds seconds) {
  const std::time_t time = seconds;
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::array<char, 32> text{};
  const auto length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text.data(), length};
}

}  // namespace misp_zeek
