// SPDX-License-Identifier: BSD-3-Clause
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/session/messages.h"
#include "link_support.h"
#include "process/process.h"
#include "report_log.h"
#include "stack/stack.h"
#include "zeek/tcp_probe.h"
#include "zeek_sim/test_certificate.h"

namespace misp_zeek {
namespace {

using testing::HasSubstr;
using Environment = std::map<std::string, std::string>;

constexpr std::chrono::seconds kStart{40};

/// Links to a real Zeek. The package's part in them is the end-to-end tests' matter, unless the
/// link depends on it.
class RealZeek : public testing::Test {
 protected:
  static void SetUpTestSuite() { std::signal(SIGPIPE, SIG_IGN); }

  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::path(testing::TempDir()) / (std::string("real-") + info->name());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override {
    zeek_.reset();
    if (!HasFailure()) {
      std::filesystem::remove_all(folder_);
    }
  }

  static std::string find_zeek(sim::Transport transport) {
    return stack::find_zeek("auto", transport);
  }

  void start(const std::string& zeek, const std::vector<std::string>& scripts,
             Environment environment) {
    std::vector<std::string> command = {zeek, "exit_only_after_terminate=T"};
    command.insert(command.end(), scripts.begin(), scripts.end());
    environment.insert({{"MISP_BROKER_PORT", "0"}, {"MISP_WEBSOCKET_PORT", "0"}});
    zeek_ = std::make_unique<process::Process>(process::Process::Options{
        std::move(command), std::move(environment), folder_, folder_ / "zeek.log"});
  }

  /// A report of this kind within the time that Zeek needs to start; others are passed over.
  template <typename Kind>
  std::optional<Kind> await() {
    const auto deadline = std::chrono::steady_clock::now() + kStart;
    while (std::chrono::steady_clock::now() < deadline) {
      if (auto report = log_.next(std::chrono::seconds(1))) {
        if (auto* kind = std::get_if<Kind>(&*report)) {
          return std::move(*kind);
        }
      }
    }
    return std::nullopt;
  }

