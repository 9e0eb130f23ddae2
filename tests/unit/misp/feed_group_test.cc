// SPDX-License-Identifier: BSD-3-Clause
#include "misp/feed_group.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

namespace misp_zeek::misp {
namespace {

using std::chrono::milliseconds;

/// Reports what a test tells it.
class ScriptedFeed : public MispFeed {
 public:
  void start(OnReport on_report) override { report = std::move(on_report); }
  void stop() override {}
  FeedCounters counters() const override { return {1, 10, 2, 3}; }
  OnReport report;
};

class FeedGroupTest : public testing::Test {
 protected:
  explicit FeedGroupTest(milliseconds silence = milliseconds(60'000)) {
    std::vector<FeedGroup::Member> members;
    for (const char* name : {"tcp://a:1", "tcp://b:1"}) {
      auto feed = std::make_unique<ScriptedFeed>();
      feeds_.push_back(feed.get());
      members.push_back({name, std::move(feed)});
    }
    group_ = std::make_unique<FeedGroup>(std::move(members), silence);
    group_->start([this](const FeedReport& report) {
      if (!room_) {
        return false;
      }
      if (std::holds_alternative<FeedConnected>(report)) {
        told_.emplace_back("up");
      } else if (const auto* lost = std::get_if<FeedDisconnected>(&report)) {
        told_.push_back("down: " + lost->reason);
      } else if (const auto* message = std::get_if<FeedMessageAt>(&report)) {
        const auto* heartbeat = std::get_if<Heartbeat>(&message->message);
        told_.push_back(heartbeat == nullptr ? "message"
                                             : std::to_string(heartbeat->uptime_seconds));
      }
      return true;
    });
  }

  std::vector<std::string> told() { return std::exchange(told_, {}); }
  bool beat(std::size_t feed, std::int64_t uptime) {
    return feeds_.at(feed)->report(FeedMessageAt{Heartbeat{uptime}, {}});
  }

  std::vector<ScriptedFeed*> feeds_;
  std::unique_ptr<FeedGroup> group_;
  std::vector<std::string> told_;
  bool room_ = true;
};

using Lines = std::vector<std::string>;

TEST_F(FeedGroupTest, IsConnectedWhileAllAre) {
  feeds_[0]->report(FeedConnected{});
  EXPECT_EQ(told(), Lines{"down: not connected yet"});
  feeds_[1]->report(FeedConnected{});
  EXPECT_EQ(told(), Lines{"up"});
  feeds_[0]->report(FeedDisconnected{"a is away"});
  feeds_[1]->report(FeedMessageAt{IgnoredMessage{}, {}});
  EXPECT_EQ(told(), (Lines{"down: a is away", "message"}));
  feeds_[0]->report(FeedConnected{});
  EXPECT_EQ(told(), Lines{"up"});
  EXPECT_EQ(group_->counters().bytes, 20U);
}

TEST_F(FeedGroupTest, ItsUptimeFallsWhenOnePublisherRestarts) {
  feeds_[0]->report(FeedConnected{});
  feeds_[1]->report(FeedConnected{});
  told();
  beat(0, 1000);
  beat(1, 50);
  beat(0, 1010);
  beat(1, 60);
  beat(0, 5);
  EXPECT_EQ(told(), (Lines{"1000", "1050", "1060", "1070", "65"}));
}

TEST_F(FeedGroupTest, TellsAStateThatFoundNoRoomLater) {
  room_ = false;
  EXPECT_FALSE(feeds_[0]->report(FeedConnected{}));
  EXPECT_FALSE(feeds_[1]->report(FeedConnected{}));
  room_ = true;
  EXPECT_TRUE(beat(1, 1));
  EXPECT_EQ(told(), (Lines{"up", "1"}));
}

class SilentFeedGroupTest : public FeedGroupTest {
 protected:
  SilentFeedGroupTest() : FeedGroupTest(milliseconds(500)) {}
};

TEST_F(SilentFeedGroupTest, OneThatIsSilentWhileAnotherSpeaksCountsAsAway) {
  feeds_[0]->report(FeedConnected{});
  feeds_[1]->report(FeedConnected{});
  told();
  std::this_thread::sleep_for(milliseconds(700));
  beat(0, 1);
  EXPECT_EQ(told(), (Lines{"down: tcp://b:1 is silent while another publisher speaks", "1"}));
  beat(1, 1);
  EXPECT_EQ(told(), (Lines{"up", "2"}));
}

}  // namespace
}  // namespace misp_zeek::misp
