// SPDX-License-Identifier: BSD-3-Clause
// The reconciles of MispSync: which lists are read, and what their rows change.
#include <algorithm>
#include <utility>

#include "core/sync/misp_sync.h"

namespace misp_zeek {
namespace {

/// With more changed events than this, the full list is cheaper.
constexpr std::size_t kMaxEventsPerPass = 2000;
constexpr int kMaxRelists = 2;
/// Of one pass, until it is taken as it is and another one is due.
constexpr int kMaxShifts = 20;
/// MISP's clock counts whole seconds and an event may change again within one.
constexpr std::int64_t kIndexOverlap = 3;
/// An event that MISP still lists so long after its deletion was announced was not deleted.
constexpr SteadyMs kBurialMemory = 30'000;

}  // namespace

AttributeSearch MispSync::search_uuids(std::vector<Uuid> uuids, bool fixed) {
  AttributeSearch search;
  search.apply_filter = !fixed;
  search.fixed_events = fixed;
  search.uuids = std::move(uuids);
  return search;
}

AttributeSearch MispSync::unfiltered() {
  AttributeSearch search;
  search.apply_filter = false;
  return search;
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
    case Pass::Step::kBoundary:
      on_boundary(pass, std::get<AttributePage>(answer), now);
      break;
    case Pass::Step::kCount:
      on_count(pass, std::get<std::uint64_t>(answer), now);
      break;
    case Pass::Step::kTrial:
      pass.search_works = !std::get<AttributePage>(answer).rows.empty();
      pass.step = Pass::Step::kFinish;
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
    if (burial && *burial + kBurialMemory < call_started_) {
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
  if (index.rows.empty() && store_.attribute_count() > 0) {
    give_way_to_full(pass);  // all gone, or an error in the shape of an empty answer
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
    give_way_to_full(pass);
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
  const bool known = store_.find(attribute.uuid) != nullptr;
  if (row_is_stale(attribute)) {
    const auto* touch = touches_.find(attribute.uuid);
    // A message that could not be judged is newer than the row, but the row is what MISP has now.
    const bool undecided = !known && !touch->gone && confirms_.contains(attribute.uuid);
    ask_attribute(attribute.uuid, attribute.event_id, 0, now.steady + options_.commit_grace);
    if (!undecided) {
      return;
    }
  }
  const auto judgement = filter_.judge_row(attribute, row.event, now.unix_seconds);
  if (judgement.verdict != Verdict::kAccept || !mapping_.knows(attribute.type)) {
    if (known && touched_since(attribute.uuid, call_started_ - options_.commit_grace)) {
      // A message has just said otherwise; the row may be from before its commit.
      ask_attribute(attribute.uuid, attribute.event_id, 0, now.steady + options_.commit_grace);
      return;
    }
    const auto reason =
        judgement.verdict == Verdict::kReject ? judgement.reason : FilterReason::kType;
    pass.drift.removed += withdraw(attribute.uuid, to_string(reason)) ? 1 : 0;
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
  pass.listed = std::uint64_t{options_.page_size} * (pass.page - 1) + rows;
  if (pass.kind == Pass::Kind::kFull) {
    status_.rows_read += rows;
  }
  const bool all_known = !page.rows.empty() && page.undecodable == 0 && page.skipped == 0;
  pass.page_end = all_known ? std::optional(page.rows.back().attribute.uuid) : std::nullopt;
  pass.page_was_last = page.last;
  if (pass.page > 1) {
    pass.step = Pass::Step::kBoundary;
  } else {
    advance(pass, now);
  }
}

/// `probe`: the row that now is the last of the page before. Pages are offsets: when an early row
/// vanishes between two of them, a later row moves to the page that was read already.
void MispSync::on_boundary(Pass& pass, const AttributePage& probe, TimePoint now) {
  const bool unnamed = probe.rows.empty() && probe.skipped + probe.undecodable > 0;
  const bool stayed =
      pass.boundary ? !probe.rows.empty() && probe.rows.front().attribute.uuid == *pass.boundary
      : probe.rows.empty() ? unnamed
                           : pass.seen.contains(probe.rows.front().attribute.uuid);
  if (stayed || pass.shifts >= kMaxShifts) {
    pass.holes |= !stayed;
    advance(pass, now);
    return;
  }
  ++pass.shifts;
  --pass.page;
  pass.boundary.reset();
  pass.step = Pass::Step::kList;
}

void MispSync::advance(Pass& pass, TimePoint now) {
  pass.step = Pass::Step::kList;
  if (!pass.page_was_last) {
    ++pass.page;
    pass.boundary = pass.page_end;
  } else if (pass.kind == Pass::Kind::kFull) {
    pass.step = Pass::Step::kCount;
  } else {
    next_search(pass, now);
  }
}

void MispSync::read_anew(Pass& pass) {
  pass.listed = 0;
  pass.page = 1;
  pass.step = Pass::Step::kList;
}

void MispSync::on_count(Pass& pass, std::uint64_t count, TimePoint now) {
  const bool denied = count == 0 && pass.listed > 0;  // of what it has just listed
  if ((count > pass.listed || denied) && pass.relists++ < kMaxRelists) {
    read_anew(pass);
    return;
  }
  pass.holes |= denied;
  next_search(pass, now);
}

void MispSync::next_search(Pass& pass, TimePoint now) {
  pass.relists = 0;
  if (++pass.search < pass.searches.size()) {
    read_anew(pass);
    return;
  }
  collect_missing(pass, now);
  if (pass.missing.empty()) {
    end_lists(pass);
  } else {
    pass.step = Pass::Step::kConfirm;
  }
}

}  // namespace misp_zeek
