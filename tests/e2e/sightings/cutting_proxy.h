// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <list>
#include <mutex>
#include <string>
#include <thread>

namespace misp_zeek::e2e {

/// Passes TCP connections on loopback through to a port, until they are cut.
class CuttingProxy {
 public:
  explicit CuttingProxy(int target_port);
  ~CuttingProxy();
  CuttingProxy(const CuttingProxy&) = delete;
  CuttingProxy& operator=(const CuttingProxy&) = delete;

  int port() const { return port_; }
  /// Ends all connections at once, whatever is under way, and each new one until restore().
  void cut();
  void restore() { open_ = true; }

 private:
  struct Link {
    int client = -1;
    int server = -1;
    std::thread thread;
  };
  void accept_connections();
  void pass_on(int client, int server) const;

  int target_port_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> open_ = true;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;  ///< of links_
  std::list<Link> links_;
  std::thread thread_;
};

}  // namespace misp_zeek::e2e
