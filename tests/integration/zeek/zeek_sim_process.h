// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>

#include "zeek_sim/zeek_sim.h"

namespace misp_zeek {

/// The program zeek-sim as a child. A port that Broker 2.8 listened on is free only when the
/// process has ended, so restarts need a process.
class ZeekSimProcess {
 public:
  /// Waits until it listens. port() is 0 if it does not.
  ZeekSimProcess(const std::filesystem::path& folder, std::uint16_t port, sim::Transport transport);
  ~ZeekSimProcess();
  ZeekSimProcess(const ZeekSimProcess&) = delete;
  ZeekSimProcess& operator=(const ZeekSimProcess&) = delete;

  std::uint16_t port() const { return port_; }
  /// Sends the signal and waits for the end. Returns the exit status, or -1 for an end by signal.
  int end(int signal);

 private:
  pid_t pid_ = -1;
  std::uint16_t port_ = 0;
};

}  // namespace misp_zeek
