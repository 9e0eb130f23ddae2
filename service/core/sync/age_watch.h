// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <queue>
#include <set>
#include <utility>
#include <vector>

#include "core/base/time.h"
#include "core/model/uuid.h"

namespace misp_zeek {

/// When accepted attributes grow too old, and when sightings say that they expire. One entry for
/// each attribute, however often its timestamp moves.
class AgeWatch {
 public:
  /// `before`: when it would have been too old by what was known; nullopt: it was not known.
  void watch(const Uuid& attribute, UnixSeconds expires, std::optional<UnixSeconds> before);
  void watch_expiration(const Uuid& attribute, UnixSeconds at);
  /// The next that may be too old at `now`: its age is to be judged by its newest timestamp.
  std::optional<Uuid> next_aged(UnixSeconds now);
  /// The next whose expiration by a sighting has come.
  std::optional<Uuid> next_expired(UnixSeconds now);
  void clear_ages() { ages_ = {}; }
  std::size_t size() const { return ages_.size() + expirations_.size(); }

 private:
  using Entry = std::pair<UnixSeconds, Uuid>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> ages_;
  std::set<Entry> expirations_;
};

}  // namespace misp_zeek
