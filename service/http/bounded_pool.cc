// SPDX-License-Identifier: BSD-3-Clause
#include "http/bounded_pool.h"

#include <utility>

namespace misp_zeek::http {

BoundedPool::BoundedPool(std::size_t threads, std::size_t bound) : bound_(bound) {
  for (std::size_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { work(); });
  }
}

Enqueued BoundedPool::enqueue(std::function<void()> job) {
  std::unique_lock lock(mutex_);
  room_.wait(lock, [this] { return jobs_.size() < bound_ || stopping_; });
  jobs_.push_back(std::move(job));
  work_.notify_one();
  return static_cast<Enqueued>(true);
}

void BoundedPool::shutdown() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_all();
  room_.notify_all();
  for (std::thread& thread : threads_) {
    thread.join();
  }
}

void BoundedPool::work() {
  for (;;) {
    std::function<void()> job;
    {
      std::unique_lock lock(mutex_);
      work_.wait(lock, [this] { return !jobs_.empty() || stopping_; });
      if (jobs_.empty()) {
        return;
      }
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    room_.notify_one();
    job();
  }
}

}  // namespace misp_zeek::http
