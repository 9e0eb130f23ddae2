// SPDX-License-Identifier: BSD-3-Clause
// What the lists of a reconcile lacked: confirming that it is gone, and taking it out.
#include <algorithm>
#include <utility>

#include "core/misp_sync.h"

namespace misp_zeek {
namespace {

constexpr int kDoubtfulListsBelieved = 3;

}  // namespace

void MispSync::collect_missing(Pass& pass, TimePoint now) {
  const auto consider = [&](const Uuid& uuid) {
    if (pass.seen.contains(uuid)) {
      return;
    }
    if (touched_since(uuid, pass.started - options_.commit_grace)) {
      // Not shown, but too young to conclude anything from it.
      ask_attribute(uuid, store_.find(uuid)->event_id, 0, now.steady + options_.commit_grace);
    } else {
      pass.missing.push_back(uuid);
    }
  };
  if (pass.kind == Pass::Kind::kFull) {
    for (const auto& [uuid, attribute] : store_.attributes()) {
      consider(uuid);
    }
  } else {
    for (const auto id : pass.events) {
      for (const auto& uuid : store_.attributes_of(id)) {
        consider(uuid);
      }
    }
  }
  std::sort(pass.missing.begin(), pass.missing.end(), [&](const Uuid& a, const Uuid& b) {
    return std::pair(in_fixed_event(a), a) < std::pair(in_fixed_event(b), b);
  });
}

bool MispSync::in_fixed_event(const Uuid& uuid) const {
  const auto* attribute = store_.find(uuid);
  return attribute != nullptr && filter_.is_fixed_event(attribute->event_id);
}

std::vector<Uuid> MispSync::confirm_batch(const Pass& pass) const {
  std::vector<Uuid> batch;
  const bool fixed = in_fixed_event(pass.missing.at(pass.confirmed));
  for (std::size_t i = pass.confirmed; i < pass.missing.size() && batch.size() < kUuidsPerSearch;
       ++i) {
    if (in_fixed_event(pass.missing[i]) != fixed) {
      break;
    }
    batch.push_back(pass.missing[i]);
  }
  return batch;
}

std::optional<Uuid> MispSync::choose_witness(const Pass& pass) const {
  const bool fixed = in_fixed_event(pass.missing.at(pass.confirmed));
  const std::unordered_set<Uuid> missing(pass.missing.begin(), pass.missing.end());
  const auto fits = [&](const Uuid& uuid) {
    return store_.find(uuid) != nullptr && in_fixed_event(uuid) == fixed &&
           !missing.contains(uuid) && !suspects_.contains(uuid) &&
           !touched_since(uuid, pass.started - options_.commit_grace);
  };
  for (const auto& uuid : pass.seen) {
    if (fits(uuid)) {
      return uuid;
    }
  }
  if (pass.kind == Pass::Kind::kFull) {
    return std::nullopt;  // what a full list did not show proves nothing
  }
  for (const auto& [uuid, attribute] : store_.attributes()) {
    if (fits(uuid)) {
      return uuid;
    }
  }
  return std::nullopt;
}

void MispSync::suspect(const Uuid& witness) {
  std::erase_if(suspects_, [&](const Uuid& uuid) { return store_.find(uuid) == nullptr; });
  suspects_.insert(witness);
  if (suspects_.size() == kFailedWitnesses) {
    full_due_ = full_due_.value_or(Cause::kMessage);
  }
}

std::optional<Error> MispSync::distrust(const std::optional<Uuid>& witness,
                                        const AttributePage& page) const {
  const bool explained = !witness || store_.find(*witness) == nullptr ||
                         touched_since(*witness, call_started_ - options_.commit_grace);
  const bool shown =
      !explained && std::any_of(page.rows.begin(), page.rows.end(),
                                [&](const auto& row) { return row.attribute.uuid == *witness; });
  if (explained || shown) {
    return std::nullopt;
  }
  return Error{ErrorCode::kMalformed,
               "MISP's answer lacks an attribute that it listed before: not trusted", 0};
}

std::optional<Error> MispSync::on_confirm_page(Pass& pass, const AttributePage& page,
                                               TimePoint now) {
  std::unordered_set<Uuid> shown;
  for (const auto& row : page.rows) {
    shown.insert(row.attribute.uuid);
    if (row.attribute.uuid != pass.witness) {
      take_row(pass, row, now);
    }
  }
  if (auto error = distrust(pass.witness, page)) {
    // Either this answer lacks what exists, or the witness has just gone: ask with another one.
    suspect(*pass.witness);
    pass.missing.push_back(*pass.witness);
    pass.seen.erase(*pass.witness);
    if (++pass.failed_witnesses == kFailedWitnesses) {
      pass.gone.clear();
      pass.holes = true;
      pass.step = Pass::Step::kFinish;
    }
    return error;
  }
  const bool unproven = !pass.witness && pass.kind != Pass::Kind::kFull && holds_for_look_ups();
  const bool hand_over = !pass.witness && pass.kind != Pass::Kind::kFull &&
                         pass.missing.size() <= options_.shrink_floor;
  for (const auto& uuid : pass.asked) {
    if (shown.contains(uuid) || store_.find(uuid) == nullptr) {
      continue;
    }
    if (page.undecodable > 0) {
      continue;  // it may be one of the rows that could not be read: what is known of it stays
    }
    if (unproven) {
      pass.holes = true;
    } else if (hand_over) {
      // Nothing vouches for the answer: look again a few times, one by one.
      ask_attribute(uuid, store_.find(uuid)->event_id, 0, now.steady + options_.commit_grace);
    } else {
      pass.gone.push_back(uuid);
    }
  }
  pass.confirmed += pass.asked.size();
  if (pass.confirmed >= pass.missing.size()) {
    pass.step = Pass::Step::kFinish;
  }
  return std::nullopt;
}

/// Errors of MISP look like this, too.
bool MispSync::shows_nothing(const Pass& pass) const {
  if (pass.kind != Pass::Kind::kFull || !pass.seen.empty()) {
    return false;
  }
  // MISP lists the event as unchanged, yet shows none of its attributes.
  const bool contradicted = std::any_of(pass.gone.begin(), pass.gone.end(), [&](const Uuid& uuid) {
    const auto* attribute = store_.find(uuid);
    if (attribute == nullptr) {
      return false;
    }
    const auto before = index_.find(attribute->event_id);
    const auto after = pass.index.find(attribute->event_id);
    return before != index_.end() && after != pass.index.end() &&
           before->second.timestamp == after->second.timestamp &&
           before->second.published == after->second.published;
  });
  const bool unknown = store_.attribute_count() == 0 && !store_.complete();
  return contradicted || unknown || (pass.index.empty() && !pass.gone.empty());
}

bool MispSync::shrink_allowed(const Pass& pass, bool believed) {
  const std::size_t total = store_.attribute_count();
  const std::size_t gone = pass.gone.size();
  if (gone == 0 || pass.shrink_accepted) {
    return true;
  }
  const bool large = gone > options_.shrink_floor &&
                     static_cast<double>(gone) > options_.max_shrink * static_cast<double>(total);
  if (!large && believed) {
    return true;
  }
  status_.held = "MISP no longer shows " + std::to_string(gone) + " of " + std::to_string(total) +
                 " attributes, " +
                 (large ? "more than max_shrink allows: they stay in Zeek until "
                        : "which one list alone does not prove: they stay in Zeek until another "
                          "agrees, or until ") +
                 "'misp-zeek reconcile --accept-shrink'";
  return false;
}

void MispSync::give_way_to_full(Pass& pass) {
  full_due_ = full_due_.value_or(pass.cause);
  pass.replaced = true;
  pass.step = Pass::Step::kFinish;
}

void MispSync::finish(Pass& pass, TimePoint now) {
  if (pass.kind != Pass::Kind::kEvents) {
    next_index_ = now.steady + options_.interval.count() * 1000;
  }
  if (pass.replaced) {
    return;
  }
  const bool full = pass.kind == Pass::Kind::kFull;
  const bool nothing = shows_nothing(pass);
  const bool doubtful = full && (nothing || pass.holes);
  if (full) {
    doubtful_lists_ = doubtful ? doubtful_lists_ + 1 : 0;
  } else if (pass.holes) {
    full_due_ = full_due_.value_or(pass.cause);
  }
  const bool believed =
      !doubtful || pass.shrink_accepted || doubtful_lists_ >= kDoubtfulListsBelieved;
  if (shrink_allowed(pass, believed || !nothing)) {
    for (const auto& uuid : pass.gone) {
      if (!touched_since(uuid, pass.started - options_.commit_grace)) {
        pass.drift.removed += store_.find(uuid) != nullptr ? 1 : 0;
        withdraw(uuid, pass.cause == Cause::kConfiguration ? "configuration" : "not_in_misp");
      }
    }
    if (pass.kind != Pass::Kind::kEvents) {
      status_.held.clear();
    }
  } else {
    suspects_.insert(pass.gone.begin(), pass.gone.end());
  }
  ++counters_.passes;
  status_.last_pass = {pass.kind, pass.cause, now.steady - pass.started, pass.drift};
  if (pass.kind != Pass::Kind::kEvents) {
    end_pass(pass, believed, now);
  }
}

void MispSync::end_pass(Pass& pass, bool believed, TimePoint now) {
  // What a change of the rules moves is no drift.
  if (status_.bootstrapped && pass.cause != Cause::kConfiguration) {
    counters_.drift += pass.drift;
    counters_.drift_by_cause[pass.cause] += pass.drift;
  }
  index_ = std::move(pass.index);
  index_time_ = pass.index_time;
  status_.last_reconcile = now.steady;
  last_reconcile_ = now.unix_seconds;
  ++passes_ended_;
  if (pass.kind != Pass::Kind::kFull) {
    return;
  }
  status_.bootstrapped = true;
  last_full_ = now.unix_seconds;
  status_.last_full = now.steady;
  const auto& pause = status_.held.empty() ? options_.full_interval : options_.interval;
  next_full_ = now.steady + (believed ? pause.count() * 1000 : kFullPause);
  if (believed) {
    store_.set_complete(true);
  }
}

}  // namespace misp_zeek
