// SPDX-License-Identifier: BSD-3-Clause
#include "zeek_sim/zeek_inspector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <memory>
#include <string>

#include "core/session/messages.h"
#include "link_support.h"
#include "report_log.h"
#include "zeek_sim/zeek_sim.h"

namespace misp_zeek {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr milliseconds kPatience{15'000};

class ZeekInspectorTest : public testing::TestWithParam<sim::Transport> {
 protected:
  void SetUp() override {
    std::signal(SIGPIPE, SIG_IGN);
    // Debian's Broker 1.4 with TLS breaks other connections when one ends; Broker 2.8 does not.
    sim::ZeekSimOptions plain;
    plain.disable_tls = true;
    plain.transport = GetParam();
    auto started = sim::ZeekSim::start(plain);
    ASSERT_TRUE(started) << started.error().message;
    sim_ = std::move(*started);
    sim::ZeekInspector::Options options;
    options.transport = GetParam();
    options.port = sim_->port();
    options.disable_tls = true;
    auto connected = sim::ZeekInspector::connect(options, kPatience);
    ASSERT_TRUE(connected) << connected.error().message;
    inspector_ = std::move(*connected);
  }

  std::unique_ptr<ZeekLink> make_link() {
    if (GetParam() == sim::Transport::kWebSocket) {
      return std::make_unique<zeek::WebSocketLink>(websocket_options(sim_->port()));
    }
    auto options = broker_options(sim_->port());
    options.disable_tls = true;
    return std::make_unique<zeek::BrokerLink>(options);
  }

  void fill(std::vector<Item> items) {
    ReportLog log;
    const auto link = make_link();
    link->start(kServiceId, log.sink());
    ASSERT_TRUE(log.next_as<LinkUp>());
    ASSERT_TRUE(link->send(hello_of("s-1")));
    ASSERT_TRUE(log.next_as<contract::HelloAck>());
    std::uint64_t seq = 0;
    for (std::size_t done = 0; done < items.size(); done += contract::kMaxItemsPerApply) {
      const auto begin = items.begin() + static_cast<std::ptrdiff_t>(done);
      const auto count = std::min(contract::kMaxItemsPerApply, items.size() - done);
      ASSERT_TRUE(link->send(contract::Apply{
          "s-1", ++seq, "e", 1, {begin, begin + static_cast<std::ptrdiff_t>(count)}, {}}));
      ASSERT_TRUE(log.next_as<contract::Ack>());
    }
  }

  static Item item(const std::string& address, std::uint64_t event_id) {
    Item result;
    result.entry = {{IndicatorType::kAddr, address}, event_id};
    result.attribute_uuids = "u1,u2";
    return result;
  }

  std::unique_ptr<sim::ZeekSim> sim_;
  std::unique_ptr<sim::ZeekInspector> inspector_;
};

TEST_P(ZeekInspectorTest, ReadsAnEmptyZeek) {
  const auto entries = inspector_->dump(kPatience);
  ASSERT_TRUE(entries) << entries.error().message;
  EXPECT_THAT(*entries, IsEmpty());
}

TEST_P(ZeekInspectorTest, ReadsEntriesSortedWithTypeSourceAndAttributes) {
  fill({item("192.0.2.9", 7), item("192.0.2.1", 8)});
  const auto entries = inspector_->dump(kPatience);
  ASSERT_TRUE(entries) << entries.error().message;
  EXPECT_THAT(*entries, ElementsAre("192.0.2.1\tIntel::ADDR\tMISP-8\tu1,u2",
                                    "192.0.2.9\tIntel::ADDR\tMISP-7\tu1,u2"));
}

TEST_P(ZeekInspectorTest, CountsIndicatorsNotEntries) {
  fill({item("192.0.2.9", 7), item("192.0.2.9", 8), item("192.0.2.1", 8)});
  const auto size = inspector_->size(kPatience);
  ASSERT_TRUE(size) << size.error().message;
  EXPECT_EQ(*size, 2U);
}

TEST_P(ZeekInspectorTest, ReadsMoreThanOneReplyHolds) {
  std::vector<Item> items;
  for (int i = 0; i < 1'201; ++i) {
    items.push_back(item("10.0." + std::to_string(i / 200) + "." + std::to_string(i % 200), 1));
  }
  fill(items);
  for (int round = 0; round < 2; ++round) {
    const auto entries = inspector_->dump(kPatience);
    ASSERT_TRUE(entries) << entries.error().message;
    EXPECT_EQ(entries->size(), items.size());
    EXPECT_EQ(*entries, sim_->entries());
  }
}

INSTANTIATE_TEST_SUITE_P(Transports, ZeekInspectorTest,
                         testing::Values(sim::Transport::kBroker, sim::Transport::kWebSocket));

TEST(ZeekInspector, SaysSoWhenNothingListens) {
  sim::ZeekInspector::Options options;
  options.port = 1;
  const auto connected = sim::ZeekInspector::connect(options, milliseconds(300));
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace misp_zeek
