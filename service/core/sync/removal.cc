// SPDX-License-Identifier: BSD-3-Clause
// What the lists of a reconcile lacked: confirming that it is gone, and taking it out.
#include <algorithm>
#include <utility>

#include "core/sync/misp_sync.h"

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
  for (const auto& uuid : pass.asked) {
    if (shown.contains(uuid) || store_.find(uuid) == nullptr) {
      continue;
    }
    if (page.undecodable > 0) {
      continue;  // it may be one of the rows that could not be read: what is known of it stays
    }
    (pass.witness ? pass.gone : pass.unvouched).push_back(uuid);
  }
  pass.confirmed += pass.asked.size();
  if (pass.confirmed >= pass.missing.size()) {
    end_lists(pass);
  }
  return std::nullopt;
}

void MispSync::end_lists(Pass& pass) const {
  pass.step = nothing_yet(pass) ? Pass::Step::kTrial : Pass::Step::kFinish;
}

bool MispSync::nothing_yet(const Pass& pass) const {
  return pass.kind == Pass::Kind::kFull && pass.seen.empty() && !store_.proven();
}

bool MispSync::shrink_allowed(const Pass& pass) {
  const std::size_t total = store_.attribute_count();
  const std::size_t gone = pass.gone.size() + pass.unvouched.size();
  const bool large = gone > options_.shrink_floor &&
                     static_cast<double>(gone) > options_.max_shrink * static_cast<double>(total);
  const bool unproven = pass.unvouched.size() > options_.shrink_floor;
  if (pass.shrink_accepted || (!large && !unproven)) {
    return true;
  }
  status_.held = "MISP no longer shows " + std::to_string(gone) + " of " + std::to_string(total) +
                 " attributes, " +
                 (large ? "more than max_shrink allows" : "and nothing else that would prove it") +
                 ": they stay in Zeek until 'misp-zeek reconcile --accept-shrink'";
  return false;
}

void MispSync::withdraw_gone(Pass& pass) {
  if (pass.shrink_accepted) {
    pass.gone.insert(pass.gone.end(), pass.unvouched.begin(), pass.unvouched.end());
    pass.unvouched.clear();
  }
  const auto young = [&](const Uuid& uuid) {
    return touched_since(uuid, pass.started - options_.commit_grace);
  };
  for (const auto& uuid : pass.gone) {
    if (!young(uuid)) {
      pass.drift.removed += store_.find(uuid) != nullptr ? 1 : 0;
      withdraw(uuid, pass.cause == Cause::kConfiguration ? "configuration" : "not_in_misp");
    }
  }
  for (const auto& uuid : pass.unvouched) {
    if (!young(uuid)) {
      doubt(uuid, pass.kind == Pass::Kind::kEvents ? std::nullopt : std::optional(pass.cause), 0);
    }
  }
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
  const bool doubtful = full && !pass.shrink_accepted && (nothing_yet(pass) || pass.holes);
  if (full) {
    doubtful_lists_ = doubtful ? doubtful_lists_ + 1 : 0;
  } else if (pass.holes) {
    full_due_ = full_due_.value_or(pass.cause);
  }
  const bool believed = !doubtful || doubtful_lists_ >= kDoubtfulListsBelieved;
  if (shrink_allowed(pass)) {
    withdraw_gone(pass);
    if (pass.kind != Pass::Kind::kEvents) {
      status_.held.clear();
    }
  } else {
    suspects_.insert(pass.gone.begin(), pass.gone.end());
    suspects_.insert(pass.unvouched.begin(), pass.unvouched.end());
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
  if (pass.kind == Pass::Kind::kFull) {
    end_full_pass(pass, believed, now);
  }
}

void MispSync::end_full_pass(const Pass& pass, bool believed, TimePoint now) {
  status_.bootstrapped = true;
  last_full_ = now.unix_seconds;
  status_.last_full = now.steady;
  if (believed) {
    store_.set_complete(true, pass.shrink_accepted || pass.search_works || !nothing_yet(pass));
  }
  const bool settled = status_.held.empty() && store_.proven();
  const auto& pause = settled ? options_.full_interval : options_.interval;
  next_full_ = now.steady + (believed ? pause.count() * 1000 : kFullPause);
}

}  // namespace misp_zeek
