// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "process/process.h"
#include "process/temporary_folder.h"
#include "zeek_sim/zeek_inspector.h"
#include "zeek_sim/zeek_sim.h"

namespace misp_zeek::stack {

/// The program `zeek` to test with: `wish` as it is, or for "auto" the one in PATH, /usr/local/zeek
/// or /opt/zeek. Empty: the stand-in is meant ("none"), or this build's Broker does not speak to
/// Zeeks and the transport is Broker, or there is none.
std::string find_zeek(const std::string& wish, sim::Transport transport = sim::Transport::kBroker);

struct Options {
  std::string zeek;  ///< program; empty: the stand-in zeek-sim
  sim::Transport transport = sim::Transport::kBroker;
  std::vector<std::string> misp_arguments;       ///< besides ready file and key
  std::vector<std::string> zeek_arguments = {};  ///< besides the package, for a real Zeek
  std::string settings;                          ///< TOML, complete sections besides those needed
  std::chrono::seconds start_limit{40};          ///< for each program
  bool state = false;                            ///< the service has durable state
  bool misp_state = false;                       ///< MISP's data survives kill_misp()
};

/// Where the service finds the others.
struct Ports {
  int misp_http = 0;
  int misp_feed = 0;
  int zeek = 0;
};

/// Simulated MISP, Zeek and the service as processes on loopback, in a temporary directory that
/// goes with the object after keep_files(false). All functions throw std::runtime_error that says
/// what failed and which log to read.
class Stack {
 public:
  explicit Stack(Options options);
  ~Stack();
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;

  /// Also again, after kill_misp(); at the same ports.
  void start_misp();
  /// Also again, after kill_zeek(); at the same port.
  void start_zeek();
  /// Also again, after the service has ended.
  void start_service();
  /// From the next start_service() on: Options::settings, and `[misp.feed] endpoint`.
  void set_settings(const std::string& settings) { options_.settings = settings; }
  void set_endpoint(const std::string& endpoint) { endpoint_ = endpoint; }
  /// From the next start_service() on, in place of the real ports.
  void route(const Ports& ports) { route_ = ports; }
  void kill_misp();
  void kill_service();
  void kill_zeek();
  /// `misp-zeek VERB...` with the service's configuration; its exit status.
  int command(const std::vector<std::string>& verb) const;
  /// SIGTERM; the service must end with status 0.
  void stop_service();

  /// POSTs to MISP or to the simulator's control API; the answer must have status 200.
  nlohmann::json post(const std::string& path, const nlohmann::json& body) const;
  /// The same with GET.
  nlohmann::json get(const std::string& path) const;
  /// `/readyz` of the service; {"ready": false} while it does not answer.
  nlohmann::json ready() const;
  void wait_until_ready(std::chrono::seconds limit) const;
  /// Zeek's entries, sorted, as ZeekInspector::dump() gives them.
  std::vector<std::string> held(std::chrono::seconds limit = std::chrono::seconds(10));

  /// How many indicators Zeek matches against, as ZeekInspector::size() says.
  std::size_t held_indicators(std::chrono::seconds limit = std::chrono::seconds(10));

  /// Zeek sees an indicator; it matches if it is one of Zeek's entries.
  void see(const std::string& indicator) { inspector_->see(indicator); }

  std::string file(const std::string& name) const { return folder_.file(name); }
  void keep_files(bool keep) { folder_.keep(keep); }
  bool is_broker() const { return options_.transport == sim::Transport::kBroker; }
  const std::string& zeek_program() const { return options_.zeek; }
  bool has_real_zeek() const { return !options_.zeek.empty(); }
  process::Process& service() { return *service_; }
  process::Process& zeek() { return *zeek_; }
  std::string state_path() const { return file("state"); }
  std::string control_socket() const { return file("control.sock"); }
  int misp_http_port() const { return http_port_; }
  int misp_feed_port() const { return zmq_port_; }
  int zeek_port() const { return zeek_port_; }
  int health_port() const { return health_port_; }
  static const std::string& api_key();
  static const std::string& http_token();  ///< of readers of the service

 private:
  std::unique_ptr<process::Process> zeek_process(const std::string& port) const;

  Options options_;
  process::TemporaryFolder folder_;
  int http_port_ = 0;
  int zmq_port_ = 0;
  int zeek_port_ = 0;
  Ports route_;
  std::optional<std::string> endpoint_;
  int health_port_ = 0;
  std::unique_ptr<process::Process> misp_;
  std::unique_ptr<process::Process> zeek_;
  std::unique_ptr<process::Process> service_;
  std::unique_ptr<sim::ZeekInspector> inspector_;
};

}  // namespace misp_zeek::stack
