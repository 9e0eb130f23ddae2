// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "core/base/error.h"
#include "zeek/tls_files.h"
#include "zeek/wire.h"

/// Broker without its types. The same source serves Broker 1.4 and 2.8; all differences are in
/// broker_compat.h.
namespace misp_zeek::zeek {

/// Of the library in use, e.g. "1.4.0" or "2.8.0". Empty: this program was built without.
std::string broker_version();

struct BrokerOptions {
  std::vector<std::string> topics;  ///< subscriptions; each is a prefix
  TlsFiles tls;
  bool disable_tls = false;
};

struct PeerUp {
  std::string peer;  ///< "address:port", empty if Broker does not tell
};
struct PeerDown {
  Error error;
};
/// A message that is no Zeek event, or has values that the contract does not know.
struct WireMalformed {
  Error error;
};
using BrokerReport = std::variant<PeerUp, PeerDown, WireMessage, WireMalformed>;

/// One Broker endpoint with its threads. It never forwards messages between its peers.
///
/// Threads: one thread calls create(), wait() and the destructor, which with Broker 1.4 hangs in
/// another; publish() and wake() may be called by any. The threads that Broker starts inherit the
/// signal mask of create()'s caller.
class BrokerEndpoint {
 public:
  /// kInvalidConfig for TLS files that cannot be used, kUnavailable if Broker cannot start.
  static Result<std::unique_ptr<BrokerEndpoint>> create(const BrokerOptions& options);

  /// Waits for Broker's threads: as long as an attempt to connect takes to fail, and with
  /// Broker 1.4 and TLS for ever after some lost connections.
  ~BrokerEndpoint();
  BrokerEndpoint(const BrokerEndpoint&) = delete;
  BrokerEndpoint& operator=(const BrokerEndpoint&) = delete;

  /// Port 0: any free one. Returns the port in use, or kUnavailable.
  Result<std::uint16_t> listen(const std::string& address, std::uint16_t port);
  /// Makes one attempt, whose outcome wait() reports. Does not block.
  void connect(const std::string& address, std::uint16_t port);
  /// Hands an event to Broker, which drops it if no peer wants the topic. Does not block.
  void publish(const std::string& topic, WireEvent event);
  /// Reports what happened since the last call; waits up to `timeout` if that is nothing. Returns
  /// early, and with nothing, after wake() and for events of Broker that are of no interest.
  std::vector<BrokerReport> wait(std::chrono::milliseconds timeout);
  void wake();
  /// Whether there is a connection now. Broker 1.4 with TLS does not report every loss. For the
  /// thread of wait().
  bool has_peer() const;

 private:
  struct Impl;
  explicit BrokerEndpoint(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace misp_zeek::zeek
