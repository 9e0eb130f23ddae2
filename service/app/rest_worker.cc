// SPDX-License-Identifier: BSD-3-Clause
#include "app/rest_worker.h"

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

}  // namespace

RestWorker::RestWorker(MispRest& rest, OnAnswer on_answer)
    : rest_(rest),
      on_answer_(std::move(on_answer)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

RestWorker::~RestWorker() { stop(); }

void RestWorker::submit(RestCall call) {
  {
    const std::lock_guard lock(mutex_);
    call_ = std::move(call);
  }
  ready_.notify_one();
}

void RestWorker::stop() {
  if (thread_.joinable()) {
    thread_.request_stop();
    rest_.cancel();
    thread_.join();
  }
}

Result<RestAnswer> RestWorker::perform(const RestCall& call) {
  if (const auto* search = std::get_if<SearchCall>(&call)) {
    return as_answer(rest_.search(search->search, search->page, search->limit));
  }
  if (const auto* count = std::get_if<CountCall>(&call)) {
    return as_answer(rest_.count(count->search));
  }
  if (std::holds_alternative<IndexCall>(call)) {
    return as_answer(rest_.event_index());
  }
  return as_answer(rest_.user());
}

void RestWorker::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::optional<RestCall> call;
    {
      std::unique_lock lock(mutex_);
      if (!ready_.wait(lock, stop, [this] { return call_.has_value(); })) {
        return;
      }
      call = std::exchange(call_, std::nullopt);
    }
    on_answer_(perform(*call));
  }
}

}  // namespace misp_zeek::app
