// SPDX-License-Identifier: BSD-3-Clause
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <memory>
#include <string>

#include "core/session/messages.h"
#include "link_support.h"
#include "report_log.h"
#include "zeek_sim/test_certificate.h"
#include "zeek_sim/zeek_sim.h"
#include "zeek_sim_process.h"

namespace misp_zeek {
namespace {

using contract::Ack;
using contract::Apply;
using contract::HelloAck;
using contract::Ping;
using contract::Pong;
using sim::Transport;
using testing::HasSubstr;

Item domain_item(std::size_t number) {
  Item item;
  item.entry = {{IndicatorType::kDomain, "host-" + std::to_string(number) + ".example.org"},
                number % 7 + 1};
  item.attribute_uuids = "5f8f4a3e-2c1c-4d0b-9a2e-0a7cc0a80102";
  item.desc = "Grüße aus MISP";
  item.url = "https://misp.example.org/events/view/1";
  return item;
}

/// What holds for every transport.
class ZeekLinkTest : public testing::TestWithParam<Transport> {
 protected:
  static void SetUpTestSuite() { std::signal(SIGPIPE, SIG_IGN); }

  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    std::string name = info->name();
    std::replace(name.begin(), name.end(), '/', '-');
    folder_ = std::filesystem::path(testing::TempDir()) / ("link-" + name);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  bool is_broker() const { return GetParam() == Transport::kBroker; }

  /// Broker is encrypted by default, Zeek's WebSocket server is not.
  void start_sim() { start_sim(!is_broker(), {}); }
  void start_sim(bool disable_tls, zeek::TlsFiles tls) {
    sim::ZeekSimOptions options;
    options.transport = GetParam();
    options.disable_tls = disable_tls;
    options.tls = std::move(tls);
    auto started = sim::ZeekSim::start(std::move(options));
    ASSERT_TRUE(started) << started.error().message;
    sim_ = std::move(*started);
  }

  std::unique_ptr<ZeekLink> make_link(std::uint16_t port) {
    return make_link(port, !is_broker(), {});
  }
  std::unique_ptr<ZeekLink> make_link(std::uint16_t port, bool disable_tls, zeek::TlsFiles tls) {
    if (is_broker()) {
      auto options = broker_options(port);
      options.disable_tls = disable_tls;
      options.tls = std::move(tls);
      return std::make_unique<zeek::BrokerLink>(options);
    }
    auto options = websocket_options(port);
    options.websocket.use_tls = !disable_tls;
    options.websocket.tls = std::move(tls);
    return std::make_unique<zeek::WebSocketLink>(options);
  }

  std::filesystem::path folder_;
  std::unique_ptr<sim::ZeekSim> sim_;
  ReportLog log_;  // outlives the links of the tests
};

TEST_P(ZeekLinkTest, ReportsUpAndExchangesMessages) {
  start_sim();
  const auto link = make_link(sim_->port());
  link->start(kServiceId, log_.sink());
  const auto up = log_.next_as<LinkUp>();
  ASSERT_TRUE(up);
  EXPECT_THAT(up->peer, HasSubstr("127.0.0.1:" + std::to_string(sim_->port())));

  EXPECT_TRUE(link->send(hello_of("s-1")));
  const auto hello = log_.next_as<HelloAck>();
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->session, "s-1");
  EXPECT_EQ(hello->items, 0U);

  EXPECT_TRUE(link->send(Apply{"s-1", 1, "epoch", 1, {domain_item(1)}, {}}));
  const auto ack = log_.next_as<Ack>();
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->inserted, 1U);
  EXPECT_THAT(sim_->items(), testing::ElementsAre(domain_item(1)));
  EXPECT_EQ(sim_->malformed(), 0U);
}

TEST_P(ZeekLinkTest, HandsOverTheAnswerToAProbe) {
  start_sim();
  const auto link = make_link(sim_->port());
  link->start(kServiceId, log_.sink());
  ASSERT_TRUE(log_.next_as<LinkUp>());
  EXPECT_TRUE(link->send(contract::Probe{kServiceId}));
  const auto answer = log_.next_as<contract::ProbeAnswer>();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->contract, contract::kVersion);
}

TEST_P(ZeekLinkTest, SendsNothingWhileThereIsNoConnection) {
  const auto link = make_link(1);
  EXPECT_FALSE(link->send(Ping{"s-1", 1, ""}));
  link->start(kServiceId, log_.sink());
  const auto down = log_.next_as<LinkDown>();
  ASSERT_TRUE(down);
  EXPECT_EQ(down->error.code, ErrorCode::kUnavailable);
  EXPECT_THAT(down->error.message, HasSubstr("zeek at 127.0.0.1:1"));
  EXPECT_FALSE(link->send(Ping{"s-1", 1, ""}));
  link->stop();
  EXPECT_FALSE(link->send(Ping{"s-1", 1, ""}));
}

