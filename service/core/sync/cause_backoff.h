// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <map>

#include "core/base/time.h"
#include "core/sync/sync_status.h"

namespace misp_zeek {

/// A cause that repeats is answered less and less often, down to once in 10 min.
class CauseBackoff {
 public:
  /// When a reconcile for this cause may start that is due now.
  SteadyMs next(Cause cause, SteadyMs now) const {
    const auto it = seen_.find(cause);
    return it == seen_.end() || !repeats(cause) ? now : std::max(now, it->second.next);
  }
  void started(Cause cause, SteadyMs now) {
    if (!repeats(cause)) {
      return;
    }
    Seen& seen = seen_[cause];
    const bool quiet = seen.streak == 0 || now > seen.next + seen.pause + kFirst;
    seen.streak = quiet ? 1 : seen.streak + 1;
    const SteadyMs first = cause == Cause::kMalformed ? kMalformed : kFirst;
    seen.pause = std::min(first << std::min(seen.streak - 1, 10), kLongest);
    seen.next = now + seen.pause;
  }
  /// Whether the cause is backed off beyond a minute.
  bool is_repeated(Cause cause, SteadyMs now) const {
    const auto it = seen_.find(cause);
    return it != seen_.end() && it->second.streak >= 4 && now <= it->second.next;
  }

 private:
  static constexpr SteadyMs kFirst = 10'000;
  static constexpr SteadyMs kMalformed = 60'000;
  static constexpr SteadyMs kLongest = 600'000;

  struct Seen {
    int streak = 0;
    SteadyMs pause = 0;
    SteadyMs next = 0;
  };
  static bool repeats(Cause cause) {
    return cause != Cause::kOperator && cause != Cause::kConfiguration && cause != Cause::kStart &&
           cause != Cause::kTimer && cause != Cause::kViewer;
  }
  std::map<Cause, Seen> seen_;
};

}  // namespace misp_zeek
