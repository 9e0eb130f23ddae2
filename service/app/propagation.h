// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>

#include "core/store.h"

namespace misp_zeek::app {

/// Live changes on their way: measures the time from the feed's message to the acknowledgement of
/// every Zeek. At the bound a change is followed no longer. Only for the loop thread.
class Propagation {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit Propagation(std::size_t bound) : bound_(bound) {}

  /// A message received at `received` led to `revision`.
  void add(Revision revision, Time received) {
    if (changes_.size() < bound_) {
      changes_.push_back({revision, received});
    }
  }

  /// Every Zeek has acknowledged `everywhere`. Calls `done(revision, duration)` for each change
  /// that has arrived.
  template <typename Done>
  void acknowledge(Revision everywhere, Time now, Done done) {
    while (!changes_.empty() && changes_.front().revision <= everywhere) {
      done(changes_.front().revision, now - changes_.front().received);
      changes_.pop_front();
    }
  }

 private:
  struct Change {
    Revision revision = 0;
    Time received;
  };
  std::size_t bound_;
  std::deque<Change> changes_;
};

}  // namespace misp_zeek::app
