// SPDX-License-Identifier: BSD-3-Clause
#include "core/sync/feed_watermarks.h"

#include <functional>
#include <string>

namespace misp_zeek {

std::size_t TouchLog::content_of(const Attribute& attribute) {
  return std::hash<std::string>{}(attribute.type + '\n' + attribute.value +
                                  (attribute.to_ids ? "\nT" : "\nF"));
}

void TouchLog::touch(const Uuid& attribute, const Touch& touch) {
  touches_[attribute] = touch;
  order_.emplace_back(touch.at, attribute);
}

const TouchLog::Touch* TouchLog::find(const Uuid& attribute) const {
  const auto it = touches_.find(attribute);
  return it == touches_.end() ? nullptr : &it->second;
}

std::size_t TouchLog::prune(SteadyMs before) {
  std::size_t lost = 0;
  while (!order_.empty() && (order_.front().first < before || order_.size() > max_attributes_)) {
    const auto& [at, attribute] = order_.front();
    const auto it = touches_.find(attribute);
    if (it != touches_.end() && it->second.at == at) {
      lost += at >= before ? 1 : 0;
      touches_.erase(it);
    }
    order_.pop_front();
  }
  return lost;
}

void TouchLog::bury_event(std::uint64_t event_id, SteadyMs now) {
  buried_.insert_or_assign(event_id, now);
  burials_.emplace_back(event_id, now);
  while (burials_.size() > max_events_) {
    const auto& [oldest, at] = burials_.front();
    if (find_burial(oldest) == at) {
      buried_.erase(oldest);
    }
    burials_.pop_front();
  }
}

std::optional<SteadyMs> TouchLog::find_burial(std::uint64_t event_id) const {
  const auto it = buried_.find(event_id);
  return it == buried_.end() ? std::nullopt : std::optional(it->second);
}

}  // namespace misp_zeek
