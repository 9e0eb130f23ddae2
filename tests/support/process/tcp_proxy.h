// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <thread>

namespace misp_zeek::process {

/// A TCP relay on loopback that can break what runs through it. Thread safe; one thread of its own.
class TcpProxy {
 public:
  /// Listens at a free port and relays to `target` on loopback. Throws std::runtime_error.
  explicit TcpProxy(int target);
  ~TcpProxy();
  TcpProxy(const TcpProxy&) = delete;
  TcpProxy& operator=(const TcpProxy&) = delete;

  int port() const { return port_; }

  /// Ends all connections with a reset; new ones are possible.
  void cut() { cut_ = true; }
  /// Ends all connections, and every new one at once, until it is opened again.
  void close();
  void open() { closed_ = false; }
  /// Connections stay, and nothing passes any more in either direction.
  void stall(bool value) { stalled_ = value; }

 private:
  struct Side {
    int handle = -1;
    std::string waiting;  ///< bytes for this side
    bool ended = false;   ///< it will send nothing more
  };
  struct Pair {
    Side client;
    Side server;
  };

  void run();
  void accept_one();
  static bool relay(Side& from, Side& to, short events);
  static bool flush(Side& side);
  static void end(Pair& pair);

  int target_;
  int listener_ = -1;
  int port_ = 0;
  std::list<Pair> pairs_;  ///< of the thread
  std::atomic<bool> cut_ = false;
  std::atomic<bool> closed_ = false;
  std::atomic<bool> stalled_ = false;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace misp_zeek::process
