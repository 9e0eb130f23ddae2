// SPDX-License-Identifier: BSD-3-Clause
#include "core/sync/feed_watermarks.h"

#include <gtest/gtest.h>

#include "builders.h"

namespace misp_zeek {
namespace {

using test::uuid;

FeedWatermarks::Watermark mark_at(SteadyMs at) {
  FeedWatermarks::Watermark touch;
  touch.at = at;
  return touch;
}

TEST(FeedWatermarks, RemembersTheLastWatermarkUntilItIsOldEnough) {
  FeedWatermarks log;
  log.set(uuid(1), mark_at(10));
  log.set(uuid(2), mark_at(20));
  log.set(uuid(1), mark_at(30));
  EXPECT_EQ(log.prune(25), 0U);
  ASSERT_NE(log.find(uuid(1)), nullptr);
  EXPECT_EQ(log.find(uuid(1))->at, 30);
  EXPECT_EQ(log.find(uuid(2)), nullptr);
}

TEST(FeedWatermarks, SaysHowManyYoungOnesItsBoundCost) {
  FeedWatermarks log(2, 2);
  for (unsigned n = 1; n <= 5; ++n) {
    log.set(uuid(n), mark_at(100));
  }
  EXPECT_EQ(log.prune(50), 3U);
  EXPECT_EQ(log.find(uuid(3)), nullptr);
  EXPECT_NE(log.find(uuid(4)), nullptr);
}

TEST(FeedWatermarks, KeepsSoManyTombstonesAndForgetsTheOldest) {
  FeedWatermarks log(2, 2);
  for (std::uint64_t event = 1; event <= 3; ++event) {
    log.add_tombstone(event, 10);
  }
  EXPECT_EQ(log.tombstone(1), std::nullopt);
  EXPECT_EQ(log.tombstone(3), 10);
  log.drop_tombstone(3);
  EXPECT_EQ(log.tombstone(3), std::nullopt);
}

TEST(FeedWatermarks, ATombstoneAddedAgainStays) {
  FeedWatermarks log(2, 2);
  log.add_tombstone(1, 10);
  log.drop_tombstone(1);
  log.add_tombstone(1, 20);
  log.add_tombstone(2, 20);
  EXPECT_EQ(log.tombstone(1), 20) << "the first one no longer counts against the bound";
}

}  // namespace
}  // namespace misp_zeek
