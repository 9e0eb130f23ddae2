// SPDX-License-Identifier: BSD-3-Clause
#include "core/sync/feed_removals.h"

namespace misp_zeek {

bool FeedRemovals::remove(const Uuid& uuid, std::string_view reason) {
  if (!admits(1)) {
    waiting_.insert(uuid);
    return false;
  }
  brake_.count(1, context_.time());
  writer_.withdraw(uuid, reason);
  return true;
}

bool FeedRemovals::remove_event(std::uint64_t event_id, std::string_view reason) {
  const auto* event = context_.store.event(event_id);
  const std::size_t count = event == nullptr ? 0 : event->attributes.size();
  if (!admits(count)) {
    return false;
  }
  brake_.count(count, context_.time());
  writer_.withdraw_event(event_id, reason);
  return true;
}

std::size_t FeedRemovals::waiting() {
  std::erase_if(waiting_, [this](const Uuid& uuid) {
    return context_.store.find(uuid) == nullptr || lookups_.find(uuid) == nullptr;
  });
  return waiting_.size();
}

}  // namespace misp_zeek
