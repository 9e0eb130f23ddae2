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
  /// Creates the folder (mode 0700), parents included, if it is not there, and takes its lock. One
  /// that others may read gets that mode. Errors, with path and cause: kNoStorage when the disk is
  /// full, read-only or failing, kUnavailable when it cannot be made, closed to others, written to,
  /// or is in use.
  static Result<StateFolder> open(const std::string& path);

  /// Whether open() would succeed, without a change to anything. Errors: as of open();
  /// kUnauthorized when only this user may not use it.
  static Result<void> check(const std::string& path);

  ~StateFolder();
  StateFolder(StateFolder&& other) noexcept
      : path_(std::move(other.path_)), lock_(other.lock_), was_open_(other.was_open_) {
    other.lock_ = -1;
  }
  StateFolder& operator=(StateFolder&&) = delete;

  /// It was there, and others could read it until now.
  bool was_open() const { return was_open_; }

  std::string file(const std::string& name) const { return path_ + "/" + name; }

  /// A file of mode 0600 that appears at once with all its content, in place of an older one.
  Result<void> write_private(const std::string& name, const std::string& content) const;

 private:
  StateFolder(std::string path, int lock, bool was_open)
      : path_(std::move(path)), lock_(lock), was_open_(was_open) {}

  std::string path_;
  int lock_;  ///< file descriptor
  bool was_open_;
};

}  // namespace misp_zeek::storage
