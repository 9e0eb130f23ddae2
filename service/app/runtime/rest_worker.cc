// SPDX-License-Identifier: BSD-3-Clause
#include "app/runtime/rest_worker.h"

#include <utility>

namespace misp_zeek::app {
namespace {

template <typename T>
Result<RestAnswer> as_answer(Result<T> result) {
  if (!result) {
    return tl::unexpected<Error>(std::move(result.error()));
  }
  return RestAnswer(std::move(*result));
}

std::string_view operation_of(const RestCall& call) {
  if (std::holds_alternative<SearchCall>(call)) {
    return "search";
  }
  if (std::holds_alternative<CountCall>(call)) {
    return "count";
  }
  if (std::holds_alternative<PresenceCall>(call)) {
    return "presence";
  }
  return std::holds_alternative<IndexCall>(call) ? "index" : "user";
}

RestDone perform_timed(MispRest& rest, const RestCall& call) {
  const auto began = std::chrono::steady_clock::now();
  auto answer = perform(rest, call);
  return {operation_of(call), std::chrono::steady_clock::now() - began, std::move(answer)};
}

}  // namespace

Result<RestAnswer> perform(MispRest& rest, const RestCall& call) {
  if (const auto* search = std::get_if<SearchCall>(&call)) {
    return as_answer(rest.search(search->search, search->page, search->limit));
  }
  if (const auto* count = std::get_if<CountCall>(&call)) {
    return as_answer(rest.count(count->search));
  }
  if (std::holds_alternative<IndexCall>(call)) {
    return as_answer(rest.event_index());
  }
  if (const auto* presence = std::get_if<PresenceCall>(&call)) {
    return as_answer(rest.presence(presence->uuid));
  }
  return as_answer(rest.user());
}

RestWorker::RestWorker(MispRest& rest, const OnAnswer& on_answer)
    : rest_(rest),
      thread_([&rest](const RestCall& call) { return perform_timed(rest, call); },
              [this, on_answer] { on_answer(*thread_.take()); }) {}

RestWorker::~RestWorker() {
  rest_.cancel();
  thread_.stop();
}

}  // namespace misp_zeek::app
