// SPDX-License-Identifier: BSD-3-Clause
// The reconciles of MispSync: lists, what they lack, and what may be taken out for it.
#include <algorithm>
#include <utility>

#include "core/misp_sync.h"

namespace misp_zeek {
namespace {

constexpr std::size_t kUuidsPerSearch = 200;
constexpr std::size_t kEventsPerSearch = 50;
/// With more changed events than this, the full list is cheaper.
constexpr std::size_t kMaxEventsPerPass = 2000;
constexpr int kMaxRelists = 2;
constexpr int kEmptyListsBelieved = 3;
constexpr int kErrorsUntilRestart = 5;
constexpr SteadyMs kMaxRetryDelay = 60'000;
constexpr SteadyMs kUserInterval = 300'000;
/// A flapping feed must not make MISP list everything without a pause.
constexpr SteadyMs kFullPause = 10'000;
/// MISP's clock counts whole seconds and an event may change again within one.
constexpr std::int64_t kIndexOverlap = 3;
/// An event that MISP still lists so long after its deletion was announced was not deleted.
constexpr SteadyMs kBurialMemory = 30'000;

}  // namespace

AttributeSearch MispSync::search_uuids(std::vector<Uuid> uuids, bool fixed) const {
  AttributeSearch search;
  search.apply_filter = !fixed;
  search.fixed_events = fixed;
  search.uuids = std::move(uuids);
  return search;
}

std::optional<RestCall> MispSync::next_call(TimePoint now) {
  if (waiting_ != Waiting::kNothing) {
    return std::nullopt;
  }
  std::optional<RestCall> call;
  if (!status_.user && now.steady >= next_user_) {
    waiting_ = Waiting::kUser;
    next_user_ = now.steady + kUserInterval;
    call = UserCall{};
  } else if (now.steady >= retry_at_) {
    call = confirm_call(now);
    if (!call) {
      call = start_due_pass(now);
    }
  }
  if (call) {
    call_started_ = now.steady;
  }
  return call;
}

std::optional<RestCall> MispSync::start_due_pass(TimePoint now) {
  if (!events_pass_) {
    std::vector<std::uint64_t> due;
    for (auto it = asked_events_.begin();
         it != asked_events_.end() && due.size() < kEventsPerSearch;) {
      if (it->second > now.steady) {
        ++it;
        continue;
      }
      due.push_back(it->first);
      it = asked_events_.erase(it);
    }
    if (!due.empty()) {
      events_pass_.emplace();
      events_pass_->kind = Pass::Kind::kEvents;
      events_pass_->cause = Cause::kMessage;
      events_pass_->started = now.steady;
      events_pass_->step = Pass::Step::kList;
      add_event_searches(*events_pass_, due);
    }
  }
  if (events_pass_) {
    waiting_ = Waiting::kEvents;
    return pass_call(*events_pass_, now);
  }
  if (!reconcile_) {
    const bool wait_for_feed = !status_.bootstrapped && !status_.feed_connected &&
                               now.steady < started_ + options_.feed_wait;
    const bool paused = status_.last_full && now.steady < *status_.last_full + kFullPause &&
                        full_due_ != Cause::kOperator;
    const bool full = (full_due_ && !paused) || (status_.bootstrapped && now.steady >= next_full_);
    const bool index = status_.bootstrapped && (index_due_ || now.steady >= next_index_);
    if (wait_for_feed || (!full && !index)) {
      return std::nullopt;
    }
    reconcile_.emplace();
    reconcile_->kind = full ? Pass::Kind::kFull : Pass::Kind::kIndex;
    reconcile_->cause = (full ? full_due_ : index_due_).value_or(Cause::kTimer);
    reconcile_->started = now.steady;
    ++counters_.reconciles[reconcile_->cause];
    index_due_.reset();
    if (full) {
      full_due_.reset();
      status_.rows_read = 0;
      status_.rows_expected = 0;
    }
  }
  waiting_ = Waiting::kReconcile;
  return pass_call(*reconcile_, now);
}

std::optional<RestCall> MispSync::pass_call(Pass& pass, TimePoint) {
  switch (pass.step) {
    case Pass::Step::kIndex:
      return IndexCall{};
    case Pass::Step::kList:
      return SearchCall{pass.searches.at(pass.search), pass.page, options_.page_size};
    case Pass::Step::kCount:
      return CountCall{pass.searches.at(pass.search)};
    case Pass::Step::kConfirm:
    case Pass::Step::kFinish:
      break;
  }
  pass.asked = confirm_batch(pass);
  pass.witness = choose_witness(pass);
  auto uuids = pass.asked;
  if (pass.witness) {
    uuids.push_back(*pass.witness);
  }
  const bool fixed = in_fixed_event(uuids.front());
  return SearchCall{search_uuids(std::move(uuids), fixed), 1, kUuidsPerSearch + 1};
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
           !missing.contains(uuid) && !touched_since(uuid, pass.started - options_.commit_grace);
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

void MispSync::on_answer(const Result<RestAnswer>& answer, TimePoint now) {
  const Waiting was = std::exchange(waiting_, Waiting::kNothing);
  if (!answer) {
    on_error(was, answer.error(), now);
    return;
  }
  std::optional<Error> distrusted;
  if (was == Waiting::kUser) {
    status_.user = std::get<MispUser>(*answer);
    filter_.set_viewer({status_.user->org_id, status_.user->site_admin});
  } else if (was == Waiting::kConfirm) {
    distrusted = on_confirmed(std::get<AttributePage>(*answer), now);
  } else {
    auto& pass = was == Waiting::kEvents ? events_pass_ : reconcile_;
    distrusted = on_pass_answer(*pass, *answer, now);
    if (pass->step == Pass::Step::kFinish) {
      finish(*pass, now);
      pass.reset();
    }
  }
  if (distrusted) {
    on_error(was, *distrusted, now);
    return;
  }
  errors_ = 0;
  status_.rest_error.clear();
  status_.rest_error_since.reset();
}

SteadyMs MispSync::retry_delay(const Error& error) {
  if (error.code == ErrorCode::kRateLimited && error.retry_after_seconds > 0) {
    return SteadyMs{1000} * error.retry_after_seconds;
  }
  if (error.code == ErrorCode::kUnauthorized || error.code == ErrorCode::kIncompatible ||
      error.code == ErrorCode::kRateLimited) {
    return kMaxRetryDelay;
  }
  const SteadyMs base = std::min(SteadyMs{500} << std::min(errors_ - 1, 10), kMaxRetryDelay);
  return base / 2 + static_cast<SteadyMs>(jitter_() % static_cast<std::uint64_t>(base / 2 + 1));
}

void MispSync::on_error(Waiting was, const Error& error, TimePoint now) {
  if (was == Waiting::kUser) {
    next_user_ = now.steady + kMaxRetryDelay;
  }
  ++errors_;
  status_.rest_error = error.message;
  if (!status_.rest_error_since) {
    status_.rest_error_since = now.steady;
  }
  retry_at_ = now.steady + retry_delay(error);
  if (errors_ % kErrorsUntilRestart != 0) {
    return;
  }
  // What was read so long ago is no base to go on from: begin anew.
  if (was == Waiting::kReconcile) {
    (reconcile_->kind == Pass::Kind::kFull ? full_due_ : index_due_) = reconcile_->cause;
    reconcile_.reset();
  } else if (was == Waiting::kEvents) {
    for (const auto id : events_pass_->events) {
      ask_event(id, retry_at_);
    }
    events_pass_.reset();
  }
}

void MispSync::add_event_searches(Pass& pass, const std::vector<std::uint64_t>& ids) const {
  std::vector<std::uint64_t> plain;
  std::vector<std::uint64_t> fixed;
  for (const auto id : ids) {
    pass.events.insert(id);
    (filter_.is_fixed_event(id) ? fixed : plain).push_back(id);
  }
  const auto add = [&](const std::vector<std::uint64_t>& some, bool is_fixed) {
    for (std::size_t i = 0; i < some.size(); i += kEventsPerSearch) {
      AttributeSearch search;
      search.apply_filter = !is_fixed;
      search.fixed_events = is_fixed;
      const auto first = some.begin() + static_cast<std::ptrdiff_t>(i);
      const auto count = std::min(kEventsPerSearch, some.size() - i);
      search.event_ids.assign(first, first + static_cast<std::ptrdiff_t>(count));
      pass.searches.push_back(std::move(search));
    }
  };
  add(plain, false);
  add(fixed, true);
}

std::optional<Error> MispSync::on_pass_answer(Pass& pass, const RestAnswer& answer, TimePoint now) {
  switch (pass.step) {
    case Pass::Step::kIndex:
      on_index(pass, std::get<EventIndex>(answer), now);
      break;
    case Pass::Step::kList:
      on_page(pass, std::get<AttributePage>(answer), now);
      break;
    case Pass::Step::kCount:
      on_count(pass, std::get<std::uint64_t>(answer), now);
      break;
    case Pass::Step::kConfirm:
    case Pass::Step::kFinish:
      return on_confirm_page(pass, std::get<AttributePage>(answer), now);
  }
  return std::nullopt;
}

void MispSync::on_index(Pass& pass, const EventIndex& index, TimePoint) {
  pass.index_time = index.server_time;
  std::set<std::uint64_t> was_buried;
  for (const auto& row : index.rows) {
    pass.index.emplace(row.id, row);
    const auto burial = touches_.find_burial(row.id);
    if (burial && *burial + kBurialMemory < pass.started) {
      touches_.unbury_event(row.id);
      was_buried.insert(row.id);
    }
  }
  if (pass.kind == Pass::Kind::kFull) {
    pass.searches.emplace_back();
    if (!filter_.options().fixed_events.empty()) {
      AttributeSearch fixed;
      fixed.apply_filter = false;
      fixed.fixed_events = true;
      pass.searches.push_back(std::move(fixed));
    }
    pass.step = Pass::Step::kList;
    return;
  }
  std::set<std::uint64_t> changed;
  for (const auto& [id, row] : pass.index) {
    const bool exhumed = was_buried.contains(id);
    const auto before = index_.find(id);
    const bool same = before != index_.end() && before->second.timestamp == row.timestamp &&
                      before->second.published == row.published && !exhumed;
    if (!same || (index_time_ != 0 && row.timestamp >= index_time_ - kIndexOverlap)) {
      changed.insert(id);
    }
  }
  for (const auto id : store_.events()) {
    if (!pass.index.contains(id)) {
      changed.insert(id);
    }
  }
  if (changed.size() > kMaxEventsPerPass) {
    full_due_ = pass.cause;
    pass.step = Pass::Step::kFinish;
    return;
  }
  add_event_searches(pass, {changed.begin(), changed.end()});
  pass.step = pass.searches.empty() ? Pass::Step::kFinish : Pass::Step::kList;
}

void MispSync::take_row(Pass& pass, const AttributeRow& row, TimePoint now) {
  const Attribute& attribute = row.attribute;
  pass.seen.insert(attribute.uuid);
  if (touches_.find_burial(attribute.event_id)) {
    return;
  }
  if (row_is_stale(attribute)) {
    ask_attribute(attribute.uuid, attribute.event_id, 0, now.steady + options_.commit_grace);
    return;
  }
  const bool known = store_.find(attribute.uuid) != nullptr;
  if (filter_.judge_row(attribute, row.event, now.unix_seconds).verdict != Verdict::kAccept ||
      !mapping_.knows(attribute.type)) {
    if (known && touched_since(attribute.uuid, call_started_ - options_.commit_grace)) {
      // A message has just said otherwise; the row may be from before its commit.
      ask_attribute(attribute.uuid, attribute.event_id, 0, now.steady + options_.commit_grace);
      return;
    }
    pass.drift.removed += withdraw(attribute.uuid) ? 1 : 0;
  } else if (accept(attribute, row.event)) {
    ++(known ? pass.drift.changed : pass.drift.added);
  }
}

void MispSync::on_page(Pass& pass, const AttributePage& page, TimePoint now) {
  for (const auto& row : page.rows) {
    take_row(pass, row, now);
  }
  counters_.undecodable_rows += page.undecodable;
  const std::uint64_t rows = page.rows.size() + page.undecodable + page.skipped;
  pass.listed += rows;
  if (pass.kind == Pass::Kind::kFull) {
    status_.rows_read += rows;
  }
  if (!page.last) {
    ++pass.page;
  } else if (pass.kind == Pass::Kind::kFull) {
    pass.step = Pass::Step::kCount;
  } else {
    next_search(pass, now);
  }
}

void MispSync::on_count(Pass& pass, std::uint64_t count, TimePoint now) {
  // Pages are offsets: when an early row vanishes between two of them, a later row is never shown.
  if (count > pass.listed && pass.relists < kMaxRelists) {
    ++pass.relists;
    pass.listed = 0;
    pass.page = 1;
    pass.step = Pass::Step::kList;
    return;
  }
  next_search(pass, now);
}

void MispSync::next_search(Pass& pass, TimePoint now) {
  pass.page = 1;
  pass.listed = 0;
  pass.relists = 0;
  if (++pass.search < pass.searches.size()) {
    pass.step = Pass::Step::kList;
    return;
  }
  collect_missing(pass, now);
  pass.step = pass.missing.empty() ? Pass::Step::kFinish : Pass::Step::kConfirm;
}

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
    pass.missing.push_back(*pass.witness);
    pass.seen.erase(*pass.witness);
    return error;
  }
  const bool hand_over = !pass.witness && pass.kind != Pass::Kind::kFull &&
                         pass.missing.size() <= options_.shrink_floor;
  for (const auto& uuid : pass.asked) {
    if (shown.contains(uuid) || store_.find(uuid) == nullptr) {
      continue;
    }
    if (hand_over) {
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

bool MispSync::shrink_allowed(const Pass& pass) {
  const std::size_t total = store_.attribute_count();
  const std::size_t gone = pass.gone.size();
  if (gone == 0 || std::exchange(shrink_accepted_, false)) {
    return true;
  }
  const bool large = gone > options_.shrink_floor &&
                     static_cast<double>(gone) > options_.max_shrink * static_cast<double>(total);
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
  const bool nothing_left = pass.kind == Pass::Kind::kFull && gone == total && contradicted;
  // A few attributes that are the last ones may well be gone, but so may be the answers' content:
  // believe it when MISP has said so in several full lists.
  const bool believed = !large && nothing_left && ++empty_lists_ >= kEmptyListsBelieved;
  if ((!large && !nothing_left) || believed) {
    empty_lists_ = 0;
    return true;
  }
  status_.held = "MISP no longer shows " + std::to_string(gone) + " of " + std::to_string(total) +
                 " attributes, more than max_shrink allows: they stay in Zeek until "
                 "'misp-zeek reconcile --accept-shrink'";
  return false;
}

void MispSync::finish(Pass& pass, TimePoint now) {
  if (shrink_allowed(pass)) {
    for (const auto& uuid : pass.gone) {
      if (!touched_since(uuid, pass.started - options_.commit_grace)) {
        pass.drift.removed += store_.find(uuid) != nullptr ? 1 : 0;
        withdraw(uuid);
      }
    }
    if (pass.kind != Pass::Kind::kEvents) {
      status_.held.clear();
    }
  }
  if (pass.kind == Pass::Kind::kEvents) {
    return;
  }
  if (status_.bootstrapped) {
    counters_.drift.added += pass.drift.added;
    counters_.drift.changed += pass.drift.changed;
    counters_.drift.removed += pass.drift.removed;
  }
  index_ = std::move(pass.index);
  index_time_ = pass.index_time;
  status_.last_reconcile = now.steady;
  next_index_ = now.steady + options_.interval.count() * 1000;
  if (pass.kind == Pass::Kind::kFull) {
    status_.bootstrapped = true;
    status_.last_full = now.steady;
    const auto& pause = status_.held.empty() ? options_.full_interval : options_.interval;
    next_full_ = now.steady + pause.count() * 1000;
  }
}

}  // namespace misp_zeek
