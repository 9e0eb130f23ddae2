// SPDX-License-Identifier: BSD-3-Clause
#include "process/waiting.h"

#include <thread>

namespace misp_zeek::process {
namespace {

using std::chrono::steady_clock;

constexpr auto kStep = std::chrono::milliseconds(20);

}  // namespace

bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds limit) {
  const auto deadline = steady_clock::now() + limit;
  while (steady_clock::now() < deadline) {
    if (condition()) {
      return true;
    }
    std::this_thread::sleep_for(kStep);
  }
  return condition();
}

}  // namespace misp_zeek::process
