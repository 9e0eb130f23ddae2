// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace misp_zeek::process {

/// A child process whose output goes to a file. It is ended by its pid when the object goes.
class Process {
 public:
  struct Options {
    std::vector<std::string> command;                ///< program and arguments
    std::map<std::string, std::string> environment;  ///< besides the parent's
    std::string directory;                           ///< working directory; empty: the parent's
    std::string output;                              ///< file for standard output and error
  };

  /// Throws std::runtime_error when it cannot be started.
  explicit Process(const Options& options);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  bool running();
  /// -1 once it has ended.
  pid_t pid() const { return pid_; }
  /// Resident memory in MiB. Throws std::runtime_error when it cannot be read.
  double memory() const;
  /// SIGKILL; the process has ended when this returns.
  void kill();
  /// Waits until it has ended by itself, then as terminate().
  int wait(std::chrono::milliseconds timeout);
  /// SIGTERM, then SIGKILL after `timeout`. The exit status, or 128 plus the signal's number.
  int terminate(std::chrono::milliseconds timeout = std::chrono::seconds(10));

 private:
  pid_t pid_ = -1;
  int status_ = 0;
};

/// Empty when it cannot be read.
std::string content_of(const std::string& file);

/// Waits until `file` has a content and returns it; empty after `timeout`.
std::string wait_for_file(const std::string& file, std::chrono::milliseconds timeout);

/// A TCP port on loopback that was free a moment ago.
int free_port();

}  // namespace misp_zeek::process
