// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <utility>
#include <vector>

namespace misp_zeek::app {

/// A bounded queue that many threads fill and the loop thread empties.
///
/// push() refuses at the bound and the sender decides what a refusal means; push_always() is for
/// the few messages that must not be lost and whose number is bounded by other means. After close()
/// nothing is taken any more.
template <typename T>
class Inbox {
 public:
  explicit Inbox(std::size_t bound) : bound_(bound) {}

  /// False: the queue is full, the item was not taken.
  bool push(T item) {
    {
      const std::lock_guard lock(mutex_);
      if (closed_ || items_.size() >= bound_) {
        return false;
      }
      items_.push_back(std::move(item));
    }
    ready_.notify_one();
    return true;
  }

  void push_always(T item) {
    {
      const std::lock_guard lock(mutex_);
      if (closed_) {
        return;
      }
      items_.push_back(std::move(item));
    }
    ready_.notify_one();
  }

  /// Drops what waits and what comes.
  void close() {
    std::deque<T> dropped;  // outlives the lock: what ends with an item may call back
    const std::lock_guard lock(mutex_);
    closed_ = true;
    dropped.swap(items_);
  }

  bool closed() const {
    const std::lock_guard lock(mutex_);
    return closed_;
  }

  /// Waits until there are items, wake() was called or `timeout` has passed, then takes up to
  /// `max`.
  std::vector<T> take(std::chrono::milliseconds timeout, std::size_t max) {
    std::unique_lock lock(mutex_);
    ready_.wait_for(lock, timeout, [this] { return !items_.empty() || woken_; });
    woken_ = false;
    std::vector<T> taken;
    while (!items_.empty() && taken.size() < max) {
      taken.push_back(std::move(items_.front()));
      items_.pop_front();
    }
    return taken;
  }

  void wake() {
    {
      const std::lock_guard lock(mutex_);
      woken_ = true;
    }
    ready_.notify_one();
  }

  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return items_.size();
  }

 private:
  const std::size_t bound_;
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<T> items_;
  bool woken_ = false;
  bool closed_ = false;
};

}  // namespace misp_zeek::app
