// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include "zeek/tls_files.h"
#include "zeek/worker_link.h"

namespace misp_zeek::zeek {

struct BrokerLinkOptions {
  std::string name = "zeek";  ///< of this Zeek in the configuration; begins every error's text
  std::string address = "127.0.0.1";
  std::uint16_t port = 25760;
  bool listen = false;  ///< Zeek connects to us: `address` and `port` are our own
  std::chrono::milliseconds retry_interval{1'000};       ///< after the first failure; then doubled
  std::chrono::milliseconds max_retry_interval{15'000};  ///< cap of the doubling
  std::chrono::milliseconds connect_timeout{10'000};     ///< then an attempt is reported as failed
  std::chrono::milliseconds abandon_timeout{600'000};    ///< then a new one replaces it
  std::chrono::milliseconds stop_timeout{5'000};         ///< how long stop() waits for Broker
  TlsFiles tls;
  bool disable_tls = false;
};

/// Link to one Zeek over native Broker: `Broker::listen` there, one endpoint here for each
/// connection, so that nothing is forwarded among Zeeks and no state outlives a connection. Between
/// attempts it waits with back-off and jitter.
///
/// With `listen` it is `Broker::peer` there (the package's MISP::broker_peer_address), and one
/// endpoint here until stop(), because Broker 2.8 keeps a listening port until the process ends.
/// Only one Zeek may connect; that a second one did is reported as LinkMalformed.
///
/// LinkDown is reported when a connection is lost, and when an attempt fails for another reason
/// than the one before it. Its codes: kUnavailable (nothing listens, or the connection was lost),
/// kTimeout, kIncompatible (something listens, but no handshake succeeds: another Broker, TLS on
/// one side only, certificates refused), kInvalidConfig (TLS files). The link goes on in all cases.
/// An attempt without an answer stays open for long, because Broker keeps its socket for good when
/// an endpoint ends during a handshake (2.8), or ends only after it (1.4).
///
/// With Broker 1.4 and TLS some lost connections leave threads behind, and are noticed late.
///
/// Threads: as ZeekLink. The link has one thread, and Broker its own; both inherit the signal mask
/// of start()'s caller, so block what a signal thread waits for before. SIGPIPE must be ignored.
class BrokerLink final : public WorkerLink {
 public:
  explicit BrokerLink(BrokerLinkOptions options) : options_(std::move(options)) {}

  void start(std::string service_id, OnReport on_report) override;

 private:
  BrokerLinkOptions options_;
};

}  // namespace misp_zeek::zeek
