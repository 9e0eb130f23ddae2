// SPDX-License-Identifier: BSD-3-Clause
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netdb.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <string>

#include "core/session/messages.h"
#include "link_support.h"
#include "report_log.h"
#include "zeek/json_v1.h"
#include "zeek_sim/test_certificate.h"
#include "zeek_sim/websocket_server.h"
#include "zeek_sim/zeek_sim.h"

namespace misp_zeek {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::HasSubstr;
using zeek::WebSocketLink;
using zeek::WebSocketLinkOptions;

WebSocketLinkOptions options_for(std::uint16_t port) {
  auto options = websocket_options(port);
  options.websocket.open_timeout = milliseconds(10'000);
  return options;
}

class WebSocketLinkFailure : public testing::Test {
 protected:
  static void SetUpTestSuite() { std::signal(SIGPIPE, SIG_IGN); }

  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::path(testing::TempDir()) / (std::string("ws-") + info->name());
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override {
    link_.reset();
    std::filesystem::remove_all(folder_);
  }

  void start_sim(bool disable_tls = true, zeek::TlsFiles tls = {}) {
    sim::ZeekSimOptions options;
    options.transport = sim::Transport::kWebSocket;
    options.disable_tls = disable_tls;
    options.tls = std::move(tls);
    auto started = sim::ZeekSim::start(std::move(options));
    ASSERT_TRUE(started) << started.error().message;
    sim_ = std::move(*started);
  }

  void start_link(const WebSocketLinkOptions& options) {
    link_ = std::make_unique<WebSocketLink>(options);
    link_->start(kServiceId, log_.sink());
  }

  /// The error of the next report, which must be LinkDown.
  Error down() {
    const auto report = log_.next_as<LinkDown>();
    EXPECT_TRUE(report);
    return report ? report->error : Error{ErrorCode::kCancelled, "", 0};
  }

  std::filesystem::path folder_;
  std::unique_ptr<sim::ZeekSim> sim_;
  ReportLog log_;
  std::unique_ptr<WebSocketLink> link_;
};

TEST_F(WebSocketLinkFailure, NamesWhatMakesZeekListenWhenNothingDoes) {
  start_link(options_for(1));
  const auto error = down();
  EXPECT_EQ(error.code, ErrorCode::kUnavailable);
  EXPECT_THAT(error.message, HasSubstr("MISP::websocket_port"));
}

TEST_F(WebSocketLinkFailure, SaysSoWhenOnlyZeekHasTls) {
  start_sim(false, sim::write_test_certificate(folder_));
  start_link(options_for(sim_->port()));
  const auto error = down();
  EXPECT_EQ(error.code, ErrorCode::kIncompatible);
  EXPECT_THAT(error.message, AllOf(HasSubstr("tls must be set alike"), HasSubstr("here: false")));
}

TEST_F(WebSocketLinkFailure, SaysSoWhenOnlyTheServiceHasTls) {
  const FixedAnswerServer plain("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
  auto options = options_for(plain.port());
  options.websocket.use_tls = true;
  start_link(options);
  const auto error = down();
  EXPECT_EQ(error.code, ErrorCode::kIncompatible);
  EXPECT_THAT(error.message, HasSubstr("speaks no TLS"));
}

TEST_F(WebSocketLinkFailure, RefusesACertificateOfAnUnknownCa) {
  const auto files = sim::write_test_certificate(folder_);
  start_sim(false, files);
  auto options = options_for(sim_->port());
  options.websocket.use_tls = true;
  start_link(options);
  const auto error = down();
  EXPECT_EQ(error.code, ErrorCode::kIncompatible);
  EXPECT_THAT(error.message, AllOf(HasSubstr("self-signed"), HasSubstr("ca_file")));
}

TEST_F(WebSocketLinkFailure, RefusesACertificateOfAnotherNameUntilItIsNamed) {
  const auto files = sim::write_test_certificate(folder_);
  start_sim(false, files);
  auto options = options_for(sim_->port());
  options.websocket.use_tls = true;
  options.websocket.tls = files;
  options.websocket.server_name = "zeek.example.org";
  start_link(options);
  const auto error = down();
  EXPECT_EQ(error.code, ErrorCode::kIncompatible);
  EXPECT_THAT(error.message, AllOf(HasSubstr("mismatch"), HasSubstr("server_name")));
  link_->stop();
  options.websocket.server_name = "localhost";
  start_link(options);
  EXPECT_TRUE(log_.next_as<LinkUp>());
}

TEST_F(WebSocketLinkFailure, TakesAnyCertificateWhenToldTo) {
  auto files = sim::write_test_certificate(folder_);
  files.ca_file.clear();  // no certificate is asked of the client
  start_sim(false, files);
  auto options = options_for(sim_->port());
  options.websocket.use_tls = true;
  options.websocket.verify_tls = false;
  start_link(options);
  EXPECT_TRUE(log_.next_as<LinkUp>());
}

TEST_F(WebSocketLinkFailure, IsRefusedWithoutTheCertificateThatZeekWants) {
  const auto files = sim::write_test_certificate(folder_);
  start_sim(false, files);
  auto options = options_for(sim_->port());
  options.websocket.use_tls = true;
  options.websocket.tls.ca_file = files.ca_file;
  start_link(options);
  const auto error = down();
  EXPECT_EQ(error.code, ErrorCode::kIncompatible);
  EXPECT_THAT(error.message, HasSubstr("certificate"));
}

TEST_F(WebSocketLinkFailure, ReportsTlsFilesThatCannotBeUsed) {
  auto options = options_for(1);
  options.websocket.use_tls = true;
  options.websocket.tls.ca_file = "/nonexistent/ca.pem";
  start_link(options);
  const auto error = down();
  EXPECT_EQ(error.code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(error.message, HasSubstr("/nonexistent/ca.pem"));
}

TEST_F(WebSocketLinkFailure, TellsAProxysAnswersApart) {
  const struct {
    const char* status;
    ErrorCode code;
  } answers[] = {{"403 Forbidden", ErrorCode::kUnauthorized},
                 {"404 Not Found", ErrorCode::kIncompatible},
                 {"502 Bad Gateway", ErrorCode::kUnavailable}};
  for (const auto& [status, code] : answers) {
    const FixedAnswerServer server(std::string("HTTP/1.1 ") + status +
                                   "\r\nContent-Length: 0\r\n\r\n");
    start_link(options_for(server.port()));
    const auto error = down();
    EXPECT_EQ(error.code, code) << status;
    EXPECT_THAT(error.message, HasSubstr(std::string(status).substr(0, 3)));
    link_.reset();
  }
}

TEST_F(WebSocketLinkFailure, SaysThatAnotherPortMayBeMeantWhenNoHttpIsSpoken) {
  const FixedAnswerServer server("SSH-2.0-OpenSSH_9.2\r\n");
  start_link(options_for(server.port()));
  const auto error = down();
  EXPECT_EQ(error.code, ErrorCode::kIncompatible);
  EXPECT_THAT(error.message, HasSubstr("not Broker's"));
}

TEST_F(WebSocketLinkFailure, ReportsAServerThatNeverAnswersAndStopsAtOnce) {
  const MuteServer server;
  auto options = options_for(server.port());
  options.websocket.open_timeout = milliseconds(200);
  start_link(options);
  const Error error = down();
  EXPECT_EQ(error.code, ErrorCode::kTimeout);
  EXPECT_THAT(error.message, HasSubstr("logger node"));
  link_->stop();
  options.websocket.open_timeout = milliseconds(600'000);
  start_link(options);
  const auto begin = std::chrono::steady_clock::now();
  link_->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, options.stop_timeout);
}

TEST_F(WebSocketLinkFailure, ShowsZeekItsNameAndZeeksVersionToTheService) {
  start_sim();
  start_link(options_for(sim_->port()));
  const auto up = log_.next_as<LinkUp>();
  ASSERT_TRUE(up);
  EXPECT_THAT(up->peer, HasSubstr("Zeek 0.0.0-model"));
  EXPECT_EQ(sim_->websocket().last_application(), "misp-zeek");
}

TEST_F(WebSocketLinkFailure, FindsAServerByName) {
  addrinfo* found = nullptr;
  if (getaddrinfo("localhost", nullptr, nullptr, &found) != 0) {
    GTEST_SKIP() << "this machine does not know the name localhost";
  }
  freeaddrinfo(found);
  start_sim();
  auto options = options_for(sim_->port());
  options.websocket.address = "localhost";
  start_link(options);
  EXPECT_TRUE(log_.next_as<LinkUp>());
}

TEST_F(WebSocketLinkFailure, ReportsANameThatZeekDoesNotAccept) {
  start_sim();
  auto options = options_for(sim_->port());
  options.websocket.application_name = "not a name";
  start_link(options);
  const auto error = down();
  EXPECT_EQ(error.code, ErrorCode::kIncompatible);
  EXPECT_THAT(error.message, HasSubstr("invalid_application_name"));
}

TEST_F(WebSocketLinkFailure, ExplainsAZeekWithoutThePackage) {
  auto server = sim::WebSocketServer::listen({}, [](const zeek::WireMessage&) { return false; });
  ASSERT_TRUE(server);
  (*server)->run();
  start_link(options_for((*server)->port()));
  ASSERT_TRUE(log_.next_as<LinkUp>());
  ASSERT_TRUE(link_->send(hello_of("s-1")));
  const auto malformed = log_.next_as<LinkMalformed>();
  ASSERT_TRUE(malformed);
  EXPECT_THAT(malformed->error.message, HasSubstr("package MISP"));
}

TEST_F(WebSocketLinkFailure, GoesOnAfterMessagesThatCannotBeRead) {
  start_sim();
  start_link(options_for(sim_->port()));
  ASSERT_TRUE(log_.next_as<LinkUp>());
  const std::string topic = std::string(contract::kServiceTopicPrefix) + kServiceId;
  auto& server = sim_->websocket();
  server.send_text("garbage");
  server.send_text(std::string(100'000, '['));
  server.send_text(R"({"type":"error","code":"new_in_zeek_12","context":"whatever"})");
  server.publish(topic, {"MISP::unknown_v1", {}});
  server.publish(topic + "0", zeek::WireEvent{"MISP::unknown_v1", {}});  // another service's
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(log_.next_as<LinkMalformed>()) << i;
  }
  ASSERT_TRUE(link_->send(hello_of("s-1")));
  EXPECT_TRUE(log_.next_as<contract::HelloAck>());
}

TEST_F(WebSocketLinkFailure, EndsAConnectionWhoseMessageIsBeyondTheBound) {
  start_sim();
  auto options = options_for(sim_->port());
  options.websocket.max_message_bytes = 10'000;
  start_link(options);
  ASSERT_TRUE(log_.next_as<LinkUp>());
  sim_->websocket().send_text(std::string(20'000, 'x'));
  EXPECT_EQ(down().code, ErrorCode::kTooLarge);
  EXPECT_TRUE(log_.next_as<LinkUp>());
}

TEST_F(WebSocketLinkFailure, TellsWhyZeekClosedTheConnection) {
  start_sim();
  start_link(options_for(sim_->port()));
  ASSERT_TRUE(log_.next_as<LinkUp>());
  sim_->websocket().close_all(1011, "Something bad happened");
  const auto error = down();
  EXPECT_EQ(error.code, ErrorCode::kUnavailable);
  EXPECT_THAT(error.message, HasSubstr("1011 Something bad happened"));
  EXPECT_TRUE(log_.next_as<LinkUp>());
}

TEST_F(WebSocketLinkFailure, DropsAServerThatDoesNotAnswerPings) {
  start_sim();
  auto options = options_for(sim_->port());
  options.websocket.silence_timeout = milliseconds(400);
  start_link(options);
  ASSERT_TRUE(log_.next_as<LinkUp>());
  sim_->websocket().hang(milliseconds(3'000));
  const auto error = down();
  EXPECT_EQ(error.code, ErrorCode::kTimeout);
  EXPECT_THAT(error.message, HasSubstr("pings"));
}

TEST_F(WebSocketLinkFailure, StaysUpWhileNothingButPingsIsSaid) {
  start_sim();
  auto options = options_for(sim_->port());
  options.websocket.silence_timeout = milliseconds(2'000);
  start_link(options);
  ASSERT_TRUE(log_.next_as<LinkUp>());
  EXPECT_FALSE(log_.next(milliseconds(4'500)));
}

TEST_F(WebSocketLinkFailure, RefusesMessagesWhenTheQueueIsFull) {
  start_sim();
  auto options = options_for(sim_->port());
  options.websocket.max_queue_bytes = 16U << 20U;
  start_link(options);
  ASSERT_TRUE(log_.next_as<LinkUp>());
  sim_->websocket().hang(milliseconds(2'000));
  auto large = hello_of("s-1");
  large.service_version = std::string(1U << 20U, 'x');
  int accepted = 0;
  // The sockets' buffers hold some megabytes besides.
  while (accepted < 100 && link_->send(large)) {
    ++accepted;
  }
  EXPECT_GE(accepted, 15);
  EXPECT_LT(accepted, 100);
}

TEST_F(WebSocketLinkFailure, IsSilentAfterStopAndStopsTwice) {
  start_sim();
  start_link(options_for(sim_->port()));
  ASSERT_TRUE(log_.next_as<LinkUp>());
  sim_->delay_answers(milliseconds(100));
  ASSERT_TRUE(link_->send(hello_of("s-1")));
  link_->stop();
  link_->stop();
  EXPECT_FALSE(link_->send(contract::Ping{"s-1", 1, ""}));
  EXPECT_FALSE(log_.next(milliseconds(300)));
}

}  // namespace
}  // namespace misp_zeek
