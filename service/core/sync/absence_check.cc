// SPDX-License-Identifier: BSD-3-Clause
// The part of MispSync that takes out what searches do not show when nothing vouches for them: an
// empty list with status 200 is what MISP says when all is gone, and what it says when it fails.
// Only a word of MISP that no failure has takes such an attribute out.
#include <algorithm>
#include <utility>

#include "core/sync/misp_sync.h"

namespace misp_zeek {

void MispSync::doubt(const Uuid& uuid, std::optional<Cause> drift, SteadyMs due) {
  if (store_.find(uuid) != nullptr) {
    doubts_.try_emplace(uuid, Doubt{Doubt::Step::kPresence, due, drift});
  }
}

std::optional<RestCall> MispSync::doubt_call(TimePoint now) {
  std::erase_if(doubts_, [&](const auto& entry) {
    return store_.find(entry.first) == nullptr || confirms_.contains(entry.first);
  });
  const auto it = std::find_if(doubts_.begin(), doubts_.end(),
                               [&](const auto& entry) { return entry.second.due <= now.steady; });
  if (it == doubts_.end()) {
    return std::nullopt;
  }
  waiting_ = Waiting::kDoubt;
  doubted_ = it->first;
  if (it->second.step == Doubt::Step::kPresence) {
    return PresenceCall{doubted_};
  }
  if (it->second.step == Doubt::Step::kFiltered) {
    return SearchCall{search_uuids({doubted_}, in_fixed_event(doubted_)), 1, 2};
  }
  auto search = unfiltered();
  search.uuids = {doubted_};
  return SearchCall{std::move(search), 1, 2};
}

std::optional<Error> MispSync::on_doubt_answer(const RestAnswer& answer, TimePoint now) {
  const auto it = doubts_.find(doubted_);
  const auto* attribute = store_.find(doubted_);
  if (it == doubts_.end() || attribute == nullptr) {
    return std::nullopt;  // a message has told meanwhile
  }
  if (touched_since(doubted_, call_started_ - options_.commit_grace)) {
    ask_attribute(doubted_, attribute->event_id, 0, now.steady + options_.commit_grace);
    doubts_.erase(it);
    return std::nullopt;
  }
  switch (it->second.step) {
    case Doubt::Step::kPresence:
      on_presence(it->second, std::get<Presence>(answer));
      break;
    case Doubt::Step::kUnfiltered:
      return on_unfiltered(it->second, std::get<AttributePage>(answer), now);
    case Doubt::Step::kFiltered:
      on_filtered(it->second, std::get<AttributePage>(answer), now);
      break;
  }
  return std::nullopt;
}

void MispSync::on_presence(Doubt& doubt, const Presence& presence) {
  if (presence.present) {
    doubt.step = Doubt::Step::kUnfiltered;
  } else {
    end_doubt("not_in_misp");
  }
}

std::optional<Error> MispSync::on_unfiltered(Doubt& doubt, const AttributePage& page,
                                             TimePoint now) {
  const bool found = std::any_of(page.rows.begin(), page.rows.end(),
                                 [&](const auto& row) { return row.attribute.uuid == doubted_; });
  doubt.step = found ? Doubt::Step::kFiltered : Doubt::Step::kPresence;
  if (found) {
    return std::nullopt;
  }
  doubt.due = now.steady + kDoubtPause;
  return Error{ErrorCode::kMalformed,
               "MISP has attribute " + doubted_.str() + ", but its search does not show it", 0};
}

void MispSync::on_filtered(Doubt& doubt, const AttributePage& page, TimePoint now) {
  const auto row = std::find_if(page.rows.begin(), page.rows.end(), [&](const auto& candidate) {
    return candidate.attribute.uuid == doubted_;
  });
  if (row == page.rows.end() && page.undecodable > 0) {
    doubt.step = Doubt::Step::kPresence;
    doubt.due = now.steady + kDoubtPause;
    return;
  }
  if (row == page.rows.end()) {
    end_doubt(doubt.drift == Cause::kConfiguration ? "configuration" : "not_in_misp");
    return;
  }
  const auto judgement = filter_.judge_row(row->attribute, row->event, now.unix_seconds);
  if (judgement.verdict == Verdict::kAccept) {
    accept(row->attribute, row->event);
    doubts_.erase(doubted_);
  } else {
    ++counters_.filtered[judgement.reason];
    end_doubt(to_string(judgement.reason));
  }
}

void MispSync::end_doubt(std::string_view reason) {
  const auto drift = doubts_.extract(doubted_).mapped().drift;
  if (withdraw(doubted_, reason) && drift && drift != Cause::kConfiguration) {
    ++counters_.drift.removed;
    ++counters_.drift_by_cause[*drift].removed;
  }
}

}  // namespace misp_zeek
