// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>

#include "core/model/indicator.h"

namespace misp_zeek {

/// Counts the store's changes; 0 = none yet.
using Revision = std::uint64_t;

/// Changes in their order, so that a session can follow. A change of an entry that is there costs
/// 16 bytes; there are as many as entries and some more, so that whoever follows from the first one
/// on can. Who is further behind, or behind the oldest of the removals, gets a snapshot.
class ChangeLog {
 public:
  /// `max_extra`: removals, and changes beyond twice the number of entries.
  explicit ChangeLog(std::size_t max_extra) : max_extra_(max_extra) {}

  Revision revision() const { return first_ + slots_.size() - 1; }
  /// `entry`, one of `entries`, which stays where it is until removed(), changed; its change before
  /// this one was `before`, 0 = none. Returns the new revision.
  Revision changed(const EntryKey* entry, Revision before, std::size_t entries);
  /// One of `entries`, whose last change was `before`, leaves.
  void removed(EntryKey entry, Revision before, std::size_t entries);

  /// Whether all changes after `revision` are known.
  bool covers(Revision revision) const {
    return revision <= this->revision() && revision >= known_from_;
  }
  /// Calls `take(revision, entry)` for the changes after `since`, oldest first, until it returns
  /// false. An entry comes with each of its changes. Requires covers(since).
  template <typename Take>
  void each_since(Revision since, const Take& take) const;

 private:
  struct Slot {
    const EntryKey* entry = nullptr;  ///< nullptr: a removal, or removed since
    Revision before = 0;              ///< the same entry's change before
  };

  void trim(std::size_t entries);

  std::size_t max_extra_;
  Revision first_ = 1;      ///< of slots_.front()
  std::deque<Slot> slots_;  ///< by revision
  std::deque<std::pair<Revision, EntryKey>> removals_;
  Revision known_from_ = 0;
};

template <typename Take>
void ChangeLog::each_since(Revision since, const Take& take) const {
  auto removal = std::upper_bound(
      removals_.begin(), removals_.end(), since,
      [](Revision revision, const auto& removed) { return revision < removed.first; });
  for (Revision at = std::max(since + 1, first_); at <= revision(); ++at) {
    const EntryKey* entry = slots_[static_cast<std::size_t>(at - first_)].entry;
    if (removal != removals_.end() && removal->first == at) {
      entry = &removal->second;
      ++removal;
    }
    if (entry != nullptr && !take(at, *entry)) {
      return;
    }
  }
}

}  // namespace misp_zeek
