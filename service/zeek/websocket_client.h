// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "zeek/json_v1.h"
#include "zeek/tls_files.h"
#include "zeek/wire.h"

/// A client of Zeek's WebSocket API (Zeek 7.2 and later), on Boost.Beast. It knows Zeek's protocol
/// and nothing of MISP.
namespace misp_zeek::zeek {

/// Of the libraries in use, e.g. "Boost.Beast 1.74, OpenSSL 3.0.16".
std::string websocket_version();

struct WebSocketOptions {
  std::string address = "127.0.0.1";  ///< name or address
  std::uint16_t port = 25761;
  std::vector<std::string> topics;                 ///< subscriptions; each is a prefix
  std::string application_name = "misp-zeek";      ///< letters, digits and -/_.=:*@ for Zeek's logs
  bool use_tls = false;                            ///< wss; Zeek's default is ws
  TlsFiles tls;                                    ///< no CA file: the system's CAs
  bool verify_tls = true;                          ///< the server's certificate and its name
  std::string server_name;                         ///< in its certificate; empty: `address`
  std::chrono::milliseconds open_timeout{10'000};  ///< from the start until Zeek's `ack`
  /// Without a word from Zeek for half of this a ping is sent; after all of it the connection is
  /// lost. Zeek itself pings every 5 s.
  std::chrono::milliseconds silence_timeout{30'000};
  std::size_t max_message_bytes = 4U << 20U;  ///< received; beyond, the connection is closed
  std::size_t max_queue_bytes = 64U << 20U;   ///< waiting to be sent; beyond, publish() refuses
};

/// One connection, from the attempt to its end. To connect again, make another client.
///
/// Threads: run() does all work on its caller's thread, and calls the handlers there; they must not
/// block. publish() and close() may be called by any thread, handlers included. All may be called
/// before and after run().
class WebSocketClient {
 public:
  struct Handlers {
    std::function<void(const ServerAck&)> on_open;  ///< first of all; publish() works from here on
    std::function<void(WireMessage)> on_event;
    /// A message of Zeek that cannot be read, or Zeek's refusal of one of ours. The connection goes
    /// on.
    std::function<void(Error)> on_problem;
  };

  WebSocketClient(WebSocketOptions options, Handlers handlers);
  ~WebSocketClient();
  WebSocketClient(const WebSocketClient&) = delete;
  WebSocketClient& operator=(const WebSocketClient&) = delete;

  /// Connects and stays until the end, whose cause it returns; kCancelled after close(). Called
  /// once. The text names the cure where there is one, but not the address. Codes:
  /// - kUnavailable: nothing listens, or the connection was lost or closed by Zeek;
  /// - kTimeout: no answer while connecting, or to pings;
  /// - kIncompatible: something listens that speaks no WebSocket or no TLS, whose certificate is
  ///   not right, or that refuses our certificate or subscriptions;
  /// - kUnauthorized: a proxy in front of Zeek answers with HTTP 401 or 403;
  /// - kInvalidConfig: TLS files that cannot be used;
  /// - kTooLarge: Zeek sent a message beyond max_message_bytes.
  /// The look-up of a name cannot be interrupted, and may take as long as the system's resolver
  /// needs to give up.
  Error run();

  /// Queues an event. False: not open, or max_queue_bytes wait; the event is dropped. True is no
  /// promise of arrival. Zeek's answer to a flood is to read slowly, so the queue is what grows.
  bool publish(const std::string& topic, const WireEvent& event);

  /// Ends run() soon: at once while connecting, else after a closing handshake of at most a second.
  void close();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace misp_zeek::zeek
