// SPDX-License-Identifier: BSD-3-Clause
#include "zeek/broker_link.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <string>

#include "core/contract.h"
#include "report_log.h"
#include "zeek_sim/test_certificate.h"
#include "zeek_sim/zeek_sim.h"
#include "zeek_sim_process.h"

namespace misp_zeek {
namespace {

using contract::Ack;
using contract::Apply;
using contract::Hello;
using contract::HelloAck;
using contract::Ping;
using contract::Pong;
using testing::HasSubstr;
using zeek::BrokerLink;
using zeek::BrokerLinkOptions;

constexpr const char* kServiceId = "00c0ffee12345678";

BrokerLinkOptions options_for(std::uint16_t port) {
  BrokerLinkOptions options;
  options.port = port;
  options.retry_interval = std::chrono::milliseconds(50);
  options.max_retry_interval = std::chrono::milliseconds(200);
  return options;
}

Item domain_item(std::size_t number) {
  Item item;
  item.entry = {{IndicatorType::kDomain, "host-" + std::to_string(number) + ".example.org"},
                number % 7 + 1};
  item.attribute_uuids = "5f8f4a3e-2c1c-4d0b-9a2e-0a7cc0a80102";
  item.desc = "Grüße aus MISP";
  item.url = "https://misp.example.org/events/view/1";
  return item;
}

class BrokerLinkTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { std::signal(SIGPIPE, SIG_IGN); }

  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::path(testing::TempDir()) / (std::string("link-") + info->name());
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void start_sim(sim::ZeekSimOptions options = {}) {
    auto started = sim::ZeekSim::start(std::move(options));
    ASSERT_TRUE(started) << started.error().message;
    sim_ = std::move(*started);
  }

  std::filesystem::path folder_;
  std::unique_ptr<sim::ZeekSim> sim_;
  ReportLog log_;  // outlives the links of the tests
};

TEST_F(BrokerLinkTest, ReportsUpAndExchangesMessages) {
  start_sim();
  BrokerLink link(options_for(sim_->port()));
  link.start(kServiceId, log_.sink());
  const auto up = log_.next_as<LinkUp>();
  ASSERT_TRUE(up);
  EXPECT_THAT(up->peer, HasSubstr("127.0.0.1:" + std::to_string(sim_->port())));

  EXPECT_TRUE(link.send(Hello{kServiceId, "s-1", "1.0.0"}));
  const auto hello = log_.next_as<HelloAck>();
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->session, "s-1");
  EXPECT_EQ(hello->items, 0U);

  EXPECT_TRUE(link.send(Apply{"s-1", 1, "epoch", 1, {domain_item(1)}, {}}));
  const auto ack = log_.next_as<Ack>();
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->inserted, 1U);
  EXPECT_THAT(sim_->items(), testing::ElementsAre(domain_item(1)));
  EXPECT_EQ(sim_->malformed(), 0U);
}

TEST_F(BrokerLinkTest, SendsNothingWhileThereIsNoConnection) {
  BrokerLink link(options_for(1));
  EXPECT_FALSE(link.send(Ping{"s-1", 1}));
  link.start(kServiceId, log_.sink());
  const auto down = log_.next_as<LinkDown>();
  ASSERT_TRUE(down);
  EXPECT_EQ(down->error.code, ErrorCode::kUnavailable);
  EXPECT_THAT(down->error.message, HasSubstr("zeek at 127.0.0.1:1"));
  EXPECT_FALSE(link.send(Ping{"s-1", 1}));
  link.stop();
  EXPECT_FALSE(link.send(Ping{"s-1", 1}));
}

TEST_F(BrokerLinkTest, ReconnectsWhenTheListenerReturns) {
  auto first = std::make_unique<ZeekSimProcess>(folder_, 0);
  const std::uint16_t port = first->port();
  ASSERT_NE(port, 0);
  BrokerLink link(options_for(port));
  link.start(kServiceId, log_.sink());
  ASSERT_TRUE(log_.next_as<LinkUp>());

  first->end(SIGKILL);
  const auto lost = log_.next_as<LinkDown>();
  ASSERT_TRUE(lost);
  EXPECT_EQ(lost->error.code, ErrorCode::kUnavailable);
  EXPECT_FALSE(link.send(Ping{"s-1", 1}));
  ASSERT_TRUE(log_.next_as<LinkDown>());  // nothing listens

  const ZeekSimProcess second(folder_, port);
  ASSERT_EQ(second.port(), port);
  ASSERT_TRUE(log_.next_as<LinkUp>());
  EXPECT_TRUE(link.send(Hello{kServiceId, "s-2", "1.0.0"}));
  EXPECT_TRUE(log_.next_as<HelloAck>());
}

TEST_F(BrokerLinkTest, ReportsDownWhenZeekEndsInOrder) {
  ZeekSimProcess process(folder_, 0);
  BrokerLink link(options_for(process.port()));
  link.start(kServiceId, log_.sink());
  ASSERT_TRUE(log_.next_as<LinkUp>());
  EXPECT_EQ(process.end(SIGTERM), 0);
  EXPECT_TRUE(log_.next_as<LinkDown>());
}

