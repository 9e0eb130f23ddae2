// SPDX-License-Identifier: BSD-3-Clause
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include "core/session/messages.h"
#include "link_support.h"
#include "report_log.h"
#include "zeek/broker_adapter.h"
#include "zeek/broker_link.h"
#include "zeek/codec.h"
#include "zeek_sim/test_certificate.h"
#include "zeek_sim/zeek_sim.h"

namespace misp_zeek {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using zeek::BrokerLink;
using zeek::BrokerLinkOptions;

BrokerLinkOptions options_for(std::uint16_t port) {
  auto options = broker_options(port);
  options.connect_timeout = milliseconds(500);
  options.stop_timeout = milliseconds(500);
  return options;
}

/// A Broker endpoint that listens and answers any message with the events it is given.
class RawZeek {
 public:
  RawZeek(std::string topic, std::vector<zeek::WireEvent> answers)
      : topic_(std::move(topic)), answers_(std::move(answers)) {
    auto endpoint = zeek::BrokerEndpoint::create({{contract::kZeekTopic}, {}, false});
    if (endpoint) {
      endpoint_ = std::move(*endpoint);
      port_ = endpoint_->listen("127.0.0.1", 0).value_or(0);
    }
    thread_ = std::thread([this] { run(); });
  }
  ~RawZeek() {
    stopping_ = true;
    endpoint_->wake();
    thread_.join();
  }
  RawZeek(const RawZeek&) = delete;
  RawZeek& operator=(const RawZeek&) = delete;
  std::uint16_t port() const { return port_; }

