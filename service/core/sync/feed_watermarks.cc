// SPDX-License-Identifier: BSD-3-Clause
#include "core/sync/feed_watermarks.h"

#include <functional>
#include <string>

namespace misp_zeek {

std::size_t FeedWatermarks::content_of(const Attribute& attribute) {
  return std::hash<std::string>{}(attribute.type + '\n' + attribute.value +
                                  (attribute.to_ids ? "\nT" : "\nF"));
}

void FeedWatermarks::set(const Uuid& attribute, const Watermark& watermark) {
  watermarks_[attribute] = watermark;
  order_.emplace_back(watermark.at, attribute);
}

const FeedWatermarks::Watermark* FeedWatermarks::find(const Uuid& attribute) const {
  const auto it = watermarks_.find(attribute);
  return it == watermarks_.end() ? nullptr : &it->second;
}

bool FeedWatermarks::since(const Uuid& attribute, SteadyMs since) const {
  const auto* watermark = find(attribute);
  return watermark != nullptr && watermark->at >= since;
}

std::size_t FeedWatermarks::prune(SteadyMs before) {
  std::size_t lost = 0;
  while (!order_.empty() && (order_.front().first < before || order_.size() > max_attributes_)) {
    const auto& [at, attribute] = order_.front();
    const auto it = watermarks_.find(attribute);
    if (it != watermarks_.end() && it->second.at == at) {
      lost += at >= before ? 1 : 0;
      watermarks_.erase(it);
    }
    order_.pop_front();
  }
  return lost;
}

void FeedWatermarks::add_tombstone(std::uint64_t event_id, SteadyMs now) {
  tombstones_.insert_or_assign(event_id, now);
  tombstone_order_.emplace_back(event_id, now);
  while (tombstone_order_.size() > max_events_) {
    const auto& [oldest, at] = tombstone_order_.front();
    if (tombstone(oldest) == at) {
      tombstones_.erase(oldest);
    }
    tombstone_order_.pop_front();
  }
}

std::optional<SteadyMs> FeedWatermarks::tombstone(std::uint64_t event_id) const {
  const auto it = tombstones_.find(event_id);
  return it == tombstones_.end() ? std::nullopt : std::optional(it->second);
}

}  // namespace misp_zeek
