// SPDX-License-Identifier: BSD-3-Clause
// What the queue counts, over restarts too, and what it says of the right to add sightings.
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "core/sightings/sighting_queue.h"
#include "sightings/sighting_queue_support.h"

namespace misp_zeek {
namespace {

using test::kNow;
using test::kZeek;
using test::match;
using test::Queue;

std::string uuid(int n) { return test::uuid_text(n); }

TEST(SightingPermission, PostsNothingWithoutTheRight) {
  Queue queue;
  queue->set_permitted(false);
  queue.see(uuid(1));
  queue.store();
  EXPECT_FALSE(queue.post());
  EXPECT_FALSE(queue->deadline());
  queue->set_permitted(true);
  EXPECT_TRUE(queue.post());
}

TEST(SightingPermission, SaysThatTheRightIsMissingBeforeAnythingIsPosted) {
  Queue queue;
  queue->set_permitted(std::nullopt);
  EXPECT_EQ(queue->problem(), "") << "MISP has not answered yet";
  EXPECT_FALSE(queue.post());
  queue->set_permitted(false);
  EXPECT_NE(queue->problem().find("lacks perm_sighting"), std::string::npos);
  queue->set_permitted(true);
  EXPECT_EQ(queue->problem(), "");
}

TEST(SightingPermission, PostsAtOnceWhenARightThatWasTakenAwayIsBack) {
  Queue queue;
  queue.see(uuid(1));
  queue.store();
  queue.post();
  queue.answer(ErrorCode::kUnauthorized);
  EXPECT_TRUE(queue->unauthorized());
  EXPECT_EQ(queue->problem(), "why");
  queue->set_permitted(false);
  queue.now += 1'000;
  queue->set_permitted(true, queue.now);
  EXPECT_FALSE(queue->unauthorized());
  EXPECT_EQ(queue.drain(), 1);
}

TEST(SightingPermission, TriesOnceAMinuteWhileMispRefusesAKeyThatHasTheRight) {
  Queue queue;
  queue.see(uuid(1));
  queue.store();
  queue.post();
  queue.answer(ErrorCode::kUnauthorized);
  queue->set_permitted(true, queue.now);
  queue.now += 59'000;
  EXPECT_FALSE(queue.post());
  queue.now += 1'000;
  EXPECT_TRUE(queue.post());
}

TEST(SightingTotals, CountsOnceWhatZeekKeptBackAndLost) {
  Queue queue;
  const contract::Seen first{"i-1", 1, 5, {match(uuid(1), kNow)}, 14, 3};
  queue.tell(first);
  queue.tell(first);
  queue.store();
  queue.tell(first);
  queue.tell({"i-1", 2, 1, {}, 7, 0});
  EXPECT_EQ(queue->counters().withheld, 21U);
  EXPECT_EQ(queue->counters().vetoed, 3U);
  EXPECT_EQ(queue->counters().dropped_by_zeek, 6U);
}

TEST(SightingTotals, RemembersWhatBecameOfMatchesAcrossARestart) {
  Queue before;
  before.tell({"i-1", 1, 2, {match(uuid(1) + "," + uuid(2), kNow)}, 7, 1});
  EXPECT_EQ(before.drain(), 2);
  before.tell({"i-1", 2, 0, {match(uuid(3), kNow)}, 9, 0});
  Queue after({}, before.stored());
  after.tell({"i-1", 2, 0, {match(uuid(3), kNow)}, 9, 0});
  const auto& counters = after->counters();
  EXPECT_EQ(counters.matches, 3U);
  EXPECT_EQ(counters.withheld, 16U);
  EXPECT_EQ(counters.vetoed, 1U);
  EXPECT_EQ(counters.dropped_by_zeek, 2U);
  EXPECT_EQ(counters.posted_matches, 2U);
  EXPECT_EQ(counters.repeated, 0U) << "not stored before";
}

TEST(SightingTotals, CountsWhatCannotBeAsTakenAndDropped) {
  Queue queue;
  EXPECT_TRUE(
      queue->on_seen({"i-1", 1, 0, {match(uuid(1), kNow)}}, kZeek, "s", {queue.now, kNow}, 4));
  EXPECT_EQ(queue->counters().matches, 5U);
  EXPECT_EQ(queue->counters().implausible, 4U);
  EXPECT_EQ(queue->waiting_matches(), 1U);
}

}  // namespace
}  // namespace misp_zeek
