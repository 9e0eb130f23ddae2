// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "app/runtime/call_thread.h"
#include "core/sync/misp_rest.h"
#include "core/sync/rest_call.h"

namespace misp_zeek::app {

/// A request that was answered.
struct RestDone {
  std::uint64_t id = 0;        ///< of the RestRequest
  std::string_view operation;  ///< one of kRestOperations in telemetry/metrics.h
  std::chrono::duration<double> took{};
  Result<RestReply> reply;
};

/// Makes the blocking calls of MispRest, each on a thread with a connection of its own.
///
/// Replies go to `on_reply` on these threads, in whatever order they come, so that the loop's queue
/// keeps their order among the feed's messages. submit() is called by the loop thread.
class RestWorkers {
 public:
  using OnReply = std::function<void(RestDone)>;

  RestWorkers(std::vector<std::unique_ptr<MispRest>> clients, const OnReply& on_reply);
  /// Cancels the running calls and ends the threads.
  ~RestWorkers();
  RestWorkers(const RestWorkers&) = delete;
  RestWorkers& operator=(const RestWorkers&) = delete;

  /// Whether submit() may be called.
  bool idle() const;
  void submit(RestRequest request);

 private:
  using Thread = CallThread<RestRequest, RestDone>;
  struct Worker {
    std::unique_ptr<MispRest> client;
    std::unique_ptr<Thread> thread;
  };
  std::vector<Worker> workers_;
};

}  // namespace misp_zeek::app
