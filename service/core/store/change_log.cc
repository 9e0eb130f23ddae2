// SPDX-License-Identifier: BSD-3-Clause
#include "core/store/change_log.h"

namespace misp_zeek {

Revision ChangeLog::changed(const EntryKey* entry, Revision before, std::size_t entries) {
  slots_.push_back({entry, before});
  trim(entries);
  return revision();
}

void ChangeLog::removed(EntryKey entry, Revision before, std::size_t entries) {
  while (before >= first_) {
    Slot& slot = slots_[static_cast<std::size_t>(before - first_)];
    slot.entry = nullptr;
    before = slot.before;
  }
  slots_.emplace_back();
  removals_.emplace_back(revision(), std::move(entry));
  if (removals_.size() > max_extra_) {
    known_from_ = removals_.front().first;
    removals_.pop_front();
  }
  trim(entries);
}

void ChangeLog::trim(std::size_t entries) {
  while (slots_.size() > 2 * entries + max_extra_) {
    slots_.pop_front();
    known_from_ = std::max(known_from_, first_++);
  }
  while (!removals_.empty() && removals_.front().first <= known_from_) {
    removals_.pop_front();
  }
}

}  // namespace misp_zeek
