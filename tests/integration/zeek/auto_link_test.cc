// SPDX-License-Identifier: BSD-3-Clause
#include "zeek/auto_link.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "core/session/messages.h"
#include "link_support.h"
#include "process/process.h"
#include "report_log.h"
#include "zeek_sim/zeek_sim.h"

namespace misp_zeek {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

class AutoLinkTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { std::signal(SIGPIPE, SIG_IGN); }

  static std::unique_ptr<sim::ZeekSim> start_sim(sim::Transport transport, std::uint16_t port = 0) {
    sim::ZeekSimOptions options;
    options.transport = transport;
    options.port = port;
    options.disable_tls = true;
    auto started = sim::ZeekSim::start(std::move(options));
    return started ? std::move(*started) : nullptr;
  }

  static zeek::AutoLinkOptions options_of(std::uint16_t websocket, std::uint16_t broker) {
    zeek::AutoLinkOptions options;
    options.ways.push_back(
        {"the first",
         [=] { return std::make_unique<zeek::WebSocketLink>(websocket_options(websocket)); }});
    options.ways.push_back({"the second", [=] {
                              auto by_broker = broker_options(broker);
                              by_broker.disable_tls = true;
                              return std::make_unique<zeek::BrokerLink>(by_broker);
                            }});
    options.loyalty = milliseconds(300);
    options.retry_interval = milliseconds(100);
    return options;
  }

  static std::uint16_t free_port() { return static_cast<std::uint16_t>(process::free_port()); }

  ReportLog log_;
};

TEST_F(AutoLinkTest, PrefersTheFirstWayThatIsUp) {
  const auto both = start_sim(sim::Transport::kWebSocket);
  const auto other = start_sim(sim::Transport::kBroker);
  zeek::AutoLink link(options_of(both->port(), other->port()));
  link.start(kServiceId, log_.sink());
  const auto up = log_.next_as<LinkUp>();
  ASSERT_TRUE(up);
  EXPECT_THAT(up->peer, HasSubstr(std::to_string(both->port())));
  ASSERT_TRUE(link.send(hello_of("s-1")));
  EXPECT_TRUE(log_.next_as<contract::HelloAck>());
}

TEST_F(AutoLinkTest, TakesAnotherWayWhereNothingListensAtTheFirst) {
  const auto sim = start_sim(sim::Transport::kBroker);
  zeek::AutoLink link(options_of(free_port(), sim->port()));
  link.start(kServiceId, log_.sink());
  const auto up = log_.next_as<LinkUp>();
  ASSERT_TRUE(up);
  EXPECT_THAT(up->peer, HasSubstr(std::to_string(sim->port())));
  ASSERT_TRUE(link.send(hello_of("s-1")));
  EXPECT_TRUE(log_.next_as<contract::HelloAck>());
}

TEST_F(AutoLinkTest, TellsOnceThatNothingListens) {
  zeek::AutoLink link(options_of(free_port(), free_port()));
  EXPECT_FALSE(link.send(hello_of("s-1")));
  link.start(kServiceId, log_.sink());
  const auto down = log_.next_as<LinkDown>();
  ASSERT_TRUE(down);
  EXPECT_THAT(down->error.message,
              HasSubstr("nothing listens at the first, the second: Zeek must run"));
  EXPECT_FALSE(log_.next(milliseconds(1'000))) << "the same again";
  EXPECT_FALSE(link.send(hello_of("s-1")));
  link.stop();
  link.stop();
}

TEST_F(AutoLinkTest, TellsWhatIsWrongWhereSomethingListens) {
  const MuteServer mute;
  auto options = options_of(free_port(), mute.port());
  options.patience = milliseconds(300);
  zeek::AutoLink link(options);
  link.start(kServiceId, log_.sink());
  const auto down = log_.next_as<LinkDown>();
  ASSERT_TRUE(down);
  EXPECT_THAT(down->error.message, HasSubstr("no answer at the second"));
}

TEST_F(AutoLinkTest, LooksForAnotherWayWhenTheOneThatWasUpStaysAway) {
  auto sim = start_sim(sim::Transport::kWebSocket);
  const auto websocket = sim->port();
  const auto broker = free_port();
  zeek::AutoLink link(options_of(websocket, broker));
  link.start(kServiceId, log_.sink());
  ASSERT_TRUE(log_.next_as<LinkUp>());
  sim.reset();
  EXPECT_TRUE(log_.next_as<LinkDown>());
  sim = start_sim(sim::Transport::kBroker, broker);
  ASSERT_TRUE(sim);
  std::string peer;
  while (const auto report = log_.next()) {
    if (const auto* up = std::get_if<LinkUp>(&*report)) {
      peer = up->peer;
      break;
    }
  }
  EXPECT_THAT(peer, HasSubstr(std::to_string(broker)));
  EXPECT_TRUE(link.send(hello_of("s-2")));
  EXPECT_TRUE(log_.next_as<contract::HelloAck>());
}

}  // namespace
}  // namespace misp_zeek