TEST_P(ZeekLinkTest, ReconnectsWhenTheListenerReturns) {
  auto first = std::make_unique<ZeekSimProcess>(folder_, 0, GetParam());
  const std::uint16_t port = first->port();
  ASSERT_NE(port, 0);
  const auto link = make_link(port);
  link->start(kServiceId, log_.sink());
  ASSERT_TRUE(log_.next_as<LinkUp>());

  first->end(SIGKILL);
  const auto lost = log_.next_as<LinkDown>();
  ASSERT_TRUE(lost);
  EXPECT_EQ(lost->error.code, ErrorCode::kUnavailable);
  EXPECT_FALSE(link->send(Ping{"s-1", 1, ""}));
  ASSERT_TRUE(log_.next_as<LinkDown>());  // nothing listens

  const ZeekSimProcess second(folder_, port, GetParam());
  ASSERT_EQ(second.port(), port);
  ASSERT_TRUE(log_.next_as<LinkUp>());
  EXPECT_TRUE(link->send(hello_of("s-2")));
  EXPECT_TRUE(log_.next_as<HelloAck>());
}

TEST_P(ZeekLinkTest, ReportsDownWhenZeekEndsInOrder) {
  ZeekSimProcess process(folder_, 0, GetParam());
  const auto link = make_link(process.port());
  link->start(kServiceId, log_.sink());
  ASSERT_TRUE(log_.next_as<LinkUp>());
  EXPECT_EQ(process.end(SIGTERM), 0);
  EXPECT_TRUE(log_.next_as<LinkDown>());
}

TEST_P(ZeekLinkTest, BringsTenThousandItemsInBatchesWithFourInFlight) {
  constexpr std::size_t kItems = 10'000;
  constexpr std::size_t kWindow = 4;
  start_sim();
  const auto link = make_link(sim_->port());
  link->start(kServiceId, log_.sink());
  ASSERT_TRUE(log_.next_as<LinkUp>());
  ASSERT_TRUE(link->send(hello_of("s-1")));
  const auto hello = log_.next_as<HelloAck>();
  ASSERT_TRUE(hello);
  const auto key = digest_key_from(hello->digest_key);
  ASSERT_TRUE(key);

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
        digest ^= key->mix(item_hash(apply.upserts.back()));
      }
      ASSERT_TRUE(link->send(apply));
    }
    const auto ack = log_.next_as<Ack>();
    ASSERT_TRUE(ack);
    ASSERT_EQ(ack->seq, ++acknowledged);
    inserted += ack->inserted;
  }
  EXPECT_EQ(inserted, kItems);
  ASSERT_TRUE(link->send(Ping{"s-1", 1, ""}));
  const auto pong = log_.next_as<Pong>();
  ASSERT_TRUE(pong);
  EXPECT_EQ(pong->items, kItems);
  EXPECT_EQ(pong->digest, format_digest(digest));
}

TEST_P(ZeekLinkTest, HearsOnlyTheAnswersToItsOwnService) {
  start_sim();
  ReportLog other_log;
  const auto link = make_link(sim_->port());
  const auto other = make_link(sim_->port());
  link->start(kServiceId, log_.sink());
  other->start("ffffffffffffffff", other_log.sink());
  ASSERT_TRUE(log_.next_as<LinkUp>());
  ASSERT_TRUE(other_log.next_as<LinkUp>());

  ASSERT_TRUE(link->send(hello_of("s-1")));
  ASSERT_TRUE(log_.next_as<HelloAck>());
  ASSERT_TRUE(other->send(hello_of("s-2", "ffffffffffffffff")));
  const auto hello = other_log.next_as<HelloAck>();
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->session, "s-2");
  EXPECT_EQ(log_.waiting(), 0U);
  EXPECT_EQ(other_log.waiting(), 0U);
}

TEST_P(ZeekLinkTest, SpeaksWithoutTlsWhenBothSidesDo) {
  start_sim(true, {});
  const auto link = make_link(sim_->port(), true, {});
  link->start(kServiceId, log_.sink());
  EXPECT_TRUE(log_.next_as<LinkUp>());
}

TEST_P(ZeekLinkTest, SpeaksTlsWithCertificatesOnBothSides) {
  const auto files = sim::write_test_certificate(folder_);
  start_sim(false, files);
  const auto link = make_link(sim_->port(), false, files);
  link->start(kServiceId, log_.sink());
  ASSERT_TRUE(log_.next_as<LinkUp>());
  ASSERT_TRUE(link->send(hello_of("s-1")));
  EXPECT_TRUE(log_.next_as<HelloAck>());
}

TEST_P(ZeekLinkTest, PassesOverWhatTheStandInDropsAndForgets) {
  start_sim();
  const auto link = make_link(sim_->port());
  link->start(kServiceId, log_.sink());
  ASSERT_TRUE(log_.next_as<LinkUp>());
  sim_->drop_next(1);
  ASSERT_TRUE(link->send(hello_of("lost")));
  ASSERT_TRUE(link->send(hello_of("s-1")));
  const auto first = log_.next_as<HelloAck>();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->session, "s-1");

  sim_->restart_package();
  ASSERT_TRUE(link->send(Ping{"s-1", 1, ""}));
  ASSERT_TRUE(link->send(hello_of("s-2")));
  const auto second = log_.next_as<HelloAck>();
  ASSERT_TRUE(second);
  EXPECT_NE(second->instance, first->instance);
  EXPECT_EQ(sim_->received(), 4U);
}

INSTANTIATE_TEST_SUITE_P(Transports, ZeekLinkTest,
                         testing::Values(Transport::kBroker, Transport::kWebSocket),
                         [](const auto& transport) {
                           return transport.param == Transport::kBroker ? "Broker" : "WebSocket";
                         });

}  // namespace
}  // namespace misp_zeek
