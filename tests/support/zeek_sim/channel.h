// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "zeek/broker_adapter.h"
#include "zeek_sim/zeek_sim.h"

namespace misp_zeek::sim {

struct ChannelOptions {
  Transport transport = Transport::kBroker;
  std::string address = "127.0.0.1";
  std::uint16_t port = 25760;
  bool disable_tls = false;
  zeek::TlsFiles tls;
};

/// One open connection to a Zeek over either transport, for tests that speak to it themselves.
/// Calls come from one thread.
class Channel {
 public:
  /// Makes one attempt.
  static Result<std::unique_ptr<Channel>> open(const ChannelOptions& options,
                                               const std::string& topic,
                                               std::chrono::milliseconds timeout);
  virtual ~Channel() = default;
  virtual void publish(const std::string& topic, const zeek::WireEvent& event) = 0;
  /// What happened since the last call; waits for something up to `timeout`.
  virtual std::vector<zeek::BrokerReport> wait(std::chrono::milliseconds timeout) = 0;
};

}  // namespace misp_zeek::sim
