// SPDX-License-Identifier: BSD-3-Clause
// The part of MispSync that asks MISP about single attributes that a message could not decide.
#include <algorithm>
#include <array>
#include <utility>

#include "core/misp_sync.h"

namespace misp_zeek {
namespace {

constexpr std::size_t kUuidsPerSearch = 200;
/// Waits before another look at what a message announced, from the first answer on.
constexpr std::array<SteadyMs, 3> kLookAgain = {500, 2'000, 6'000};
/// So many looks must agree that something is gone: fewer when Zeek has it now.
constexpr int kLooksForKnown = 2;
constexpr int kLooksForUnknown = 4;

}  // namespace

std::optional<RestCall> MispSync::confirm_call(TimePoint now) {
  confirming_.clear();
  std::optional<bool> fixed;
  for (const auto& [due, uuid] : confirm_order_) {
    if (due > now.steady || confirming_.size() == kUuidsPerSearch) {
      break;
    }
    const bool is_fixed = filter_.is_fixed_event(confirms_.at(uuid).event_id);
    if (fixed.value_or(is_fixed) == is_fixed) {
      fixed = is_fixed;
      confirming_.push_back(uuid);
    }
  }
  if (confirming_.empty()) {
    return std::nullopt;
  }
  waiting_ = Waiting::kConfirm;
  return SearchCall{search_uuids(confirming_, *fixed), 1, kUuidsPerSearch + 1};
}

bool MispSync::look_again(const Uuid& uuid, Confirm& confirm, const AttributeRow* row,
                          TimePoint now) {
  const auto* touch = touches_.find(uuid);
  const bool moving = touch != nullptr && !touch->gone && touch->at >= call_started_;
  const bool settled = row != nullptr && row->attribute.timestamp >= confirm.timestamp &&
                       !row_is_stale(row->attribute);
  const int looks = store_.find(uuid) != nullptr ? kLooksForKnown : kLooksForUnknown;
  if (!moving && (settled || confirm.attempts + 1 >= looks)) {
    return false;
  }
  confirm_order_.erase({confirm.due, uuid});
  confirm.due = now.steady + kLookAgain.at(static_cast<std::size_t>(confirm.attempts));
  confirm_order_.emplace(confirm.due, uuid);
  confirm.attempts += moving ? 0 : 1;
  return true;
}

void MispSync::on_confirmed(const AttributePage& page, TimePoint now) {
  std::unordered_map<Uuid, const AttributeRow*> rows;
  for (const auto& row : page.rows) {
    rows[row.attribute.uuid] = &row;
  }
  for (const auto& uuid : confirming_) {
    const auto it = confirms_.find(uuid);
    if (it == confirms_.end() || it->second.due > call_started_) {
      continue;  // asked again meanwhile
    }
    const auto found = rows.find(uuid);
    const AttributeRow* row = found == rows.end() ? nullptr : found->second;
    if (look_again(uuid, it->second, row, now)) {
      continue;
    }
    ++counters_.confirmed;
    const bool wanted =
        row != nullptr && !touches_.find_burial(it->second.event_id) &&
        filter_.judge_row(row->attribute, row->event, now.unix_seconds).verdict == Verdict::kAccept;
    if (wanted) {
      accept(row->attribute, row->event);
    } else {
      withdraw(uuid);
    }
    confirm_order_.erase({it->second.due, uuid});
    confirms_.erase(it);
  }
}

}  // namespace misp_zeek
