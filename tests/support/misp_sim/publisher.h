// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace misp_zeek::misp_sim {

/// The Redis lists and mispzmq.py of the simulated MISP: a PUB socket with one frame
/// `<topic> <json>` per message. Messages leave in the order they came. After a stall or while the
/// publisher was down there is a backlog; it leaves as a BLPOP over one list per topic would drain
/// it: lists in a fixed priority, so the order across topics is lost.
/// Thread safe. Owns a sending thread, and one for authentication if there is a password.
class Publisher {
 public:
  struct Options {
    /// tcp endpoint; port 0 takes a free one, which later restarts keep.
    std::string endpoint = "tcp://127.0.0.1:0";
    std::string username;  ///< empty: no authentication
    std::string password;
    std::chrono::milliseconds heartbeat{10'000};  ///< without any message
    /// From the bind of a restart to the first message; mispzmq.py sleeps 1 s.
    std::chrono::milliseconds bind_grace{1'000};
    /// High-water mark of the socket; 0: none. mispzmq.py has the default of libzmq, 1000.
    int send_limit = 0;
  };

  struct Counters {
    std::map<std::string, std::uint64_t> frames;  ///< sent, by topic
    std::uint64_t dropped = 0;                    ///< by the drop fault
    std::uint64_t queued = 0;                     ///< waiting now
  };

  /// Binds at once. Throws std::runtime_error when that fails.
  explicit Publisher(Options options);
  ~Publisher();
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;

  [[nodiscard]] int port() const;

  void push(std::string_view topic, std::string_view json);
  /// Sends bytes that need not be a message, ahead of everything queued.
  void push_raw(std::string frame);

  /// Pushes the message now and each `interval` from now on; 0 ends it. One message at a time.
  void repeat(std::string_view topic, std::string_view json, std::chrono::milliseconds interval);

  /// The next `count` messages are thrown away, or sent twice. ~0: all from now on.
  void drop(std::uint64_t count);
  void duplicate(std::uint64_t count);

  void stall();  ///< stops sending, as SIGSTOP on the process
  void resume();
  void kill();   ///< closes the socket; messages wait
  void start();  ///< binds again; the uptime starts anew

  /// Waits until nothing is queued (a stalled or killed publisher keeps its queue).
  /// False: not within `timeout`.
  bool wait_idle(std::chrono::milliseconds timeout);
  [[nodiscard]] Counters counters() const;
  /// Forgets queued messages, faults and counters.
  void clear();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace misp_zeek::misp_sim
