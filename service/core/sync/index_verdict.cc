// SPDX-License-Identifier: BSD-3-Clause
#include "core/sync/index_verdict.h"

#include <utility>
#include <vector>

namespace misp_zeek {
namespace {

/// An event that MISP still lists so long after its deletion was announced was not deleted.
constexpr SteadyMs kTombstoneMemory = 30'000;
/// Between checks of an event that the index does not list and MISP has: it has no attributes, is
/// protected, or lies in the future.
constexpr SteadyMs kUnlistedPause = 600'000;

}  // namespace

bool IndexVerdict::is_unpublished(const EventIndexRow& row) const {
  return context_.filter.options().published == PublishedMode::kPublished && !row.published &&
         !context_.filter.is_fixed_event(row.id);
}

bool IndexVerdict::is_changed(const EventIndexRow& row, const Reading& reading) {
  if (checks_.replace_reused(row, reading.cause)) {
    return true;
  }
  const auto* known = events_.find(row.id);
  if (known == nullptr || reading.all_stale) {
    return true;
  }
  const bool unread = known->read_until == 0 && known->freshness == EventState::Freshness::kFresh;
  const bool published =
      known->row.published != row.published && context_.filter.publication_matters();
  const bool told_published =
      reading.which == IndexCall::Which::kPublishedSince && known->read_until < reading.server_time;
  return unread || published || told_published || known->row.timestamp != row.timestamp;
}

std::size_t IndexVerdict::apply(const EventIndex& index, const Reading& reading) {
  std::size_t changed = 0;
  std::unordered_set<std::uint64_t> listed;
  listed.reserve(index.rows.size());
  const SteadyMs now = context_.time();
  for (const auto& row : index.rows) {
    listed.insert(row.id);
    bool is_new = false;
    if (const auto deleted = context_.watermarks.tombstone(row.id)) {
      if (*deleted + kTombstoneMemory >= reading.asked) {
        continue;
      }
      context_.watermarks.drop_tombstone(row.id);
      is_new = true;
    }
    const bool stale = is_changed(row, reading) || is_new;
    events_.show(row);
    EventState& state = events_.get(row.id);
    state.listed = true;
    const bool young =
        state.heard != 0 && state.heard + context_.options.commit_grace >= reading.asked;
    if (is_unpublished(row) && !young) {
      const auto removed = writer_.withdraw_event(row.id, to_string(FilterReason::kUnpublished));
      context_.note_drift(reading.cause, Drift{0, 0, removed});
      context_.store.set_authoritative(row.id);
      events_.skip(row.id, reading.server_time);
    } else if (stale) {
      const Lane lane = reading.all_stale ? Lane::kBackground : Lane::kEvents;
      events_.mark(row.id, {lane, reading.cause, now, now, reading.whole || reading.all_stale},
                   now);
      events_.join_round(row.id);
      ++changed;
    }
  }
  if (reading.which == IndexCall::Which::kAll && index.skipped == 0) {
    changed += find_missing(listed, reading);
  }
  return changed;
}

std::size_t IndexVerdict::find_missing(const std::unordered_set<std::uint64_t>& listed,
                                       const Reading& reading) {
  std::vector<std::uint64_t> missing;
  for (const auto& [id, state] : events_.events()) {
    const bool held = context_.store.event(id) != nullptr;
    if (!listed.contains(id) && (state.listed || held)) {
      missing.push_back(id);
    }
  }
  for (const auto id : context_.store.events()) {
    if (!listed.contains(id) && events_.find(id) == nullptr) {
      missing.push_back(id);
    }
  }
  std::size_t count = 0;
  for (const auto id : missing) {
    EventState& state = events_.get(id);
    const bool young =
        state.heard != 0 && state.heard + context_.options.commit_grace >= reading.asked;
    const bool checked = !state.listed && state.checked != 0 &&
                         state.checked + kUnlistedPause > context_.time() && !reading.all_stale;
    if (young || checked) {
      continue;
    }
    state.listed = false;
    checks_.missing(id, reading.cause, true);
    ++count;
  }
  return count;
}

}  // namespace misp_zeek
