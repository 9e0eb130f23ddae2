// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <deque>
#include <utility>

#include "core/base/time.h"

namespace misp_zeek {

/// Counts removals in a window of time against a limit that the caller knows.
class RemovalBrake {
 public:
  explicit RemovalBrake(SteadyMs window) : window_(window) {}

  /// Whether so many more may go now.
  bool admits(std::size_t more, std::size_t allowed, SteadyMs now) {
    forget(now);
    return recent_ + more <= allowed;
  }
  void count(std::size_t removed, SteadyMs now) {
    if (removed > 0) {
      removals_.emplace_back(now, removed);
      recent_ += removed;
    }
  }
  void release() {
    removals_.clear();
    recent_ = 0;
  }

 private:
  void forget(SteadyMs now) {
    while (!removals_.empty() && removals_.front().first + window_ < now) {
      recent_ -= removals_.front().second;
      removals_.pop_front();
    }
  }

  SteadyMs window_;
  std::size_t recent_ = 0;
  std::deque<std::pair<SteadyMs, std::size_t>> removals_;
};

}  // namespace misp_zeek
