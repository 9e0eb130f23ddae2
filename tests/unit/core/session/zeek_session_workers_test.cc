// SPDX-License-Identifier: BSD-3-Clause
// A session is in sync only when the workers of the cluster are.
#include <gtest/gtest.h>

#include "core/session/zeek_session.h"

namespace misp_zeek {
namespace {

class ZeekSessionWorkers : public testing::Test {
 protected:
  ZeekSessionWorkers() {
    session_.on_report(LinkUp{"127.0.0.1:25760"}, now_);
    const auto hello = std::get<contract::Hello>(session_.poll(now_).at(0));
    name_ = hello.session;
    contract::HelloAck ack;
    ack.session = name_;
    ack.role = "holder";
    ack.epoch = store_.epoch();
    ack.revision = store_.revision();
    ack.digest = format_digest(0);
    ack.digest_key = format_digest(5) + format_digest(7);
    session_.on_report(contract::FromZeek(ack), now_);
  }

  static SessionOptions options() {
    SessionOptions options;
    options.service_id = "00c0ffee12345678";
    return options;
  }

  /// Answers the ping that is due.
  void pong(std::uint64_t workers, std::uint64_t in_sync) {
    contract::Pong pong;
    pong.workers_configured = workers;
    pong.workers_connected = workers;
    pong.workers_in_sync = in_sync;
    answer(pong);
  }

  void answer(contract::Pong pong) {
    const auto out = session_.poll(now_);
    ASSERT_EQ(out.size(), 1U);
    pong.session = name_;
    pong.nonce = std::get<contract::Ping>(out.at(0)).nonce;
    pong.digest = format_digest(0);
    session_.on_report(contract::FromZeek(pong), now_);
  }

  SteadyMs now_ = 1'000;
  IndicatorStore store_{{}, "00000000000000e1"};
  ZeekSession session_{"z", options(), store_};
  std::string name_;
};

TEST_F(ZeekSessionWorkers, IsInStepWithoutWorkers) {
  pong(0, 0);
  EXPECT_TRUE(session_.in_step());
  EXPECT_EQ(session_.explain(), "in sync");
}

TEST_F(ZeekSessionWorkers, IsInStepWhenAllWorkersAre) {
  pong(2, 2);
  EXPECT_TRUE(session_.in_step());
  EXPECT_FALSE(session_.workers_behind());
  EXPECT_EQ(session_.explain(), "in sync, with 2 workers");
}

TEST_F(ZeekSessionWorkers, IsBehindWhileOneWorkerDiffersAndAsksMoreOften) {
  pong(2, 2);
  now_ += 1'000;
  pong(2, 1);
  EXPECT_FALSE(session_.in_step());
  EXPECT_TRUE(session_.workers_behind());
  EXPECT_EQ(session_.behind_since(), now_);
  EXPECT_EQ(session_.explain(),
            "1 of 2 workers are not in sync with their manager, which repairs them");
  EXPECT_EQ(session_.counters().resyncs, 0U);
  EXPECT_EQ(session_.deadline(), now_ + 1'000);
  now_ += 1'000;
  pong(2, 2);
  EXPECT_TRUE(session_.in_step());
}

TEST_F(ZeekSessionWorkers, IsBehindWhileAConfiguredWorkerIsNotConnected) {
  contract::Pong pong;
  pong.workers_configured = 3;
  pong.workers_connected = 2;
  pong.workers_in_sync = 2;
  answer(pong);
  EXPECT_FALSE(session_.in_step());
  EXPECT_EQ(session_.explain(), "1 of 3 workers are not connected to their manager");
}

TEST_F(ZeekSessionWorkers, IsNeverInStepWhereZeekCannotTellWhatWorkersHold) {
  contract::Pong pong;
  pong.workers_configured = pong.workers_connected = pong.workers_in_sync = 2;
  pong.workers_verified = false;
  answer(pong);
  EXPECT_FALSE(session_.in_step());
  EXPECT_EQ(session_.explain(), "workers not verified: this Zeek cannot tell what they hold");
}

TEST_F(ZeekSessionWorkers, ForgetsTheWorkersWithTheSession) {
  pong(2, 1);
  session_.on_report(LinkDown{}, now_);
  EXPECT_FALSE(session_.in_step());
  session_.on_report(LinkUp{"127.0.0.1:25760"}, now_);
  EXPECT_EQ(session_.workers(), 0U);
  EXPECT_FALSE(session_.workers_behind());
}

}  // namespace
}  // namespace misp_zeek
