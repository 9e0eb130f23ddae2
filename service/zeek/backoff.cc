// SPDX-License-Identifier: BSD-3-Clause
#include "zeek/backoff.h"

#include <algorithm>
#include <utility>

namespace misp_zeek::zeek {

std::chrono::milliseconds Backoff::next() {
  if (step_ == std::chrono::milliseconds::zero()) {
    step_ = first_;
    return std::chrono::milliseconds::zero();
  }
  const auto step = std::exchange(step_, std::min(step_ * 2, most_));
  std::uniform_int_distribution<std::chrono::milliseconds::rep> pause(step.count() / 2,
                                                                      step.count());
  return std::chrono::milliseconds(pause(random_));
}

}  // namespace misp_zeek::zeek
