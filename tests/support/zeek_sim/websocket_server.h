// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/base/error.h"
#include "zeek/tls_files.h"
#include "zeek/wire.h"

namespace misp_zeek::sim {

/// Zeek's WebSocket server as its clients see it, with its words for what it refuses. Recorded from
/// Zeek 8.2.2, see tests/data/zeek/websocket.jsonl.
///
/// Threads: one of its own, which calls the handler; all functions may be called from any thread.
class WebSocketServer {
 public:
  struct Options {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;  ///< 0: any free one
    bool use_tls = false;
    zeek::TlsFiles tls;  ///< with a CA file, clients must show a certificate of it
    std::string zeek_version = "0.0.0-model";
  };
  /// False: no event that this Zeek declares. May call publish().
  using OnEvent = std::function<bool(const zeek::WireMessage&)>;

  /// Listens; run() answers.
  static Result<std::unique_ptr<WebSocketServer>> listen(const Options& options, OnEvent on_event);
  /// Ends all connections.
  ~WebSocketServer();
  WebSocketServer(const WebSocketServer&) = delete;
  WebSocketServer& operator=(const WebSocketServer&) = delete;

  /// Called once.
  void run();
  std::uint16_t port() const;
  /// To all clients with a subscription that is a prefix of the topic.
  void publish(const std::string& topic, const zeek::WireEvent& event);

  // ---- for tests ----

  /// A text message, whatever it says, to all clients.
  void send_text(const std::string& text);
  /// Closes all connections with this WebSocket code and reason.
  void close_all(std::uint16_t code, const std::string& reason);
  /// Does nothing at all for this time.
  void hang(std::chrono::milliseconds time);
  /// X-Application-Name of the last client that was accepted.
  std::string last_application() const;

 private:
  class Impl;
  explicit WebSocketServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace misp_zeek::sim
