// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstddef>
#include <random>
#include <utility>

#include "core/base/backoff.h"
#include "core/base/time.h"
#include "core/mapping/filter.h"
#include "core/mapping/mapping.h"
#include "core/store/indicator_store.h"
#include "core/sync/decision_log.h"
#include "core/sync/feed_watermarks.h"
#include "core/sync/misp_clock.h"
#include "core/sync/sync_status.h"

namespace misp_zeek {

/// What all parts of the sync share.
struct SyncContext {
  SyncContext(SyncOptions the_options, Filter the_filter, Mapping the_mapping,
              IndicatorStore& the_store, TimePoint the_time)
      : options(the_options),
        filter(std::move(the_filter)),
        mapping(std::move(the_mapping)),
        store(the_store),
        jitter(static_cast<std::minstd_rand::result_type>(the_options.seed)),
        now(the_time) {}

  SteadyMs time() const { return now.steady; }
  /// So many attributes may leave by absence alone.
  std::size_t allowed_removals() const {
    const auto share = options.max_shrink * static_cast<double>(store.attribute_count());
    return std::max(options.shrink_floor, static_cast<std::size_t>(share));
  }
  /// A message is so young that a reply asked for at `asked` may be from before its commit.
  bool touched(const Uuid& attribute, SteadyMs asked) const {
    return watermarks.since(attribute, asked - options.commit_grace);
  }
  /// Counts what a reconcile of this cause found and no message had told.
  void note_drift(Cause cause, const Drift& drift) {
    if (cause == Cause::kMessage) {
      return;
    }
    round_drift += drift;
    if (status.bootstrapped && cause != Cause::kConfiguration) {
      counters.drift += drift;
      counters.drift_by_cause[cause] += drift;
    }
  }

  SyncOptions options;
  Filter filter;
  Mapping mapping;
  IndicatorStore& store;
  FeedWatermarks watermarks;
  MispClock clock;
  SyncStatus status;
  SyncCounters counters;
  DecisionLog decisions;
  Drift round_drift;  ///< of the reconcile under way
  int errors = 0;     ///< of requests in a row
  std::minstd_rand jitter;
  TimePoint now;  ///< of the input under way
};

}  // namespace misp_zeek
