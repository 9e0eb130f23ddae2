// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "core/misp_rest.h"
#include "core/misp_sync.h"

namespace misp_zeek::app {

/// Makes the blocking calls of MispRest on a thread of its own, one at a time.
///
/// start(), submit() and stop() are called by the loop thread; answers come on the worker's.
class RestWorker {
 public:
  using OnAnswer = std::function<void(Result<RestAnswer>)>;

  RestWorker(MispRest& rest, OnAnswer on_answer);
  ~RestWorker();
  RestWorker(const RestWorker&) = delete;
  RestWorker& operator=(const RestWorker&) = delete;

  /// The previous call must have been answered.
  void submit(RestCall call);
  /// Cancels the running call and ends the thread. Idempotent.
  void stop();

 private:
  void run(const std::stop_token& stop);
  Result<RestAnswer> perform(const RestCall& call);

  MispRest& rest_;
  OnAnswer on_answer_;
  std::mutex mutex_;
  std::condition_variable_any ready_;
  std::optional<RestCall> call_;
  std::jthread thread_;
};

}  // namespace misp_zeek::app
