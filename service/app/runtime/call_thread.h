// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>

namespace misp_zeek::app {

/// Makes blocking calls on a thread of its own, one at a time.
///
/// Threads: all functions are called by one thread; `perform` and `on_answer` on the thread's own,
/// and `on_answer` may call take().
template <typename Call, typename Answer>
class CallThread {
 public:
  using Perform = std::function<Answer(const Call&)>;

  /// `on_answer` is called when take() has something.
  CallThread(Perform perform, std::function<void()> on_answer)
      : perform_(std::move(perform)),
        on_answer_(std::move(on_answer)),
        thread_([this](const std::stop_token& stop) { run(stop); }) {}

  /// The answer to the previous call must have been taken.
  void submit(Call call) {
    {
      const std::lock_guard lock(mutex_);
      call_ = std::move(call);
      busy_ = true;
    }
    changed_.notify_all();
  }

  bool busy() {
    const std::lock_guard lock(mutex_);
    return busy_;
  }

  std::optional<Answer> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(answer_, std::nullopt);
  }

  /// Waits until no call is under way; false: it still is after `timeout`.
  bool wait(std::chrono::milliseconds timeout) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, timeout, [this] { return !busy_; });
  }

  /// Ends the thread when the call under way has ended. Idempotent.
  void stop() {
    if (thread_.joinable()) {
      thread_.request_stop();
      thread_.join();
    }
  }

 private:
  void run(const std::stop_token& stop) {
    for (;;) {
      std::optional<Call> call;
      {
        std::unique_lock lock(mutex_);
        if (!changed_.wait(lock, stop, [this] { return call_.has_value(); })) {
          return;
        }
        call = std::exchange(call_, std::nullopt);
      }
      Answer answer = perform_(*call);
      {
        const std::lock_guard lock(mutex_);
        answer_ = std::move(answer);
        busy_ = false;
      }
      changed_.notify_all();
      on_answer_();
    }
  }

  Perform perform_;
  std::function<void()> on_answer_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::optional<Call> call_;
  std::optional<Answer> answer_;
  bool busy_ = false;
  std::jthread thread_;
};

}  // namespace misp_zeek::app
