// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>

#include "core/mapping/filter.h"

namespace misp_zeek::app {

/// Times from the feed's message to a Zeek's acknowledgement, in slices of ten seconds; the last
/// half hour. Only for the loop thread.
class LatencyHistory {
 public:
  struct Slice {
    UnixSeconds at = 0;  ///< its begin
    std::uint64_t changes = 0;
    double sum_seconds = 0;
    double max_seconds = 0;
  };
  static constexpr UnixSeconds kSlice = 10;
  static constexpr std::size_t kSlices = 180;

  void add(UnixSeconds now, std::chrono::duration<double> took) {
    const UnixSeconds begin = now - now % kSlice;
    if (slices_.empty() || slices_.back().at < begin) {
      slices_.push_back({begin, 0, 0, 0});
    }
    Slice& slice = slices_.back();
    ++slice.changes;
    slice.sum_seconds += took.count();
    slice.max_seconds = std::max(slice.max_seconds, took.count());
    forget(now);
  }
  /// Drops slices that are older than half an hour.
  void forget(UnixSeconds now) {
    while (!slices_.empty() &&
           slices_.front().at <= now - kSlice * static_cast<UnixSeconds>(kSlices)) {
      slices_.pop_front();
    }
  }
  /// Oldest first; slices without a change are not there.
  const std::deque<Slice>& slices() const { return slices_; }

 private:
  std::deque<Slice> slices_;
};

}  // namespace misp_zeek::app
