// SPDX-License-Identifier: BSD-3-Clause
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <memory>
#include <string>

#include "core/session/messages.h"
#include "link_support.h"
#include "process/process.h"
#include "report_log.h"
#include "zeek_sim/zeek_sim.h"

namespace misp_zeek {
namespace {

using testing::HasSubstr;
using zeek::BrokerLink;

/// The link listens, and the stand-in connects. Without TLS, because Broker 1.4 with TLS breaks the
/// other connections of an endpoint when one ends.
class BrokerLinkListen : public testing::Test {
 protected:
  static void SetUpTestSuite() { std::signal(SIGPIPE, SIG_IGN); }

  void SetUp() override {
    auto options = broker_options(static_cast<std::uint16_t>(process::free_port()));
    options.listen = true;
    options.disable_tls = true;
    port_ = options.port;
    link_ = std::make_unique<BrokerLink>(options);
    link_->start(kServiceId, log_.sink());
    const auto waits = log_.next_as<LinkDown>();
    ASSERT_TRUE(waits);
    ASSERT_THAT(waits->error.message, HasSubstr("no Zeek has connected yet"));
  }

  std::unique_ptr<sim::ZeekSim> connect() {
    sim::ZeekSimOptions options;
    options.port = port_;
    options.connect = true;
    options.disable_tls = true;
    auto started = sim::ZeekSim::start(options);
    return started ? std::move(*started) : nullptr;
  }

  std::uint16_t port_ = 0;
  ReportLog log_;
  std::unique_ptr<BrokerLink> link_;
};

TEST_F(BrokerLinkListen, ExchangesMessagesWithAZeekThatConnects) {
  EXPECT_FALSE(link_->send(contract::Ping{"s-1", 1, ""}));
  const auto zeek = connect();
  ASSERT_TRUE(log_.next_as<LinkUp>());
  ASSERT_TRUE(link_->send(hello_of("s-1")));
  EXPECT_TRUE(log_.next_as<contract::HelloAck>());
}

TEST_F(BrokerLinkListen, TakesTheNextZeekAfterALoss) {
  auto zeek = connect();
  ASSERT_TRUE(log_.next_as<LinkUp>());
  zeek.reset();
  const auto lost = log_.next_as<LinkDown>();
  ASSERT_TRUE(lost);
  EXPECT_THAT(lost->error.message, HasSubstr("the connection was lost"));
  EXPECT_FALSE(link_->send(contract::Ping{"s-1", 1, ""}));
  zeek = connect();
  ASSERT_TRUE(log_.next_as<LinkUp>());
  ASSERT_TRUE(link_->send(hello_of("s-2")));
  EXPECT_TRUE(log_.next_as<contract::HelloAck>());
}

TEST_F(BrokerLinkListen, SaysSoWhenASecondZeekConnects) {
  const auto first = connect();
  ASSERT_TRUE(log_.next_as<LinkUp>());
  const auto second = connect();
  const auto report = log_.next_as<LinkMalformed>();
  ASSERT_TRUE(report);
  EXPECT_THAT(report->error.message, HasSubstr("a [[zeek]] with a port of its own"));
}

TEST_F(BrokerLinkListen, SaysSoWhenThePortIsTaken) {
  auto options = broker_options(port_);
  options.listen = true;
  options.disable_tls = true;
  ReportLog log;
  BrokerLink other(options);
  other.start(kServiceId, log.sink());
  const auto down = log.next_as<LinkDown>();
  ASSERT_TRUE(down);
  EXPECT_EQ(down->error.code, ErrorCode::kUnavailable);
  EXPECT_THAT(down->error.message, HasSubstr("cannot listen"));
}

}  // namespace
}  // namespace misp_zeek
