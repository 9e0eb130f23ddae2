// SPDX-License-Identifier: BSD-3-Clause
#include "core/sync/event_verdict.h"

#include <algorithm>

namespace misp_zeek {
namespace {

/// MISP's clock has whole seconds and a commit may take some: an event read so soon after its
/// timestamp may show something else later, with the same one.
constexpr std::int64_t kSecond = 4;
constexpr SteadyMs kSecondPause = 4'000;

}  // namespace

std::unordered_map<std::uint64_t, EventVerdict::Seen> EventVerdict::take(
    const std::vector<std::uint64_t>& events, const AttributeReply& reply, SteadyMs asked) {
  std::unordered_map<std::uint64_t, Seen> seen;
  std::unordered_set<std::uint64_t> asked_for(events.begin(), events.end());
  for (const auto& row : reply.rows) {
    const auto id = row.attribute.event_id;
    Seen& of_event = seen[id];
    of_event.uuids.insert(row.attribute.uuid);
    ++of_event.rows;
    const auto* state = events_.find(id);
    const bool ours = state != nullptr && asked_for.contains(id);
    writer_.take_row(row, asked, ours ? state->mark.cause : Cause::kMessage);
  }
  for (const auto& skipped : reply.skipped) {
    const auto id = skipped.event_id != 0 || events.empty() ? skipped.event_id : events.front();
    Seen& of_event = seen[id];
    of_event.skipped.push_back(skipped);
    ++of_event.rows;
    if (skipped.uuid) {
      of_event.uuids.insert(*skipped.uuid);
    } else if (skipped.event_id != 0) {
      of_event.unnamed = true;
    } else {
      for (const auto event : events) {
        seen[event].unnamed = true;
      }
    }
  }
  context_.counters.hidden_rows += reply.hidden;
  context_.status.rows_read += reply.rows.size();
  return seen;
}

void EventVerdict::conclude(std::uint64_t id, Seen seen, SteadyMs asked, std::int64_t server_time) {
  const auto* state = events_.find(id);
  if (state == nullptr || state->freshness != EventState::Freshness::kReading) {
    return;  // deleted meanwhile
  }
  const StaleMark mark = state->mark;
  const bool in_round = events_.in_round(id);
  for (const auto& uuid : context_.store.attributes_of(id)) {
    if (seen.unnamed || seen.uuids.contains(uuid)) {
      continue;
    }
    if (context_.touched(uuid, asked)) {
      // Not shown, but too young to conclude anything from it.
      lookups_.ask(uuid, id, 0, context_.time() + context_.options.commit_grace);
    } else {
      absences_.suspect(uuid, mark.cause, in_round);
    }
  }
  events_.get(id).rows = seen.rows;
  skipped_.replace(id, std::move(seen.skipped));
  growth_.settle(id);
  context_.store.set_authoritative(id);
  if (in_round) {
    ++context_.status.events_read;
  }
  events_.finish(id, asked, server_time, context_.time());
  read_again_if_young(id, mark, server_time);
}

void EventVerdict::read_again_if_young(std::uint64_t id, const StaleMark& mark,
                                       std::int64_t server_time) {
  const auto* state = events_.find(id);
  const bool known = state != nullptr && state->row.timestamp != 0 && server_time != 0;
  if (known && server_time - state->row.timestamp < kSecond) {
    StaleMark again = mark;
    again.whole = false;
    again.due = context_.time() + kSecondPause;
    again.valid_from = 0;  // whatever reads it earlier asks the same question again
    events_.mark(id, again, context_.time());
  }
}

std::unordered_set<std::uint64_t> EventVerdict::stopped(const AttributeReply& reply) const {
  std::unordered_set<std::uint64_t> events;
  if (count_new(reply) <= context_.options.max_growth) {
    return events;
  }
  std::unordered_map<std::uint64_t, std::uint64_t> more;
  for (const auto& row : reply.rows) {
    more[row.attribute.event_id] += context_.store.find(row.attribute.uuid) == nullptr ? 1 : 0;
  }
  for (const auto& [id, count] : more) {
    if (growth_.stops(id, count)) {
      events.insert(id);
    }
  }
  return events;
}

std::size_t EventVerdict::count_new(const AttributeReply& reply) const {
  return static_cast<std::size_t>(std::count_if(
      reply.rows.begin(), reply.rows.end(),
      [this](const auto& row) { return context_.store.find(row.attribute.uuid) == nullptr; }));
}

void EventVerdict::forget(std::uint64_t id) {
  skipped_.erase(id);
  growth_.forget(id);
}

}  // namespace misp_zeek
