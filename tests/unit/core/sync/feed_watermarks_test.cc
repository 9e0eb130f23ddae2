// SPDX-License-Identifier: BSD-3-Clause
#include "core/sync/feed_watermarks.h"

#include <gtest/gtest.h>

#include "builders.h"

namespace misp_zeek {
namespace {

using test::uuid;

TouchLog::Touch touch_at(SteadyMs at) {
  TouchLog::Touch touch;
  touch.at = at;
  return touch;
}

TEST(TouchLog, RemembersTheLastTouchUntilItIsOldEnough) {
  TouchLog log;
  log.touch(uuid(1), touch_at(10));
  log.touch(uuid(2), touch_at(20));
  log.touch(uuid(1), touch_at(30));
  EXPECT_EQ(log.prune(25), 0U);
  ASSERT_NE(log.find(uuid(1)), nullptr);
  EXPECT_EQ(log.find(uuid(1))->at, 30);
  EXPECT_EQ(log.find(uuid(2)), nullptr);
}

TEST(TouchLog, SaysHowManyYoungOnesItsBoundCost) {
  TouchLog log(2, 2);
  for (unsigned n = 1; n <= 5; ++n) {
    log.touch(uuid(n), touch_at(100));
  }
  EXPECT_EQ(log.prune(50), 3U);
  EXPECT_EQ(log.find(uuid(3)), nullptr);
  EXPECT_NE(log.find(uuid(4)), nullptr);
}

TEST(TouchLog, BuriesAtMostSoManyEventsAndForgetsTheOldest) {
  TouchLog log(2, 2);
  for (std::uint64_t event = 1; event <= 3; ++event) {
    log.bury_event(event, 10);
  }
  EXPECT_EQ(log.find_burial(1), std::nullopt);
  EXPECT_EQ(log.find_burial(3), 10);
  log.unbury_event(3);
  EXPECT_EQ(log.find_burial(3), std::nullopt);
}

TEST(TouchLog, AnEventBuriedAgainStaysBuried) {
  TouchLog log(2, 2);
  log.bury_event(1, 10);
  log.unbury_event(1);
  log.bury_event(1, 20);
  log.bury_event(2, 20);
  EXPECT_EQ(log.find_burial(1), 20) << "its first burial no longer counts against the bound";
}

}  // namespace
}  // namespace misp_zeek
