// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/time.h"

namespace misp_zeek {

/// MISP's clock, from the Date headers of its replies; it decides what is too old. Distrusts both
/// clocks after a jump and while they differ by more than 5 min: nothing leaves by age then.
class MispClock {
 public:
  static constexpr std::int64_t kMaxSkew = 300;  ///< seconds

  /// `server_time`: the Date header; 0 = absent.
  void on_reply(std::int64_t server_time, TimePoint now);
  /// Notices a jump of this machine's clock.
  void tick(TimePoint now);

  /// MISP's seconds; this machine's until a reply told.
  UnixSeconds now(TimePoint now) const;
  /// What ages are measured by: MISP's clock, or the earlier of both while they are distrusted.
  UnixSeconds age_now(TimePoint now) const;
  bool trusted() const { return trusted_; }
  /// MISP's clock less this machine's; nullopt: no reply has told.
  std::optional<std::int64_t> skew(TimePoint now) const;

 private:
  struct Base {
    std::int64_t server = 0;
    TimePoint at;
  };
  /// MISP's clock if it went on since the last reply as this machine's monotonic one did.
  std::int64_t expected(TimePoint now) const;
  static std::int64_t expected_from(const Base& base, TimePoint now);

  std::optional<Base> base_;
  std::optional<Base> before_jump_;
  std::optional<TimePoint> first_;
  SteadyMs distrusted_until_ = 0;
  bool trusted_ = true;
};

}  // namespace misp_zeek