TEST_F(BrokerLinkTest, BringsTenThousandItemsInBatchesWithFourInFlight) {
  constexpr std::size_t kItems = 10'000;
  constexpr std::size_t kWindow = 4;
  start_sim();
  BrokerLink link(options_for(sim_->port()));
  link.start(kServiceId, log_.sink());
  ASSERT_TRUE(log_.next_as<LinkUp>());
  ASSERT_TRUE(link.send(Hello{kServiceId, "s-1", "1.0.0"}));
  ASSERT_TRUE(log_.next_as<HelloAck>());

  std::uint64_t digest = 0;
  std::uint64_t seq = 0;
  std::uint64_t acknowledged = 0;
  std::size_t next = 0;
  std::uint64_t inserted = 0;
  while (next < kItems || acknowledged < seq) {
    while (next < kItems && seq - acknowledged < kWindow) {
      Apply apply{"s-1", ++seq, "epoch", seq, {}, {}};
      while (apply.upserts.size() < contract::kMaxItemsPerApply) {
        apply.upserts.push_back(domain_item(next++));
        digest ^= item_hash(apply.upserts.back());
      }
      ASSERT_TRUE(link.send(apply));
    }
    const auto ack = log_.next_as<Ack>();
    ASSERT_TRUE(ack);
    ASSERT_EQ(ack->seq, ++acknowledged);
    inserted += ack->inserted;
  }
  EXPECT_EQ(inserted, kItems);
  ASSERT_TRUE(link.send(Ping{"s-1", 1}));
  const auto pong = log_.next_as<Pong>();
  ASSERT_TRUE(pong);
  EXPECT_EQ(pong->items, kItems);
  EXPECT_EQ(pong->digest, format_digest(digest));
}

TEST_F(BrokerLinkTest, HearsOnlyTheAnswersToItsOwnService) {
  start_sim();
  ReportLog other_log;
  BrokerLink link(options_for(sim_->port()));
  BrokerLink other(options_for(sim_->port()));
  link.start(kServiceId, log_.sink());
  other.start("ffffffffffffffff", other_log.sink());
  ASSERT_TRUE(log_.next_as<LinkUp>());
  ASSERT_TRUE(other_log.next_as<LinkUp>());

  ASSERT_TRUE(link.send(Hello{kServiceId, "s-1", "1.0.0"}));
  ASSERT_TRUE(log_.next_as<HelloAck>());
  ASSERT_TRUE(other.send(Hello{"ffffffffffffffff", "s-2", "1.0.0"}));
  const auto hello = other_log.next_as<HelloAck>();
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->session, "s-2");
  EXPECT_EQ(log_.waiting(), 0U);
  EXPECT_EQ(other_log.waiting(), 0U);
}

TEST_F(BrokerLinkTest, SpeaksWithoutTlsWhenBothSidesDo) {
  sim::ZeekSimOptions plain;
  plain.disable_tls = true;
  start_sim(plain);
  auto options = options_for(sim_->port());
  options.disable_tls = true;
  BrokerLink link(options);
  link.start(kServiceId, log_.sink());
  EXPECT_TRUE(log_.next_as<LinkUp>());
}

TEST_F(BrokerLinkTest, SpeaksTlsWithCertificatesOnBothSides) {
  sim::ZeekSimOptions strict;
  strict.tls = sim::write_test_certificate(folder_);
  start_sim(strict);
  auto options = options_for(sim_->port());
  options.tls = strict.tls;
  BrokerLink link(options);
  link.start(kServiceId, log_.sink());
  ASSERT_TRUE(log_.next_as<LinkUp>());
  ASSERT_TRUE(link.send(Hello{kServiceId, "s-1", "1.0.0"}));
  EXPECT_TRUE(log_.next_as<HelloAck>());
}

TEST_F(BrokerLinkTest, PassesOverWhatTheStandInDropsAndForgets) {
  start_sim();
  BrokerLink link(options_for(sim_->port()));
  link.start(kServiceId, log_.sink());
  ASSERT_TRUE(log_.next_as<LinkUp>());
  sim_->drop_next(1);
  ASSERT_TRUE(link.send(Hello{kServiceId, "lost", "1.0.0"}));
  ASSERT_TRUE(link.send(Hello{kServiceId, "s-1", "1.0.0"}));
  const auto first = log_.next_as<HelloAck>();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->session, "s-1");

  sim_->restart_package();
  ASSERT_TRUE(link.send(Ping{"s-1", 1}));
  ASSERT_TRUE(link.send(Hello{kServiceId, "s-2", "1.0.0"}));
  const auto second = log_.next_as<HelloAck>();
  ASSERT_TRUE(second);
  EXPECT_NE(second->instance, first->instance);
  EXPECT_EQ(sim_->received(), 4U);
}

}  // namespace
}  // namespace misp_zeek
