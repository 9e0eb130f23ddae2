// SPDX-License-Identifier: BSD-3-Clause
#include "core/sync/batch_size.h"

#include <algorithm>

namespace misp_zeek {
namespace {

constexpr SteadyMs kInstant = 1'000;
constexpr SteadyMs kQuick = 2'000;
constexpr SteadyMs kSlow = 10'000;

}  // namespace

std::uint32_t BatchSize::limit(std::uint64_t expected) const {
  const std::uint64_t least = most_ / 50 + 2;
  return static_cast<std::uint32_t>(std::clamp(2 * expected, least, 2 * most_));
}

void BatchSize::on_complete(std::size_t events, std::size_t rows, SteadyMs took) {
  // Slowly towards what is seen, rounded up: an estimate that is too low costs a request.
  const std::uint64_t seen = rows / std::max<std::size_t>(events, 1) + 1;
  per_event_ = events > 1 ? (3 * per_event_ + seen + 3) / 4 : per_event_;
  if (took < kQuick) {
    rows_ = std::min((took < kInstant ? 4 : 2) * rows_, most_);
  } else if (took > kSlow) {
    on_failure();
  }
}

void BatchSize::on_incomplete(std::size_t events, std::uint32_t limit) {
  if (events > 1) {
    per_event_ = std::max<std::uint64_t>(2 * per_event_, limit / events);
  }
}

void BatchSize::on_failure() { rows_ = std::max<std::uint64_t>(rows_ / 2, 1); }

}  // namespace misp_zeek