 private:
  void run() {
    while (!stopping_) {
      for (const auto& report : endpoint_->wait(milliseconds(10'000))) {
        if (std::holds_alternative<zeek::WireMessage>(report)) {
          for (const auto& answer : answers_) {
            endpoint_->publish(topic_, answer);
          }
        }
      }
    }
  }

  std::string topic_;
  std::vector<zeek::WireEvent> answers_;
  std::unique_ptr<zeek::BrokerEndpoint> endpoint_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

class BrokerLinkFailure : public testing::Test {
 protected:
  static void SetUpTestSuite() { std::signal(SIGPIPE, SIG_IGN); }

  std::unique_ptr<sim::ZeekSim> start_sim(sim::ZeekSimOptions options) {
    auto started = sim::ZeekSim::start(std::move(options));
    return started ? std::move(*started) : nullptr;
  }

  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::path(testing::TempDir()) / (std::string("failure-") + info->name());
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_;
  ReportLog log_;
};

TEST_F(BrokerLinkFailure, SaysSoWhenTlsIsOnForOneSideOnly) {
  const auto sim = start_sim({});
  ASSERT_NE(sim, nullptr);
  auto options = options_for(sim->port());
  options.disable_tls = true;
  BrokerLink link(options);
  link.start(kServiceId, log_.sink());
  const auto down = log_.next_as<LinkDown>();
  ASSERT_TRUE(down);
  EXPECT_EQ(down->error.code, ErrorCode::kIncompatible);
  EXPECT_THAT(down->error.message, HasSubstr("TLS"));
  EXPECT_THAT(down->error.message, HasSubstr("Broker " + zeek::broker_version()));
  // Another Broker looks the same; the cure is named for either.
  EXPECT_THAT(down->error.message, HasSubstr("Zeek 7"));
}

TEST_F(BrokerLinkFailure, IsRefusedWithoutTheCertificateThatZeekWants) {
  sim::ZeekSimOptions strict;
  strict.tls = sim::write_test_certificate(folder_);
  const auto sim = start_sim(strict);
  ASSERT_NE(sim, nullptr);
  BrokerLink link(options_for(sim->port()));
  link.start(kServiceId, log_.sink());
  const auto down = log_.next_as<LinkDown>();
  ASSERT_TRUE(down);
  EXPECT_EQ(down->error.code, ErrorCode::kIncompatible);
  EXPECT_FALSE(link.send(contract::Ping{"s-1", 1, ""}));
}

TEST_F(BrokerLinkFailure, ReportsTlsFilesThatCannotBeUsed) {
  auto options = options_for(1);
  options.tls.ca_file = "/nonexistent/ca.pem";
  BrokerLink link(options);
  link.start(kServiceId, log_.sink());
  const auto down = log_.next_as<LinkDown>();
  ASSERT_TRUE(down);
  EXPECT_EQ(down->error.code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(down->error.message, HasSubstr("/nonexistent/ca.pem"));
}

TEST_F(BrokerLinkFailure, RefusesACaWithoutACertificateOfItsOwn) {
  auto options = options_for(1);
  options.tls.ca_file = sim::write_test_certificate(folder_).ca_file;
  BrokerLink link(options);
  link.start(kServiceId, log_.sink());
  const auto down = log_.next_as<LinkDown>();
  ASSERT_TRUE(down);
  EXPECT_EQ(down->error.code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(down->error.message, HasSubstr("without certificate and key"));
}

TEST_F(BrokerLinkFailure, ReportsAServerThatNeverAnswersAndStopsInTime) {
  auto server = std::make_unique<MuteServer>();
  BrokerLink link(options_for(server->port()));
  link.start(kServiceId, log_.sink());
  const auto down = log_.next_as<LinkDown>();
  ASSERT_TRUE(down);
  EXPECT_EQ(down->error.code, ErrorCode::kIncompatible);
  const auto begin = std::chrono::steady_clock::now();
  link.stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(3));
}

TEST_F(BrokerLinkFailure, FindsZeekAfterAServerThatNeverAnswered) {
  auto server = std::make_unique<MuteServer>();
  BrokerLink link(options_for(server->port()));
  link.start(kServiceId, log_.sink());
  ASSERT_TRUE(log_.next_as<LinkDown>());
  sim::ZeekSimOptions options;
  options.port = server->port();
  server.reset();
  const auto sim = start_sim(options);
  ASSERT_NE(sim, nullptr);
  auto report = log_.next();
  while (report && !std::holds_alternative<LinkUp>(*report)) {
    report = log_.next();
  }
  EXPECT_TRUE(report);
}

TEST_F(BrokerLinkFailure, ReportsAMessageThatBreaksTheContractAndGoesOn) {
  const std::string topic = std::string(contract::kServiceTopicPrefix) + kServiceId;
  const contract::FromZeek good = contract::Resync{"s-1", 1, "sequence"};
  const RawZeek zeek(topic, {{"MISP::unknown_v1", {}}, zeek::encode(good)});
  BrokerLink link(options_for(zeek.port()));
  link.start(kServiceId, log_.sink());
  ASSERT_TRUE(log_.next_as<LinkUp>());
  ASSERT_TRUE(link.send(contract::Ping{"s-1", 1, ""}));
  const auto malformed = log_.next_as<LinkMalformed>();
  ASSERT_TRUE(malformed);
  EXPECT_THAT(malformed->error.message, HasSubstr("unknown event 'MISP::unknown_v1'"));
  EXPECT_TRUE(log_.next_as<contract::Resync>());
}

TEST_F(BrokerLinkFailure, LeavesOutMessagesThatAreNestedTooDeep) {
  zeek::WireValue deep(true);
  for (int i = 0; i < 50; ++i) {
    deep = zeek::WireValue(zeek::WireValue::Vector{std::move(deep)});
  }
  const std::string topic = std::string(contract::kServiceTopicPrefix) + kServiceId;
  const RawZeek zeek(topic, {{"MISP::resync_v1", {std::move(deep)}}});
  BrokerLink link(options_for(zeek.port()));
  link.start(kServiceId, log_.sink());
  ASSERT_TRUE(log_.next_as<LinkUp>());
  ASSERT_TRUE(link.send(contract::Ping{"s-1", 1, ""}));
  EXPECT_TRUE(log_.next_as<LinkMalformed>());
}

TEST_F(BrokerLinkFailure, IsSilentAfterStopAndStopsTwice) {
  const auto sim = start_sim({});
  ASSERT_NE(sim, nullptr);
  BrokerLink link(options_for(sim->port()));
  link.start(kServiceId, log_.sink());
  ASSERT_TRUE(log_.next_as<LinkUp>());
  sim->delay_answers(milliseconds(100));
  ASSERT_TRUE(link.send(hello_of("s-1")));
  link.stop();
  link.stop();
  EXPECT_FALSE(log_.next(milliseconds(300)));
}

}  // namespace
}  // namespace misp_zeek
