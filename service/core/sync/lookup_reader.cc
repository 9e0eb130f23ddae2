// SPDX-License-Identifier: BSD-3-Clause
#include "core/sync/lookup_reader.h"

#include <algorithm>
#include <array>
#include <unordered_set>
#include <utility>

namespace misp_zeek {
namespace {

/// Waits before another look at what a message announced, from the first reply on.
constexpr std::array<SteadyMs, 3> kLookAgain = {500, 2'000, 6'000};
/// So many looks must agree that MISP does not have what was announced; they outlast the grace for
/// commits. Fewer when MISP showed the attribute before and does no more, and a sentinel vouches.
constexpr std::size_t kLooks = 4;
constexpr std::size_t kLooksForGone = 2;
/// Until a reply is asked for again that could not be read, or that no sentinel vouches for.
constexpr SteadyMs kPause = 5'000;
constexpr std::size_t kMissedSentinels = 3;
/// Candidates looked at for a sentinel.
constexpr int kCandidates = 2'000;

}  // namespace

bool LookupReader::holds(std::uint64_t event_id) const {
  return std::any_of(batch_.begin(), batch_.end(), [&](const Uuid& uuid) {
    const Lookup* lookup = lookups_.find(uuid);
    return lookup != nullptr && lookup->event_id == event_id;
  });
}

std::optional<Uuid> LookupReader::choose_sentinel(bool fixed) const {
  int looked_at = 0;
  for (const auto& [uuid, attribute] : context_.store.attributes()) {
    if (++looked_at > kCandidates) {
      break;
    }
    const bool fits = (fixed || !context_.filter.is_fixed_event(attribute.event_id)) &&
                      lookups_.find(uuid) == nullptr && !absences_.contains(uuid) &&
                      !context_.touched(uuid, context_.time());
    if (fits) {
      return uuid;
    }
  }
  return std::nullopt;
}

std::optional<RestCall> LookupReader::next_call() {
  if (waits()) {
    return std::nullopt;
  }
  const auto fixed = [this](std::uint64_t event) { return context_.filter.is_fixed_event(event); };
  batch_ = lookups_.batch(
      context_.time(),
      [this](std::uint64_t event) {
        const auto* state = events_.find(event);
        return state == nullptr || state->freshness != EventState::Freshness::kReading;
      },
      fixed);
  if (batch_.empty()) {
    return std::nullopt;
  }
  const bool is_fixed = fixed(lookups_.find(batch_.front())->event_id);
  SearchCall call;
  call.search.uuids = batch_;
  call.search.apply_filter = !is_fixed;  // and then any attribute can be the sentinel
  sentinel_ = choose_sentinel(is_fixed);
  if (sentinel_) {
    call.search.uuids.push_back(*sentinel_);
  }
  return call;
}

bool LookupReader::believes(const Rows& rows, SteadyMs asked) const {
  return !sentinel_ || rows.contains(*sentinel_) || context_.store.find(*sentinel_) == nullptr ||
         context_.touched(*sentinel_, asked);
}

void LookupReader::on_reply(const AttributeReply& reply, SteadyMs asked) {
  const auto batch = std::exchange(batch_, {});
  Rows rows;
  for (const auto& row : reply.rows) {
    rows[row.attribute.uuid] = &row;
  }
  std::unordered_set<Uuid> unreadable;
  bool unnamed = false;
  for (const auto& skipped : reply.skipped) {
    if (skipped.uuid) {
      unreadable.insert(*skipped.uuid);
    } else {
      unnamed = true;
    }
  }
  const bool believed = believes(rows, asked) || (sentinel_ && unreadable.contains(*sentinel_));
  const bool sound = believed && !rows.empty();
  missed_sentinels_ = believed ? 0 : missed_sentinels_ + 1;
  if (!believed) {
    absences_.suspect(*sentinel_, Cause::kMessage, false);
    if (missed_sentinels_ >= kMissedSentinels) {
      context_.status.rest_error = "MISP's replies lack attributes that it showed before";
      context_.status.rest_error_since = context_.status.rest_error_since.value_or(context_.time());
    }
  }
  for (const auto& uuid : batch) {
    Lookup* lookup = lookups_.find(uuid);
    if (lookup == nullptr || lookup->due > asked) {
      continue;  // asked again meanwhile
    }
    const auto found = rows.find(uuid);
    if (found != rows.end()) {
      on_row(uuid, *lookup, *found->second, asked);
    } else if (unnamed || unreadable.contains(uuid) || !believed) {
      lookups_.postpone(uuid, context_.time() + kPause);  // what the reply lacks may exist
    } else {
      on_absent(uuid, *lookup, sound, asked);
    }
  }
}

bool LookupReader::look_again(const Uuid& uuid, Lookup& lookup, const AttributeRow* row, bool sound,
                              SteadyMs asked) {
  const auto* watermark = context_.watermarks.find(uuid);
  const bool moving = watermark != nullptr && !watermark->gone && watermark->at >= asked;
  const bool settled = row != nullptr && row->attribute.timestamp >= lookup.timestamp &&
                       !writer_.row_is_stale(row->attribute, asked);
  const bool gone = row == nullptr && sound && writer_.must_be_shown(uuid, asked);
  const std::size_t looks = !gone ? kLooks : lookup.kind == LookupKind::kVerify ? 1 : kLooksForGone;
  if (!moving && (settled || lookup.attempts + 1 >= looks)) {
    return false;
  }
  const auto pause = kLookAgain.at(std::min(lookup.attempts, kLookAgain.size() - 1));
  lookup.attempts += moving ? 0U : 1U;
  lookups_.postpone(uuid, context_.time() + pause);
  return true;
}

void LookupReader::on_row(const Uuid& uuid, Lookup& lookup, const AttributeRow& row,
                          SteadyMs asked) {
  if (lookup.kind == LookupKind::kAbsence) {
    // The reply of its event lacked it, and this one does not: one of them is wrong.
    const auto event_id = lookup.event_id;
    absences_.settle(uuid);
    lookups_.erase(uuid);
    writer_.take_row(row, asked, Cause::kMessage);
    const SteadyMs later = context_.time() + kPause;
    events_.mark(event_id, {Lane::kEvents, Cause::kMessage, later, later, true}, context_.time());
    return;
  }
  if (look_again(uuid, lookup, &row, true, asked)) {
    return;
  }
  ++context_.counters.confirmed;
  const bool verified = lookup.kind == LookupKind::kVerify;
  if (context_.watermarks.tombstone(lookup.event_id)) {
    writer_.withdraw(uuid, "not_in_misp");
  } else {
    const auto judgement =
        context_.filter.judge_row(row.attribute, row.event, context_.clock.age_now(context_.now));
    bool changed = false;
    if (judgement.verdict == Verdict::kAccept && context_.mapping.knows(row.attribute.type)) {
      changed = writer_.accept(row.attribute, row.event);
    } else {
      ++context_.counters.filtered[judgement.reason];
      changed = writer_.withdraw(uuid, to_string(judgement.reason));
    }
    context_.counters.contradicted += verified && changed ? 1 : 0;
  }
  finish(uuid, lookup, asked);
}

void LookupReader::on_absent(const Uuid& uuid, Lookup& lookup, bool sound, SteadyMs asked) {
  if (lookup.kind == LookupKind::kAbsence) {
    const auto event_id = lookup.event_id;
    lookups_.erase(uuid);
    if (context_.touched(uuid, asked)) {
      absences_.settle(uuid);  // a message has just told of it
      lookups_.ask(uuid, event_id, 0, context_.time() + context_.options.commit_grace);
    } else if (sound) {
      absences_.confirm(uuid);
    } else {
      absences_.check_presence(uuid);
    }
    return;
  }
  const bool held = context_.store.find(uuid) != nullptr;
  const bool certain = lookup.kind == LookupKind::kVerify && !held;  // that a message removed it
  if (!certain && look_again(uuid, lookup, nullptr, sound, asked)) {
    return;
  }
  ++context_.counters.confirmed;
  const auto* watermark = context_.watermarks.find(uuid);
  const bool never_shown = watermark != nullptr && !watermark->shown && !watermark->gone;
  if (held && sound && (never_shown || lookup.removal)) {
    // Only a message ever said that it is there, or MISP agrees with a message that it is gone.
    context_.counters.contradicted += never_shown ? 1 : 0;
    writer_.withdraw(uuid, "not_in_misp");
  } else if (held && absences_.contains(uuid)) {
    sound ? absences_.confirm(uuid) : absences_.check_presence(uuid);
  } else if (held) {
    absences_.suspect(uuid, Cause::kMessage, false);
  }
  finish(uuid, lookup, asked);
}

void LookupReader::finish(const Uuid& uuid, Lookup& lookup, SteadyMs asked) {
  if (lookup.again_at > asked) {
    lookup.attempts = 0;
    const SteadyMs due = std::exchange(lookup.again_at, 0);
    lookups_.postpone(uuid, due);
  } else {
    lookups_.erase(uuid);
  }
}

}  // namespace misp_zeek
