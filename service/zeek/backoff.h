// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <random>

namespace misp_zeek::zeek {

/// Pauses between attempts to connect. Each is twice as long as the one before, up to a cap, and
/// drawn at random from the upper half of that, so that many services do not come back to one Zeek
/// at the same moment. Pure, apart from its random numbers; one thread.
class Backoff {
 public:
  /// `first` is at least 1 ms and at most `most`.
  Backoff(std::chrono::milliseconds first, std::chrono::milliseconds most, std::uint32_t seed)
      : first_(first), most_(most), random_(seed) {}

  /// The pause before the next attempt; none before the very first.
  std::chrono::milliseconds next();
  /// The last attempt succeeded.
  void reset() { step_ = first_; }

 private:
  std::chrono::milliseconds first_;
  std::chrono::milliseconds most_;
  std::chrono::milliseconds step_{0};
  std::minstd_rand random_;
};

}  // namespace misp_zeek::zeek
