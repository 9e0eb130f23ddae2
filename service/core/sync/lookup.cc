// SPDX-License-Identifier: BSD-3-Clause
// The part of MispSync that asks MISP about single attributes that a message could not decide.
#include <algorithm>
#include <array>
#include <utility>

#include "core/sync/misp_sync.h"

namespace misp_zeek {
namespace {

/// Sightings of one request come close together: wait this long to ask about all of them at once.
constexpr SteadyMs kCoalesce = 50;
/// Waits before another look at what a message announced, from the first answer on.
constexpr std::array<SteadyMs, 3> kLookAgain = {500, 2'000, 6'000};
/// So many looks must agree that MISP does not have what was announced; they outlast the grace for
/// commits. Fewer when MISP showed the attribute before and does no more, and the answer proves by
/// another attribute that it is sound.
constexpr std::size_t kLooks = 4;
constexpr std::size_t kLooksForGone = 2;

}  // namespace

void MispSync::on_sighting(const SightingMessage& message, TimePoint now) {
  if (!message.attribute_uuid || !filter_.honours_sighting(message.type, message.event_id)) {
    return;
  }
  const Uuid& uuid = *message.attribute_uuid;
  const auto asked = confirms_.find(uuid);
  ask_attribute(uuid, message.event_id, asked == confirms_.end() ? 0 : asked->second.timestamp,
                now.steady + kCoalesce);
  confirms_.at(uuid).again_at = now.steady + options_.commit_grace;
}

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
  auto uuids = confirming_;
  confirm_witness_.reset();
  for (const auto& [uuid, attribute] : store_.attributes()) {
    if (filter_.is_fixed_event(attribute.event_id) == *fixed && !confirms_.contains(uuid) &&
        !suspects_.contains(uuid) && !touched_since(uuid, now.steady - options_.commit_grace)) {
      confirm_witness_ = uuid;
      uuids.push_back(uuid);
      break;
    }
  }
  return SearchCall{search_uuids(std::move(uuids), *fixed), 1, kUuidsPerSearch + 1};
}

bool MispSync::look_again(const Uuid& uuid, Confirm& confirm, const AttributeRow* row, bool sound,
                          TimePoint now) {
  const auto* touch = touches_.find(uuid);
  const bool moving = touch != nullptr && !touch->gone && touch->at >= call_started_;
  const bool settled = row != nullptr && row->attribute.timestamp >= confirm.timestamp &&
                       !row_is_stale(row->attribute);
  const bool gone = row == nullptr && sound && must_be_shown(uuid, call_started_);
  const std::size_t looks = gone ? kLooksForGone : kLooks;
  if (!moving && (settled || confirm.attempts + 1 >= looks)) {
    return false;
  }
  confirm_order_.erase({confirm.due, uuid});
  confirm.due =
      now.steady + kLookAgain.at(std::min<std::size_t>(confirm.attempts, kLookAgain.size() - 1));
  confirm_order_.emplace(confirm.due, uuid);
  confirm.attempts += moving ? 0U : 1U;
  return true;
}

std::optional<Error> MispSync::on_confirmed(const AttributePage& page, TimePoint now) {
  auto error = distrust(confirm_witness_, page);
  if (error) {
    suspect(*confirm_witness_);
  }
  std::unordered_map<Uuid, const AttributeRow*> rows;
  for (const auto& row : page.rows) {
    rows[row.attribute.uuid] = &row;
  }
  const bool vouched = confirm_witness_ && rows.contains(*confirm_witness_);
  const bool sound = vouched && page.undecodable == 0;
  if (vouched && suspects_.size() < kFailedWitnesses) {
    for (const auto& uuid : std::exchange(suspects_, {})) {
      if (const auto* attribute = store_.find(uuid)) {
        ask_attribute(uuid, attribute->event_id, 0, now.steady);
      }
    }
  }
  for (const auto& uuid : confirming_) {
    const auto it = confirms_.find(uuid);
    if (it == confirms_.end() || it->second.due > call_started_) {
      continue;  // asked again meanwhile
    }
    const auto found = rows.find(uuid);
    const AttributeRow* row = found == rows.end() ? nullptr : found->second;
    if (error && row == nullptr) {
      // What the answer shows is true; what it lacks may exist.
      confirm_order_.erase({it->second.due, uuid});
      it->second.due = now.steady + (suspects_.size() < kFailedWitnesses ? kLookAgain.front()
                                                                         : options_.commit_grace);
      confirm_order_.emplace(it->second.due, uuid);
      continue;
    }
    if (look_again(uuid, it->second, row, sound, now)) {
      continue;
    }
    ++counters_.confirmed;
    const bool shown = row != nullptr && !touches_.find_burial(it->second.event_id);
    const auto judgement =
        shown ? filter_.judge_row(row->attribute, row->event, now.unix_seconds) : Judgement{};
    if (shown && judgement.verdict == Verdict::kAccept) {
      accept(row->attribute, row->event);
    } else if (shown) {
      ++counters_.filtered[judgement.reason];
      withdraw(uuid, to_string(judgement.reason));
    } else if (row != nullptr || (page.undecodable == 0 && vouched)) {
      // A row that could not be read says nothing: what is known stays.
      withdraw(uuid, "not_in_misp");
    } else if (page.undecodable == 0 && !holds_for_look_ups()) {
      doubt(uuid, std::nullopt, now.steady);
    }
    confirm_order_.erase({it->second.due, uuid});
    if (it->second.again_at > call_started_) {
      it->second.due = it->second.again_at;
      it->second.attempts = 0;
      confirm_order_.emplace(it->second.due, uuid);
    } else {
      confirms_.erase(it);
    }
  }
  return error;
}

}  // namespace misp_zeek
