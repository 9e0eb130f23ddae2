// SPDX-License-Identifier: BSD-3-Clause
#include "misp/feed_outbox.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace misp_zeek::misp {
namespace {

/// A receiver with a bounded queue, which notes what it took.
class Receiver {
 public:
  MispFeed::OnReport callback() {
    return [this](const FeedReport& report) {
      if (room == 0) {
        return false;
      }
      --room;
      constexpr std::array kNames = {"up", "down", "gap", "malformed", "message"};
      taken.emplace_back(kNames.at(report.index()));
      return true;
    };
  }

  int room = 0;
  std::vector<std::string> taken;
};

const FeedReport kMessage = FeedMessageAt{Heartbeat{}, {}};

TEST(FeedOutbox, HandsOverWhileThereIsRoom) {
  Receiver receiver;
  receiver.room = 2;
  FeedOutbox outbox(receiver.callback());
  outbox.set_state(FeedConnected{});
  EXPECT_TRUE(outbox.offer(kMessage));
  EXPECT_EQ(receiver.taken, (std::vector<std::string>{"up", "message"}));
}

TEST(FeedOutbox, ReportsOneGapBeforeTheNextMessageAfterDrops) {
  Receiver receiver;
  FeedOutbox outbox(receiver.callback());
  EXPECT_FALSE(outbox.offer(kMessage));
  EXPECT_FALSE(outbox.offer(kMessage));
  receiver.room = 2;
  EXPECT_TRUE(outbox.offer(kMessage));
  EXPECT_EQ(receiver.taken, (std::vector<std::string>{"gap", "message"}));
}

TEST(FeedOutbox, AMessageThatTellsNothingLeavesNoGap) {
  Receiver receiver;
  FeedOutbox outbox(receiver.callback());
  EXPECT_FALSE(outbox.offer(FeedMessageAt{IgnoredMessage{}, {}}));
  receiver.room = 2;
  EXPECT_TRUE(outbox.flush());
  EXPECT_TRUE(receiver.taken.empty());
  outbox.note_gap();
  EXPECT_TRUE(outbox.flush());
  EXPECT_EQ(receiver.taken, (std::vector<std::string>{"gap"}));
}

TEST(FeedOutbox, ReportsTheGapWithoutAnotherMessage) {
  Receiver receiver;
  FeedOutbox outbox(receiver.callback());
  EXPECT_FALSE(outbox.offer(kMessage));
  EXPECT_FALSE(outbox.flush());
  receiver.room = 5;
  EXPECT_TRUE(outbox.flush());
  EXPECT_TRUE(outbox.flush());
  EXPECT_EQ(receiver.taken, (std::vector<std::string>{"gap"}));
}

TEST(FeedOutbox, DropsTheMessageWhenOnlyTheGapFits) {
  Receiver receiver;
  FeedOutbox outbox(receiver.callback());
  EXPECT_FALSE(outbox.offer(kMessage));
  receiver.room = 1;
  EXPECT_FALSE(outbox.offer(kMessage));
  receiver.room = 1;
  EXPECT_TRUE(outbox.flush());
  EXPECT_EQ(receiver.taken, (std::vector<std::string>{"gap", "gap"}));
}

TEST(FeedOutbox, KeepsTheNewestConnectionState) {
  Receiver receiver;
  FeedOutbox outbox(receiver.callback());
  outbox.set_state(FeedConnected{});
  outbox.set_state(FeedDisconnected{"lost"});
  receiver.room = 5;
  EXPECT_TRUE(outbox.flush());
  EXPECT_EQ(receiver.taken, (std::vector<std::string>{"down"}));
}

}  // namespace
}  // namespace misp_zeek::misp
