// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <string>

#include "process/temporary_folder.h"

namespace misp_zeek::process {

/// The receiving end of sd_notify(3), as systemd has it.
class NotifySocket {
 public:
  /// In a folder of its own. Throws std::runtime_error.
  NotifySocket();
  ~NotifySocket();
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;

  /// The value for the variable NOTIFY_SOCKET.
  const std::string& path() const { return path_; }

  /// The next notice; empty after `timeout`.
  std::string receive(std::chrono::milliseconds timeout);
  /// Takes notices until one begins with `start`, and returns that; empty after `timeout`.
  std::string wait_for(const std::string& start, std::chrono::milliseconds timeout);

 private:
  TemporaryFolder folder_;
  std::string path_;
  int socket_ = -1;
};

}  // namespace misp_zeek::process
