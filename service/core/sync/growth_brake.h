// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "core/sync/event_table.h"
#include "core/sync/sync_context.h"

namespace misp_zeek {

/// An event that would more than double the set, and adds more than `max_growth`, waits for the
/// operator; the rest goes on. Not during the first read.
class GrowthBrake {
 public:
  GrowthBrake(SyncContext& context, EventTable& events) : context_(context), events_(events) {}

  /// Whether so many new attributes of the event are too many.
  bool stops(std::uint64_t event_id, std::uint64_t more) const;
  void block(std::uint64_t event_id, std::string info, std::size_t attributes);
  bool blocks(std::uint64_t event_id) const { return blocked_.contains(event_id); }
  /// The operator lets it in, once.
  std::optional<BlockedGrowth> release(std::uint64_t event_id);
  /// It was read completely.
  void settle(std::uint64_t event_id) { released_.erase(event_id); }
  void forget(std::uint64_t event_id);
  std::vector<BlockedGrowth> blocked() const;
  void clear();

 private:
  SyncContext& context_;
  EventTable& events_;
  std::map<std::uint64_t, BlockedGrowth> blocked_;
  std::unordered_set<std::uint64_t> released_;
};

}  // namespace misp_zeek
