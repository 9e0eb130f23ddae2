// SPDX-License-Identifier: BSD-3-Clause
#include "core/sync/giant_read.h"

#include <algorithm>
#include <utility>

namespace misp_zeek {
namespace {

constexpr int kMaxRestarts = 3;
constexpr int kMaxFailures = 5;
constexpr SteadyMs kPause = 30'000;
/// A whole read because a delta does not explain the event's timestamp: not more often.
constexpr SteadyMs kWholePause = 600'000;
/// MISP's clock has whole seconds, and a commit may take a while.
constexpr std::int64_t kOverlap = 10;

}  // namespace

void GiantRead::begin(std::uint64_t id, bool delta) {
  read_ = Read{};
  read_->id = id;
  read_->lane = events_.find(id)->mark.lane;
  read_->step = delta ? Read::Step::kDelta : Read::Step::kLook;
  events_.start(id);
}

SearchCall GiantRead::delta_call() const {
  SearchCall call;
  call.search.apply_filter = false;
  call.search.any_type = true;
  call.search.with_deleted = true;
  call.search.event_ids = {read_->id};
  call.search.changed_since =
      std::max<std::int64_t>(events_.find(read_->id)->read_until - kOverlap, 1);
  call.limit = context_.options.batch_rows;
  return call;
}

SearchCall GiantRead::page_call() const {
  SearchCall call;
  const bool fixed = context_.filter.is_fixed_event(read_->id);
  call.search.apply_filter = !fixed;
  call.search.fixed_events = fixed;
  call.search.event_ids = {read_->id};
  call.limit = context_.options.batch_rows;
  call.page = read_->page;
  return call;
}

std::optional<RestCall> GiantRead::next_call() {
  if (!read_ || read_->in_flight) {
    return std::nullopt;
  }
  if (events_.find(read_->id) == nullptr) {
    read_.reset();
    return std::nullopt;
  }
  read_->in_flight = true;
  switch (read_->step) {
    case Read::Step::kDelta:
      return delta_call();
    case Read::Step::kLook:
    case Read::Step::kLookAgain:
      return EventCall{{read_->id}};
    case Read::Step::kCount:
    case Read::Step::kPage:
      break;
  }
  return page_call();
}

void GiantRead::on_error(SteadyMs retry_at) {
  if (!read_) {
    return;
  }
  read_->in_flight = false;
  if (++read_->failures >= kMaxFailures) {
    give_up(retry_at + kPause);
  }
}

void GiantRead::give_up(SteadyMs due) {
  events_.put_back(read_->id, due);
  read_.reset();
}

void GiantRead::on_reply(const RestReply& reply, SteadyMs asked) {
  if (!read_) {
    return;
  }
  read_->in_flight = false;
  read_->failures = 0;
  const auto* state = events_.find(read_->id);
  if (state == nullptr || state->freshness != EventState::Freshness::kReading) {
    read_.reset();  // deleted meanwhile
    return;
  }
  switch (read_->step) {
    case Read::Step::kDelta:
      on_delta(reply, asked);
      break;
    case Read::Step::kLook:
    case Read::Step::kLookAgain:
      on_look(std::get<EventDetails>(reply.body), asked);
      break;
    case Read::Step::kCount:
      on_count(std::get<AttributeReply>(reply.body));
      break;
    case Read::Step::kPage:
      on_page(reply, asked);
      break;
  }
}

void GiantRead::first_page(Read::Step step) {
  read_->step = step;
  read_->page = 1;
  read_->more = 0;
  read_->seen = {};
}

void GiantRead::on_look(const EventDetails& reply, SteadyMs) {
  const auto shown = std::find_if(reply.events.begin(), reply.events.end(),
                                  [this](const auto& e) { return e.row.id == read_->id; });
  if (shown == reply.events.end()) {
    const auto id = read_->id;
    checks_.missing(id, events_.find(id)->mark.cause, events_.in_round(id));
    give_up(context_.time() + kPause);
    return;
  }
  if (read_->step == Read::Step::kLook) {
    read_->row = shown->row;
    read_->attributes = shown->attribute_count;
    read_->info = shown->info;
    const auto* held = context_.store.event(read_->id);
    const std::uint64_t known = held == nullptr ? 0 : held->attributes.size();
    const std::uint64_t more = shown->attribute_count - std::min(known, shown->attribute_count);
    first_page(growth_.stops(read_->id, more) ? Read::Step::kCount : Read::Step::kPage);
    return;
  }
  const bool moved =
      shown->row.timestamp != read_->row.timestamp || shown->attribute_count != read_->attributes;
  if (moved && ++read_->restarts < kMaxRestarts) {
    read_->row = shown->row;
    read_->attributes = shown->attribute_count;
    first_page(Read::Step::kPage);
    return;
  }
  const auto id = read_->id;
  auto seen = std::move(read_->seen);
  seen.unnamed |= moved;  // its pages may have shifted
  const SteadyMs asked = read_->asked;
  const std::int64_t server_time = read_->server_time;
  const StaleMark mark = events_.find(id)->mark;
  events_.show(read_->row);
  read_.reset();
  verdict_.conclude(id, std::move(seen), asked, server_time);
  if (moved) {
    StaleMark again = mark;
    again.due = again.valid_from = context_.time() + kPause;
    events_.mark(id, again, context_.time());
  }
}

void GiantRead::on_count(const AttributeReply& reply) {
  read_->more += verdict_.count_new(reply);
  if (growth_.stops(read_->id, read_->more)) {
    const auto id = read_->id;
    const auto more = read_->more;
    auto info = std::move(read_->info);
    read_.reset();
    growth_.block(id, std::move(info), more);
  } else if (reply.complete) {
    first_page(Read::Step::kPage);
  } else {
    ++read_->page;
  }
}

void GiantRead::on_page(const RestReply& reply, SteadyMs asked) {
  const auto& rows = std::get<AttributeReply>(reply.body);
  if (read_->page == 1) {
    read_->asked = asked;
    read_->server_time = reply.server_time;
  }
  auto& seen = read_->seen;
  for (auto& [id, of_event] : verdict_.take({read_->id}, rows, asked)) {
    seen.uuids.merge(of_event.uuids);
    seen.rows += of_event.rows;
    seen.unnamed |= of_event.unnamed;
    seen.skipped.insert(seen.skipped.end(), of_event.skipped.begin(), of_event.skipped.end());
  }
  if (rows.complete) {
    read_->step = Read::Step::kLookAgain;
  } else {
    ++read_->page;
  }
}

void GiantRead::take_changed(const AttributeRow& row, SteadyMs asked) {
  const Attribute& attribute = row.attribute;
  const bool known = context_.store.find(attribute.uuid) != nullptr;
  const auto judgement =
      context_.filter.judge_row(attribute, row.event, context_.clock.age_now(context_.now));
  const bool wanted =
      judgement.verdict == Verdict::kAccept && context_.mapping.knows(attribute.type);
  if (wanted && context_.filter.row_needs_misp(attribute.event_id)) {
    lookups_.ask(attribute.uuid, attribute.event_id, 0, context_.time());
  } else if (wanted || known) {
    writer_.take_row(row, asked, events_.find(read_->id)->mark.cause);
  }
}

void GiantRead::on_delta(const RestReply& reply, SteadyMs asked) {
  const auto& changes = std::get<AttributeReply>(reply.body);
  if (!changes.complete || !changes.skipped.empty()) {
    read_->step = Read::Step::kLook;
    return;
  }
  std::int64_t newest = 0;
  std::size_t more = 0;
  for (const auto& row : changes.rows) {
    newest = std::max(newest, row.attribute.timestamp);
    more += context_.store.find(row.attribute.uuid) == nullptr ? 1 : 0;
  }
  if (growth_.stops(read_->id, more)) {
    read_->step = Read::Step::kLook;
    return;
  }
  for (const auto& row : changes.rows) {
    take_changed(row, asked);
  }
  const auto* state = events_.find(read_->id);
  const std::int64_t wanted = state->row.timestamp;
  const bool told = state->heard > state->stale_since - kPause && state->heard != 0;
  finish_delta(wanted <= state->read_until - kOverlap || newest + 1 >= wanted || told, asked,
               reply.server_time);
}

void GiantRead::finish_delta(bool explained, SteadyMs asked, std::int64_t server_time) {
  const auto id = read_->id;
  const StaleMark mark = events_.find(id)->mark;
  read_.reset();
  events_.finish(id, asked, server_time, context_.time());
  if (explained) {
    verdict_.read_again_if_young(id, mark, server_time);
    return;
  }
  // A hard deletion shows in no delta.
  EventState& state = events_.get(id);
  const SteadyMs earliest = state.last_whole == 0 ? 0 : state.last_whole + kWholePause;
  StaleMark whole = mark;
  whole.whole = true;
  whole.due = std::max(context_.time(), earliest);
  whole.valid_from = 0;
  state.last_whole = whole.due;
  events_.mark(id, whole, context_.time());
}

}  // namespace misp_zeek
