// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <httplib.h>

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace misp_zeek::http {

/// What TaskQueue::enqueue() returns: nothing, or since cpp-httplib 0.15 whether the job was taken.
using Enqueued = decltype(std::declval<httplib::TaskQueue&>().enqueue(nullptr));

/// A few threads and a short queue of connections. At the bound the accepting thread waits, so that
/// further clients stay in the kernel's queue. Only server.cc includes this.
class BoundedPool : public httplib::TaskQueue {
 public:
  BoundedPool(std::size_t threads, std::size_t bound);
  Enqueued enqueue(std::function<void()> job) override;
  /// Carries out what is queued, then ends the threads.
  void shutdown() override;

 private:
  void work();

  const std::size_t bound_;
  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable room_;
  std::deque<std::function<void()>> jobs_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace misp_zeek::http
