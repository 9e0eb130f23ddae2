// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <utility>

#include "core/base/error.h"

namespace misp_zeek::storage {

/// The folder of `[state] path`, held by one process at a time: its lock goes with the process, so
/// a killed one leaves nothing behind. Moves only; used by one thread.
class StateFolder {
 public:
  /// Creates the folder (mode 0700), parents included, if it is not there, and takes its lock.
  /// Errors: kUnavailable with path and cause when it cannot be made, written to, or is in use.
  static Result<StateFolder> open(const std::string& path);

  ~StateFolder();
  StateFolder(StateFolder&& other) noexcept : path_(std::move(other.path_)), lock_(other.lock_) {
    other.lock_ = -1;
  }
  StateFolder& operator=(StateFolder&&) = delete;

  std::string file(const std::string& name) const { return path_ + "/" + name; }

  /// A file of mode 0600 that appears at once with all its content, in place of an older one.
  Result<void> write_private(const std::string& name, const std::string& content) const;

 private:
  StateFolder(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}

  std::string path_;
  int lock_;  ///< file descriptor
};

}  // namespace misp_zeek::storage
