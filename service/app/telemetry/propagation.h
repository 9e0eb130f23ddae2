// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>

#include "core/store/indicator_store.h"

namespace misp_zeek::app {

/// Live changes on their way to one Zeek: measures the time from the feed's message to its
/// acknowledgement. At the bound a change is followed no longer. Only for the loop thread.
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

  /// Zeek has acknowledged `acknowledged`. Calls `done(revision, duration)` for each change
  /// that has arrived.
  template <typename Done>
  void acknowledge(Revision acknowledged, Time now, Done done) {
    while (!changes_.empty() && changes_.front().revision <= acknowledged) {
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
