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

/// A queue that many threads fill and the loop thread empties, bounded by number and bytes.
///
/// push() refuses at the bound and the sender decides what a refusal means; push_always() is for
/// the few messages that must not be lost and whose number is bounded by other means. After close()
/// nothing is taken any more.
template <typename T>
class Inbox {
 public:
  explicit Inbox(std::size_t bound, std::size_t max_bytes = 256UL * 1024 * 1024)
      : bound_(bound), max_bytes_(max_bytes) {}

  /// False: the queue is full, the item was not taken. An item larger than the bound is taken by
  /// itself.
  bool push(T item, std::size_t bytes = 0) {
    {
      const std::lock_guard lock(mutex_);
      const bool too_many = items_.size() >= bound_;
      const bool too_large = bytes > 0 && bytes_ > 0 && bytes_ + bytes > max_bytes_;
      if (closed_ || too_many || too_large) {
        return false;
      }
      items_.push_back({std::move(item), bytes});
      bytes_ += bytes;
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
      items_.push_back({std::move(item), 0});
    }
    ready_.notify_one();
  }

  /// Drops what waits and what comes.
  void close() {
    std::deque<Held> dropped;  // outlives the lock: what ends with an item may call back
    const std::lock_guard lock(mutex_);
    closed_ = true;
    dropped.swap(items_);
    bytes_ = 0;
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
      taken.push_back(std::move(items_.front().item));
      bytes_ -= items_.front().bytes;
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
  struct Held {
    T item;
    std::size_t bytes = 0;
  };

  const std::size_t bound_;
  const std::size_t max_bytes_;
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<Held> items_;
  std::size_t bytes_ = 0;  ///< of `items_`
  bool woken_ = false;
  bool closed_ = false;
};

}  // namespace misp_zeek::app