  std::filesystem::path folder_;
  std::unique_ptr<process::Process> zeek_;
  ReportLog log_;
};

TEST_F(RealZeek, ConnectsToALinkThatListens) {
  const std::string zeek = find_zeek(sim::Transport::kBroker);
  if (zeek.empty()) {
    GTEST_SKIP() << "no Zeek whose Broker this build speaks";
  }
  auto options = broker_options(static_cast<std::uint16_t>(process::free_port()));
  options.listen = true;
  zeek::BrokerLink link(options);
  link.start(kServiceId, log_.sink());
  start(zeek, {MISP_ZEEK_PACKAGE},
        {{"MISP_ALLOW_UNAUTHENTICATED", "T"},
         {"MISP_BROKER_PEER_ADDRESS", "127.0.0.1"},
         {"MISP_BROKER_PEER_PORT", std::to_string(options.port)}});
  ASSERT_TRUE(await<LinkUp>());
  ASSERT_TRUE(link.send(hello_of("s-1")));
  EXPECT_TRUE(log_.next_as<contract::HelloAck>());
}

TEST_F(RealZeek, SpeaksWebSocketOverTlsWithCertificatesOnBothSides) {
  const std::string zeek = find_zeek(sim::Transport::kWebSocket);
  if (zeek.empty()) {
    GTEST_SKIP() << "no Zeek on this machine";
  }
  const auto files = sim::write_test_certificate(folder_);
  const auto port = static_cast<std::uint16_t>(process::free_port());
  std::ofstream(folder_ / "tls.zeek")
      << "event zeek_init()\n\t{\n\tCluster::listen_websocket([$listen_addr=127.0.0.1, "
         "$listen_port="
      << port << "/tcp,\n\t\t$tls_options=[$cert_file=\"" << files.certificate << "\", $key_file=\""
      << sim::write_open_key(folder_, files) << "\",\n\t\t$enable_peer_verification=T, $ca_file=\""
      << files.ca_file << "\"]]);\n\t}\n";
  start(zeek, {"frameworks/cluster/backend/broker", folder_ / "tls.zeek"}, {});
  auto options = websocket_options(port);
  options.websocket.use_tls = true;
  options.websocket.tls = files;
  zeek::WebSocketLink link(options);
  link.start(kServiceId, log_.sink());
  const auto up = await<LinkUp>();
  ASSERT_TRUE(up);
  EXPECT_THAT(up->peer, HasSubstr("WebSocket, Zeek "));

  // The package is not loaded.
  ASSERT_TRUE(link.send(hello_of("s-1")));
  const auto refused = log_.next_as<LinkMalformed>();
  ASSERT_TRUE(refused);
  EXPECT_THAT(refused->error.message, HasSubstr("package MISP"));
  link.stop();

  options.websocket.tls = {};
  options.websocket.tls.ca_file = files.ca_file;
  ReportLog log;
  zeek::WebSocketLink without(options);
  without.start(kServiceId, log.sink());
  const auto down = log.next_as<LinkDown>();
  without.stop();
  ASSERT_TRUE(down);
  EXPECT_THAT(down->error.message, HasSubstr("certificate"));
}

/// What the log of Zeek says within the time that it needs to start.
bool eventually_says(const std::filesystem::path& log, const std::string& what) {
  const auto deadline = std::chrono::steady_clock::now() + kStart;
  while (std::chrono::steady_clock::now() < deadline) {
    std::ifstream stream(log);
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    if (text.find(what) != std::string::npos) {
      return true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return false;
}

TEST_F(RealZeek, OpensNoPortWithoutCertificatesOrAWord) {
  const std::string zeek = find_zeek(sim::Transport::kWebSocket);
  if (zeek.empty()) {
    GTEST_SKIP() << "no Zeek on this machine";
  }
  const auto broker = static_cast<std::uint16_t>(process::free_port());
  const auto websocket = static_cast<std::uint16_t>(process::free_port());
  std::ofstream(folder_ / "up.zeek") << "event up() { print \"up\"; flush_all(); }\n"
                                        "event zeek_init() { schedule 1sec { up() }; }\n";
  start(zeek, {MISP_ZEEK_PACKAGE, folder_ / "up.zeek"},
        {{"MISP_BROKER_PORT", std::to_string(broker)},
         {"MISP_WEBSOCKET_PORT", std::to_string(websocket)}});
  ASSERT_TRUE(eventually_says(folder_ / "zeek.log", "up"));
  EXPECT_TRUE(
      eventually_says(folder_ / "zeek.log", "no port for misp-zeek: set Broker's ssl_cafile"));
  EXPECT_FALSE(zeek::accepts_tcp("127.0.0.1", broker, std::chrono::milliseconds(500)));
  EXPECT_FALSE(zeek::accepts_tcp("127.0.0.1", websocket, std::chrono::milliseconds(500)));
}

TEST_F(RealZeek, TakesServicesOfItsCaAloneAtBothPorts) {
  const std::string zeek = find_zeek(sim::Transport::kWebSocket);
  if (zeek.empty()) {
    GTEST_SKIP() << "no Zeek on this machine";
  }
  const auto files = sim::write_test_certificate(folder_);
  std::ofstream(folder_ / "local.zeek")
      << "redef Broker::ssl_cafile = \"" << files.ca_file << "\";\n"
      << "redef Broker::ssl_certificate = \"" << files.certificate << "\";\n"
      << "redef Broker::ssl_keyfile = \"" << sim::write_open_key(folder_, files) << "\";\n";
  const auto broker = static_cast<std::uint16_t>(process::free_port());
  const auto port = static_cast<std::uint16_t>(process::free_port());
  start(zeek, {MISP_ZEEK_PACKAGE, folder_ / "local.zeek"},
        {{"MISP_BROKER_PORT", std::to_string(broker)},
         {"MISP_WEBSOCKET_PORT", std::to_string(port)}});
  auto options = websocket_options(port);
  options.websocket.use_tls = true;
  options.websocket.tls = files;
  zeek::WebSocketLink link(options);
  link.start(kServiceId, log_.sink());
  ASSERT_TRUE(await<LinkUp>());
  ASSERT_TRUE(link.send(hello_of("s-1")));
  EXPECT_TRUE(log_.next_as<contract::HelloAck>());
  link.stop();

  options.websocket.tls = {};
  options.websocket.tls.ca_file = files.ca_file;
  ReportLog log;
  zeek::WebSocketLink stranger(options);
  stranger.start(kServiceId, log.sink());
  EXPECT_TRUE(log.next_as<LinkDown>());
  stranger.stop();

  if (find_zeek(sim::Transport::kBroker).empty()) {
    return;  // its Broker is another one than this build's
  }
  auto by_broker = broker_options(broker);
  by_broker.tls = files;
  ReportLog own;
  zeek::BrokerLink known(by_broker);
  known.start(kServiceId, own.sink());
  EXPECT_TRUE(own.next_as<LinkUp>());
  known.stop();
  by_broker.tls = {};
  ReportLog refused;
  zeek::BrokerLink unknown(by_broker);
  unknown.start(kServiceId, refused.sink());
  EXPECT_TRUE(refused.next_as<LinkDown>());
  unknown.stop();
}

}  // namespace
}  // namespace misp_zeek
