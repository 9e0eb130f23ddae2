// SPDX-License-Identifier: BSD-3-Clause
#include "core/sync/request_desk.h"

#include <algorithm>
#include <utility>

#include "core/base/backoff.h"

namespace misp_zeek {
namespace {

constexpr SteadyMs kFirstRetry = 500;
constexpr SteadyMs kMaxRetry = 60'000;
/// Nobody is there: to ask again costs MISP nothing.
constexpr SteadyMs kMaxUnreachableRetry = 4'000;
/// Between requests for lookups while events wait to be read.
constexpr SteadyMs kLookupPause = 250;

template <typename T>
const T* body_of(const RestReply& reply) {
  return std::get_if<T>(&reply.body);
}

}  // namespace

std::optional<RestRequest> RequestDesk::next() {
  const SteadyMs now = context_.time();
  if (in_flight_.size() >= context_.options.parallel || now < retry_at_) {
    return std::nullopt;
  }
  Flight flight;
  flight.asked = now;
  const std::uint64_t id = last_id_ + 1;
  auto call = choose(flight, id);
  if (!call) {
    return std::nullopt;
  }
  last_id_ = id;
  bound_age(*call);
  in_flight_[id] = flight;
  ++context_.counters.requests;
  std::optional<RestRequest> request(std::in_place);
  request->id = id;
  request->call = *std::move(call);
  return request;
}

/// The filter's max_age by MISP's clock.
void RequestDesk::bound_age(RestCall& call) const {
  auto* search = std::get_if<SearchCall>(&call);
  const auto age = context_.filter.options().max_age.count();
  if (search != nullptr && search->search.apply_filter && !search->search.fixed_events && age > 0) {
    search->search.changed_since = context_.clock.age_now(context_.now) - age;
  }
}

std::optional<RestCall> RequestDesk::choose(Flight& flight, std::uint64_t id) {
  auto& viewer = askers_.viewer;
  if (viewer.due()) {
    viewer.start();
    return UserCall{};
  }
  if (viewer.refused() || !context_.status.user) {
    return std::nullopt;  // what may be read, and by whom, is not known
  }
  if (auto call = askers_.reconciler.next_call(askers_.feed.healthy())) {
    flight.asker = std::holds_alternative<IndexCall>(*call) ? Asker::kIndex : Asker::kDelta;
    return call;
  }
  for (const auto lane : lanes_.order()) {
    auto call = lane == Lane::kLookups ? ask_lookups(flight) : ask_reader(lane, flight, id);
    if (call) {
      flight.lane = lane;
      lanes_.took(lane);
      return call;
    }
  }
  return std::nullopt;
}

std::optional<RestCall> RequestDesk::ask_lookups(Flight& flight) {
  if (auto call = askers_.checks.next_call()) {
    flight.asker = Asker::kChecks;
    return call;
  }
  if (context_.time() >= lookups_from_) {
    if (auto call = askers_.lookups.next_call()) {
      flight.asker = Asker::kLookups;
      return call;
    }
  }
  auto call = askers_.absences.next_call();
  flight.asker = Asker::kAbsences;
  return call;
}

std::optional<RestCall> RequestDesk::ask_reader(Lane lane, Flight& flight, std::uint64_t id) {
  if (lane == Lane::kBackground) {
    flight.exempt = askers_.reconciler.is_exempt();
    const bool one = std::any_of(in_flight_.begin(), in_flight_.end(), [](const auto& other) {
      return other.second.lane == Lane::kBackground;
    });
    if (!lanes_.background_may(context_.time(), flight.exempt) || (one && !flight.exempt)) {
      return std::nullopt;
    }
  }
  flight.asker = Asker::kReader;
  return askers_.reader.next_call(
      lane, id, [this](std::uint64_t event) { return askers_.lookups.holds(event); });
}

bool RequestDesk::on_reply(std::uint64_t id, const Result<RestReply>& reply) {
  const auto found = in_flight_.extract(id);
  if (found.empty()) {
    return false;
  }
  const Flight& flight = found.mapped();
  if (flight.lane == Lane::kBackground) {
    lanes_.spent(context_.time() - flight.asked, flight.exempt, context_.time());
  }
  if (flight.asker == Asker::kLookups) {
    const bool busy = context_.status.stale_events > 0;
    lookups_from_ = context_.time() + (busy ? kLookupPause : 0);
  }
  if (!reply) {
    on_error(flight, id, reply.error());
    return true;
  }
  context_.clock.on_reply(reply->server_time, context_.now);
  context_.errors = 0;
  context_.status.rest_error.clear();
  context_.status.rest_error_since.reset();
  if (const auto* rows = body_of<AttributeReply>(*reply)) {
    context_.counters.rows += rows->rows.size();
  }
  on_success(flight, id, *reply);
  return true;
}

void RequestDesk::on_success(const Flight& flight, std::uint64_t id, const RestReply& reply) {
  switch (flight.asker) {
    case Asker::kViewer:
      if (const auto* user = body_of<MispUser>(reply); askers_.viewer.on_user(*user)) {
        askers_.reconciler.request(true, Cause::kViewer, context_.time());
      }
      break;
    case Asker::kIndex:
      askers_.reconciler.on_index(*body_of<EventIndex>(reply), reply.server_time, flight.asked,
                                  askers_.feed.healthy());
      break;
    case Asker::kDelta:
      askers_.reconciler.on_delta(*body_of<AttributeReply>(reply), flight.asked);
      break;
    case Asker::kChecks:
      askers_.checks.on_reply(*body_of<EventDetails>(reply), flight.asked);
      break;
    case Asker::kLookups:
      askers_.lookups.on_reply(*body_of<AttributeReply>(reply), flight.asked);
      break;
    case Asker::kAbsences:
      askers_.absences.on_reply(reply);
      break;
    case Asker::kReader:
      askers_.reader.on_reply(id, reply, flight.asked);
      break;
  }
}

SteadyMs RequestDesk::retry_delay(const Error& error) {
  if (error.code == ErrorCode::kRateLimited && error.retry_after_seconds > 0) {
    return SteadyMs{1000} * error.retry_after_seconds;
  }
  if (error.code == ErrorCode::kUnauthorized || error.code == ErrorCode::kIncompatible ||
      error.code == ErrorCode::kRateLimited) {
    return kMaxRetry;
  }
  return retry_pause(kFirstRetry, context_.errors - 1,
                     error.unreachable ? kMaxUnreachableRetry : kMaxRetry, context_.jitter);
}

void RequestDesk::on_error(const Flight& flight, std::uint64_t id, const Error& error) {
  if (flight.asker == Asker::kReader) {
    askers_.reader.on_error(id, error.code, context_.time() - flight.asked);
  }
  ++context_.errors;
  rate_limited_ = error.code == ErrorCode::kRateLimited;
  context_.status.rest_error = error.message;
  context_.status.rest_error_since = context_.status.rest_error_since.value_or(context_.time());
  retry_at_ = std::max(retry_at_, context_.time() + retry_delay(error));
  switch (flight.asker) {
    case Asker::kViewer:
      askers_.viewer.on_error(error.code, retry_at_);
      break;
    case Asker::kIndex:
    case Asker::kDelta:
      askers_.reconciler.on_error(flight.asker == Asker::kIndex);
      break;
    case Asker::kChecks:
      askers_.checks.on_error();
      break;
    case Asker::kLookups:
      askers_.lookups.on_error();
      break;
    case Asker::kAbsences:
      askers_.absences.on_error(retry_at_);
      break;
    case Asker::kReader:
      break;
  }
  if (error.code == ErrorCode::kUnauthorized && flight.asker != Asker::kViewer) {
    askers_.viewer.ask_now();
  }
}

void RequestDesk::on_feed_connected() {
  if (context_.errors > 0 && !rate_limited_) {
    retry_now();
    askers_.viewer.ask_now();
  }
}

void RequestDesk::clear() {
  in_flight_.clear();
  askers_.viewer.forget_request();
  askers_.reconciler.clear();
  askers_.checks.clear();
  askers_.lookups.clear();
  askers_.absences.clear();
  askers_.reader.clear();
}

SteadyMs RequestDesk::next_due(const LookupQueue& queue) const {
  SteadyMs due = INT64_MAX;
  const auto at = [&](std::optional<SteadyMs> time) { due = std::min(due, time.value_or(due)); };
  if (in_flight_.size() >= context_.options.parallel) {
    return due;
  }
  at(askers_.viewer.next_due());
  if (askers_.viewer.refused()) {
    return due;
  }
  at(askers_.reconciler.next_due());
  at(askers_.checks.next_due());
  if (!askers_.lookups.waits() && queue.next_due()) {
    at(std::max(*queue.next_due(), lookups_from_));
  }
  at(askers_.absences.next_due());
  at(askers_.reader.next_due(Lane::kEvents));
  if (const auto background = askers_.reader.next_due(Lane::kBackground)) {
    const bool exempt = askers_.reconciler.is_exempt();
    at(exempt ? *background : std::max(*background, lanes_.background_from()));
  }
  return std::max(due, retry_at_);
}

}  // namespace misp_zeek
