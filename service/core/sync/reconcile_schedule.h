// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>

#include "core/base/time.h"
#include "core/sync/cause_backoff.h"
#include "core/sync/sync_status.h"

namespace misp_zeek {

/// Which reconcile is due and why: what was requested, backed off by cause, and the timer of full
/// ones.
class ReconcileSchedule {
 public:
  void request(bool full, Cause cause, SteadyMs due, SteadyMs now);
  std::optional<Cause> full_due(SteadyMs now) const;
  std::optional<Cause> index_due(SteadyMs now) const;
  void full_started(Cause cause, SteadyMs now);
  void index_started(Cause cause, SteadyMs now);
  void set_next_full(SteadyMs at) { next_full_ = at; }
  /// A full one not later than this.
  void hasten_full(SteadyMs at) { next_full_ = std::min(next_full_, at); }
  SteadyMs next_due() const;
  /// A cause that is backed off; empty: none is.
  std::string repeated(SteadyMs now) const;

 private:
  struct Due {
    Cause cause = Cause::kTimer;
    SteadyMs at = 0;
  };
  std::optional<Due> full_;
  std::optional<Due> index_;
  SteadyMs next_full_ = INT64_MAX;
  CauseBackoff backoff_;
};

}  // namespace misp_zeek
