// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <map>

#include "core/store/indicator_store.h"
#include "core/sync/misp_sync.h"

namespace misp_zeek::model {

/// What a faithful storage holds of the service's state, and when it takes it: once a second, as
/// the service does it.
class Disk {
 public:
  /// Takes what changed, if it is time.
  void save(IndicatorStore& store, MispSync& sync, SteadyMs now);
  /// Takes all at once, as at an end in order.
  void finish(IndicatorStore& store, MispSync& sync);
  /// Puts into a new store and its sync what is here, if it is anything.
  void restore(IndicatorStore& store, MispSync& sync);
  void stall(SteadyMs until) { stalled_until_ = until; }

 private:
  std::map<Uuid, SavedAttribute> attributes_;
  std::map<std::uint64_t, SavedEvent> events_;
  std::map<std::uint64_t, SavedEventState> table_;
  SavedSync sync_;
  std::uint64_t reconciles_ = 0;
  SteadyMs last_ = 0;
  SteadyMs stalled_until_ = 0;
};

}  // namespace misp_zeek::model
