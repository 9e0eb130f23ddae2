// SPDX-License-Identifier: BSD-3-Clause
#include "core/sync/growth_brake.h"

#include <utility>

namespace misp_zeek {

bool GrowthBrake::stops(std::uint64_t event_id, std::uint64_t more) const {
  return context_.status.bootstrapped && !released_.contains(event_id) &&
         more > context_.options.max_growth && more > context_.store.attribute_count();
}

void GrowthBrake::block(std::uint64_t event_id, std::string info, std::size_t attributes) {
  blocked_[event_id] = {event_id, std::move(info), attributes};
  events_.block(event_id);
}

std::optional<BlockedGrowth> GrowthBrake::release(std::uint64_t event_id) {
  const auto it = blocked_.find(event_id);
  if (it == blocked_.end()) {
    return std::nullopt;
  }
  BlockedGrowth released = std::move(it->second);
  blocked_.erase(it);
  released_.insert(event_id);
  events_.unblock(event_id, context_.time());
  return released;
}

void GrowthBrake::forget(std::uint64_t event_id) {
  blocked_.erase(event_id);
  released_.erase(event_id);
}

std::vector<BlockedGrowth> GrowthBrake::blocked() const {
  std::vector<BlockedGrowth> all;
  all.reserve(blocked_.size());
  for (const auto& [id, blocked] : blocked_) {
    all.push_back(blocked);
  }
  return all;
}

void GrowthBrake::clear() {
  while (!blocked_.empty()) {
    release(blocked_.begin()->first);
  }
  released_.clear();
}

}  // namespace misp_zeek
