// SPDX-License-Identifier: BSD-3-Clause
#include "process/waiting.h"

#include <thread>

namespace misp_zeek::process {
namespace {

using std::chrono::steady_clock;

constexpr auto kStep = std::chrono::milliseconds(20);
constexpr auto kPatience = std::chrono::seconds(60);

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

std::size_t missing_at_last(const std::function<std::size_t()>& missing,
                            std::chrono::milliseconds every) {
  std::size_t least = missing();
  auto deadline = steady_clock::now() + kPatience;
  while (least > 0 && steady_clock::now() < deadline) {
    std::this_thread::sleep_for(every);
    if (const std::size_t now = missing(); now < least) {
      least = now;
      deadline = steady_clock::now() + kPatience;
    }
  }
  return least;
}

}  // namespace misp_zeek::process
