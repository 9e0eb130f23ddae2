// SPDX-License-Identifier: BSD-3-Clause
#include "core/sync/misp_clock.h"

#include <algorithm>
#include <cstdlib>

namespace misp_zeek {
namespace {

/// The Date header has whole seconds and takes a while: so much is no skew.
constexpr std::int64_t kResolution = 2;
/// After a jump of MISP's clock, until it is believed again, unless it goes back.
constexpr SteadyMs kSettle = 600'000;

std::int64_t elapsed(const TimePoint& from, const TimePoint& to) {
  return (to.steady - from.steady) / 1000;
}

}  // namespace

std::int64_t MispClock::expected_from(const Base& base, TimePoint now) {
  return base.server + elapsed(base.at, now);
}

std::int64_t MispClock::expected(TimePoint now) const { return expected_from(*base_, now); }

void MispClock::on_reply(std::int64_t server_time, TimePoint now) {
  if (server_time != 0) {
    if (base_ && std::abs(server_time - expected(now)) > kMaxSkew) {
      if (now.steady >= distrusted_until_) {
        before_jump_ = base_;
      }
      distrusted_until_ = now.steady + kSettle;
    }
    base_ = Base{server_time, now};
    if (before_jump_ && std::abs(expected_from(*before_jump_, now) - server_time) <= kMaxSkew) {
      before_jump_.reset();  // it is what it was
      distrusted_until_ = now.steady;
    }
  }
  tick(now);
}

void MispClock::tick(TimePoint now) {
  if (!first_) {
    first_ = now;
  }
  const std::int64_t other = base_ ? expected(now) : first_->unix_seconds + elapsed(*first_, now);
  trusted_ = now.steady >= distrusted_until_ && std::abs(other - now.unix_seconds) <= kMaxSkew;
}

UnixSeconds MispClock::now(TimePoint now) const {
  // Within the resolution of the header both are the same, and this one has no gaps.
  return !base_ || std::abs(expected(now) - now.unix_seconds) <= kResolution ? now.unix_seconds
                                                                             : expected(now);
}

UnixSeconds MispClock::age_now(TimePoint now) const {
  const UnixSeconds misp = this->now(now);
  if (trusted_) {
    return misp;
  }
  const std::int64_t own =
      first_ ? std::min(now.unix_seconds, first_->unix_seconds + elapsed(*first_, now))
             : now.unix_seconds;
  return std::min(misp, own);
}

std::optional<std::int64_t> MispClock::skew(TimePoint now) const {
  return base_ ? std::optional(expected(now) - now.unix_seconds) : std::nullopt;
}

}  // namespace misp_zeek
