// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/base/error.h"
#include "core/session/messages.h"
#include "zeek/broker_adapter.h"
#include "zeek_sim/package_model.h"
#include "zeek_sim/websocket_server.h"

namespace misp_zeek::sim {

/// Topics of the test inspector, see ZeekInspector.
inline constexpr const char* kInspectTopic = "misp-zeek-test/zeek";
inline constexpr const char* kInspectReplyTopic = "misp-zeek-test/reply";
inline constexpr const char* kDumpEvent = "MISPTest::dump";
inline constexpr const char* kSizeEvent = "MISPTest::size";
inline constexpr const char* kSeeEvent = "MISPTest::see";
inline constexpr const char* kDumpReplyEvent = "MISPTest::dump_reply";

enum class Transport { kBroker, kWebSocket };

struct ZeekSimOptions {
  Transport transport = Transport::kBroker;
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0: any free one
  bool connect = false;    ///< Broker: makes one attempt to connect there instead of listening
  zeek::TlsFiles tls;
  bool disable_tls = false;
  PackageOptions package;
};

/// A stand-in for a Zeek with the package: a real Broker endpoint or WebSocket server that listens,
/// with PackageModel behind it. It answers the test inspector too. No Zeek, no Intel framework.
///
/// Two limits come from Broker: 1.4 with TLS breaks the other connections of an endpoint when one
/// ends, so use disable_tls where several come and go. 2.8 does not close the listening socket
/// before the process ends, so a restart on the same port needs the program zeek-sim.
///
/// Threads: one of its own, or the server's; all functions may be called from any thread.
class ZeekSim {
 public:
  static Result<std::unique_ptr<ZeekSim>> start(ZeekSimOptions options = {});
  /// Stops listening and ends all connections.
  ~ZeekSim();
  ZeekSim(const ZeekSim&) = delete;
  ZeekSim& operator=(const ZeekSim&) = delete;

  std::uint16_t port() const { return port_; }
  /// Only with Transport::kWebSocket.
  WebSocketServer& websocket() { return *server_; }

  // ---- faults ----

  /// The next `n` messages of the contract are lost on their way to the package.
  void drop_next(std::size_t n);
  /// The package forgets all and is a new instance; the connection stays.
  /// Returns how many sightings went with it.
  std::size_t restart_package();
  /// Each answer is delayed by this time.
  void delay_answers(std::chrono::milliseconds delay);
  /// Takes an entry out of the package.
  bool lose(const EntryKey& entry);

  // ---- matches ----

  void see(contract::Sighting sighting);
  /// All entries of an indicator match.
  void see(const std::string& indicator);
  /// A cap keeps so many matches back.
  void suppress(std::uint64_t matches);
  /// Sightings that the service has not acknowledged.
  std::size_t waiting_sightings();

  // ---- what it holds and saw ----

  std::vector<Item> items();
  std::string digest();
  /// Different indicators among the items.
  std::size_t indicator_count();
  /// As the inspector's entries, sorted.
  std::vector<std::string> entries();
  /// Messages of the contract that arrived, dropped ones included.
  std::uint64_t received() const { return received_; }
  /// Messages that do not follow the contract.
  std::uint64_t malformed() const { return malformed_; }
  /// Entries that were put in, changed or taken out since the start.
  std::uint64_t changes() const { return changes_; }

 private:
  explicit ZeekSim(PackageOptions package);

  Result<void> open_broker(const ZeekSimOptions& options);
  Result<void> listen_websocket(const ZeekSimOptions& options);
  void run();
  void publish(const std::string& topic, const zeek::WireEvent& event);
  void publish(const std::string& service_id, const std::vector<contract::FromZeek>& answers);
  // False: no event that a Zeek with the package declares.
  bool on_event(const zeek::WireMessage& message);
  bool on_package_event(const zeek::WireEvent& event);
  bool on_question(const zeek::WireEvent& event);
  bool on_see(const zeek::WireEvent& event);
  static std::string new_instance();

  std::uint16_t port_ = 0;
  std::mutex mutex_;  ///< of model_
  PackageModel model_;
  std::atomic<std::size_t> drop_ = 0;
  std::atomic<std::chrono::milliseconds::rep> delay_ms_ = 0;
  std::atomic<std::uint64_t> received_ = 0;
  std::atomic<std::uint64_t> malformed_ = 0;
  std::atomic<std::uint64_t> changes_ = 0;
  std::atomic<bool> stopping_ = false;
  // One of the two; last, because their threads use the members above.
  std::unique_ptr<zeek::BrokerEndpoint> endpoint_;
  std::thread thread_;  ///< of endpoint_
  std::unique_ptr<WebSocketServer> server_;
};

}  // namespace misp_zeek::sim
