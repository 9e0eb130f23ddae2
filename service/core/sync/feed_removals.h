// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_set>

#include "core/sync/lookup_queue.h"
#include "core/sync/removal_brake.h"
#include "core/sync/set_writer.h"
#include "core/sync/sync_context.h"

namespace misp_zeek {

/// Removes what messages say is gone: at once, but not more than max_shrink allows within a minute.
/// What is beyond waits until MISP confirms it.
class FeedRemovals {
 public:
  FeedRemovals(SyncContext& context, LookupQueue& lookups, SetWriter& writer)
      : context_(context), lookups_(lookups), writer_(writer) {}

  /// Whether so many may go now.
  bool admits(std::size_t count) {
    return brake_.admits(count, context_.allowed_removals(), context_.time());
  }
  /// An attribute of the store. False: it waits.
  bool remove(const Uuid& uuid, std::string_view reason);
  /// All attributes of the event. False: they wait.
  bool remove_event(std::uint64_t event_id, std::string_view reason);
  /// Attributes that wait and are still to be looked up.
  std::size_t waiting();

 private:
  SyncContext& context_;
  LookupQueue& lookups_;
  SetWriter& writer_;
  RemovalBrake brake_{60'000};
  std::unordered_set<Uuid> waiting_;
};

}  // namespace misp_zeek
