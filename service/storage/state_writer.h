// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "storage/state_database.h"

namespace misp_zeek::storage {

/// Writes batches on a thread of its own, in order: a disk that stands still must not hold the
/// loop.
///
/// A batch that cannot be written is tried again every kRetry until it is; nothing is skipped, as
/// later batches build on it. The queue is bounded: at the bound submit() refuses, and the changes
/// stay where they are.
class StateWriter {
 public:
  static constexpr std::size_t kMaxWaiting = 4;
  static constexpr std::chrono::milliseconds kRetry{5'000};

  struct Counters {
    std::uint64_t batches = 0;
    std::uint64_t rows = 0;      ///< attributes and events, gone ones included
    std::uint64_t failures = 0;  ///< attempts that wrote nothing
  };

  /// `on_failure` is called on the writer's thread with each failed attempt's error, and with an
  /// empty text when it writes again.
  StateWriter(std::unique_ptr<StateDatabase> database,
              std::function<void(const std::string&)> on_failure,
              std::chrono::milliseconds retry = kRetry);
  /// As stop() without waiting for what is queued.
  ~StateWriter();
  StateWriter(const StateWriter&) = delete;
  StateWriter& operator=(const StateWriter&) = delete;

  /// Whether submit() would take a batch now.
  bool has_room() const;
  /// False: too many wait; the batch was not taken. Call has_room() first.
  bool submit(StateBatch batch);
  /// Ends after what is queued was written, or `timeout` has passed. True: all was written.
  bool stop(std::chrono::milliseconds timeout);

  Counters counters() const;

 private:
  void run();

  std::unique_ptr<StateDatabase> database_;
  std::function<void(const std::string&)> on_failure_;
  const std::chrono::milliseconds retry_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<StateBatch> queue_;  ///< the first one is being written
  bool finishing_ = false;        ///< ends when the queue is empty
  bool abandoned_ = false;        ///< ends now
  bool ended_ = false;
  Counters counters_;
  std::thread thread_;
};

}  // namespace misp_zeek::storage
