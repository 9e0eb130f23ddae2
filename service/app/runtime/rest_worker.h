// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <functional>
#include <string_view>
#include <utility>

#include "app/runtime/call_thread.h"
#include "core/sync/misp_rest.h"
#include "core/sync/misp_sync.h"

namespace misp_zeek::app {

/// A call that was answered.
struct RestDone {
  std::string_view operation;  ///< "search", "count", "index", "presence" or "user"
  std::chrono::duration<double> took{};
  Result<RestAnswer> answer;
};

/// Makes one call. Blocking.
Result<RestAnswer> perform(MispRest& rest, const RestCall& call);

/// Makes the blocking calls of MispRest on a thread of its own, one at a time.
///
/// Answers go to `on_answer` on the worker's thread, so that the loop's queue keeps their order
/// among the feed's messages. submit() is called by the loop thread.
class RestWorker {
 public:
  using OnAnswer = std::function<void(RestDone)>;

  RestWorker(MispRest& rest, const OnAnswer& on_answer);
  /// Cancels the running call and ends the thread.
  ~RestWorker();
  RestWorker(const RestWorker&) = delete;
  RestWorker& operator=(const RestWorker&) = delete;

  /// The previous call must have been answered.
  void submit(RestCall call) { thread_.submit(std::move(call)); }

 private:
  MispRest& rest_;
  CallThread<RestCall, RestDone> thread_;
};

}  // namespace misp_zeek::app
