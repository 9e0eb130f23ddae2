// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "core/sightings/sighting_queue.h"

namespace misp_zeek::test {

inline constexpr std::int64_t kNow = 1'767'225'600;  // the start of a minute
inline constexpr std::size_t kZeek = 3;

inline std::string uuid_text(int n) {
  std::string text = "00000000-0000-4000-8000-000000000000";
  const std::string digits = std::to_string(n);
  return text.replace(text.size() - digits.size(), digits.size(), digits);
}

inline contract::Sighting match(const std::string& uuids, std::int64_t at) {
  contract::Sighting sighting;
  sighting.attribute_uuids = uuids;
  sighting.seen_at = static_cast<std::uint64_t>(at);
  return sighting;
}

/// A queue with the storage and the clock that a test needs.
class Queue {
 public:
  explicit Queue(SightingOptions options = {}, SightingState stored = {})
      : options_(options), queue_(options, std::move(stored)) {}

  SightingQueue& operator*() { return queue_; }
  SightingQueue* operator->() { return &queue_; }
  SteadyMs now = 1'000'000;

  void see(const std::string& uuids, std::int64_t at = kNow, const std::string& source = "s") {
    tell({"i-1", ++seq_, 0, {match(uuids, at)}}, source);
  }
  void tell(const contract::Seen& seen, const std::string& source = "s") {
    queue_.on_seen(seen, kZeek, source, {now, kNow});
  }
  bool store(bool ok = true) {
    const auto write = queue_.next_write(now);
    if (write && ok) {
      apply(*write);
    }
    if (write) {
      queue_.on_written(ok, now);
    }
    return write.has_value();
  }
  void apply(const SightingWrite& write) {
    for (const auto& row : write.put) {
      rows_[row.id] = row;
    }
    for (const auto id : write.erase) {
      rows_.erase(id);
    }
    for (const auto& mark : write.marks) {
      marks_[mark.instance] = mark;
    }
    for (const auto& name : write.forget) {
      marks_.erase(name);
    }
    totals_ = write.totals;
  }
  /// What a crash leaves.
  SightingState stored() const {
    SightingState state;
    for (const auto& [id, row] : rows_) {
      state.rows.push_back(row);
    }
    for (const auto& [name, mark] : marks_) {
      state.marks.push_back(mark);
    }
    state.totals = totals_;
    return state;
  }
  std::optional<SightingPost> post() { return queue_.next_post(now); }
  void answer(PostOutcome outcome) { queue_.on_posted(outcome, now); }
  void answer(ErrorCode code, int retry_after = 0) {
    queue_.on_posted(tl::unexpected<Error>(Error{code, "why", retry_after}), now);
  }
  /// Posts, confirms and stores all that is due; how many sightings.
  int drain() {
    int posts = 0;
    store();
    while (post()) {
      answer(PostOutcome::kTaken);
      ++posts;
      store();
      now += 1000;
    }
    return posts;
  }

 private:
  SightingOptions options_;
  SightingQueue queue_;
  std::uint64_t seq_ = 0;
  std::map<std::uint64_t, SightingRow> rows_;
  std::map<std::string, SeenMark> marks_;
  SightingTotals totals_;
};

}  // namespace misp_zeek::test
