// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "storage/state_database.h"

namespace misp_zeek::storage {

/// Reads saved state once, on a thread of its own, so that millions of rows delay nothing. Rows
/// wait in a bounded queue until the owner takes them.
///
/// Threads: all functions are called by one thread.
class StateLoader {
 public:
  struct End {
    std::unique_ptr<StateDatabase> database;
    SavedSync sync;
    /// Why the rest could not be read, and where the file is now; empty: all was read. The rows
    /// that were given are right each by itself, and none of them is in `database`.
    std::string quarantined;
  };

  /// `wake` is called by the loader's thread when take() has something.
  StateLoader(std::string file, std::string fingerprint, std::unique_ptr<StateDatabase> database,
              std::function<void()> wake);
  /// Ends the reading.
  ~StateLoader();
  StateLoader(const StateLoader&) = delete;
  StateLoader& operator=(const StateLoader&) = delete;

  /// The next rows, at most kRows; empty: none are there yet, or no more.
  std::vector<StateRow> take();
  /// Once, after the last rows were taken. Errors: kUnavailable when a damaged file cannot be
  /// replaced.
  std::optional<Result<End>> end();

 private:
  static constexpr std::size_t kRows = 1'000;
  static constexpr std::size_t kMaxWaiting = 8;

  void run(const std::stop_token& stop);
  bool give(const std::stop_token& stop, bool last);
  Result<End> load(const std::stop_token& stop);

  std::string file_;
  std::string fingerprint_;
  std::unique_ptr<StateDatabase> database_;
  std::function<void()> wake_;
  std::vector<StateRow> next_;  ///< the thread's own
  std::mutex mutex_;
  std::condition_variable_any taken_;
  std::vector<std::vector<StateRow>> waiting_;
  std::optional<Result<End>> end_;
  std::jthread thread_;
};

}  // namespace misp_zeek::storage
