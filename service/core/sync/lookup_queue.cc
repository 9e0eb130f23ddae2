// SPDX-License-Identifier: BSD-3-Clause
#include "core/sync/lookup_queue.h"

#include <algorithm>

namespace misp_zeek {

void LookupQueue::list(const Uuid& uuid, const Lookup& lookup) {
  if (lookup.kind == LookupKind::kVerify) {
    verify_.emplace(lookup.due, uuid);
    verify_since_.emplace(lookup.since, uuid);
    ++verifying_;
  } else {
    urgent_.emplace(lookup.due, uuid);
  }
}

void LookupQueue::unlist(const Uuid& uuid, const Lookup& lookup) {
  if (lookup.kind == LookupKind::kVerify) {
    verify_.erase({lookup.due, uuid});
    verify_since_.erase({lookup.since, uuid});
    --verifying_;
  } else {
    urgent_.erase({lookup.due, uuid});
  }
}

Lookup& LookupQueue::put(const Uuid& uuid, LookupKind kind, std::uint64_t event_id, SteadyMs due) {
  const auto [it, is_new] = lookups_.try_emplace(uuid);
  Lookup& lookup = it->second;
  if (!is_new) {
    unlist(uuid, lookup);
  }
  lookup.kind = kind;
  lookup.event_id = event_id;
  lookup.due = due;
  lookup.attempts = 0;
  return lookup;
}

void LookupQueue::ask(const Uuid& uuid, std::uint64_t event_id, std::int64_t timestamp,
                      SteadyMs due) {
  Lookup& lookup = put(uuid, LookupKind::kAsk, event_id, due);
  lookup.timestamp = timestamp;
  lookup.since = due;
  list(uuid, lookup);
}

void LookupQueue::ask_absence(const Uuid& uuid, std::uint64_t event_id, SteadyMs due) {
  if (const Lookup* known = find(uuid); known != nullptr && known->kind == LookupKind::kAsk) {
    return;  // what it is asked for decides
  }
  Lookup& lookup = put(uuid, LookupKind::kAbsence, event_id, due);
  lookup.since = due;
  list(uuid, lookup);
}

void LookupQueue::verify(const Uuid& uuid, std::uint64_t event_id, SteadyMs due, SteadyMs now,
                         bool removal) {
  if (Lookup* known = find(uuid)) {
    known->removal = removal;
    if (known->kind == LookupKind::kAbsence) {
      unlist(uuid, *known);
      known->kind = LookupKind::kVerify;
      known->due = due;
      known->since = now;
      list(uuid, *known);
    }
    return;
  }
  Lookup& lookup = put(uuid, LookupKind::kVerify, event_id, due);
  lookup.since = now;
  lookup.removal = removal;
  list(uuid, lookup);
}

void LookupQueue::ask_twice(const Uuid& uuid, std::uint64_t event_id, SteadyMs due,
                            SteadyMs again_at) {
  const Lookup* known = find(uuid);
  ask(uuid, event_id, known == nullptr ? 0 : known->timestamp, due);
  lookups_.at(uuid).again_at = again_at;
}

void LookupQueue::forget(const Uuid& uuid) {
  // What a sighting announced, a message of the attribute may be too old to show.
  if (const Lookup* known = find(uuid); known != nullptr && known->again_at == 0) {
    erase(uuid);
  }
}

void LookupQueue::erase(const Uuid& uuid) {
  if (const auto it = lookups_.find(uuid); it != lookups_.end()) {
    unlist(uuid, it->second);
    lookups_.erase(it);
  }
}

void LookupQueue::postpone(const Uuid& uuid, SteadyMs due) {
  if (Lookup* lookup = find(uuid)) {
    unlist(uuid, *lookup);
    lookup->due = due;
    list(uuid, *lookup);
  }
}

const Lookup* LookupQueue::find(const Uuid& uuid) const {
  const auto it = lookups_.find(uuid);
  return it == lookups_.end() ? nullptr : &it->second;
}

Lookup* LookupQueue::find(const Uuid& uuid) {
  const auto it = lookups_.find(uuid);
  return it == lookups_.end() ? nullptr : &it->second;
}

std::optional<SteadyMs> LookupQueue::oldest_unverified() const {
  return verify_since_.empty() ? std::nullopt : std::optional(verify_since_.begin()->first);
}

std::vector<Uuid> LookupQueue::batch(SteadyMs now, const std::function<bool(std::uint64_t)>& admits,
                                     const std::function<bool(std::uint64_t)>& fixed) {
  std::vector<Uuid> uuids;
  std::optional<bool> all_fixed;
  const auto take = [&](const Order& order) {
    for (const auto& [due, uuid] : order) {
      if (due > now || uuids.size() == kUuidsPerRequest) {
        break;
      }
      const auto event = lookups_.at(uuid).event_id;
      const bool is_fixed = fixed(event);
      if (admits(event) && all_fixed.value_or(is_fixed) == is_fixed) {
        all_fixed = is_fixed;
        uuids.push_back(uuid);
      }
    }
  };
  take(urgent_);
  if (!uuids.empty() || now >= next_verify_) {
    const auto urgent = uuids.size();
    take(verify_);
    if (uuids.size() > urgent) {
      next_verify_ = now + kVerifyPause;
    }
  }
  return uuids;
}

std::set<std::uint64_t> LookupQueue::overflow(SteadyMs now) {
  std::set<std::uint64_t> events;
  if (verify_.size() <= kUuidsPerRequest) {
    return events;
  }
  std::vector<Uuid> due;
  for (const auto& [at, uuid] : verify_) {
    if (at > now) {
      break;
    }
    due.push_back(uuid);
  }
  for (std::size_t i = kUuidsPerRequest; i < due.size(); ++i) {
    events.insert(lookups_.at(due[i]).event_id);
  }
  // What an event is read for needs no lookup.
  for (const auto& uuid : due) {
    if (events.contains(lookups_.at(uuid).event_id)) {
      erase(uuid);
    }
  }
  return events;
}

std::optional<SteadyMs> LookupQueue::next_due() const {
  std::optional<SteadyMs> due;
  if (!urgent_.empty()) {
    due = urgent_.begin()->first;
  }
  if (!verify_.empty()) {
    const SteadyMs verify = std::max(verify_.begin()->first, next_verify_);
    due = due ? std::min(*due, verify) : verify;
  }
  return due;
}

void LookupQueue::clear() {
  lookups_.clear();
  urgent_.clear();
  verify_.clear();
  verify_since_.clear();
  verifying_ = 0;
}

}  // namespace misp_zeek
