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

/// Lets three writes in a row fail.
void fill_disk(Queue& queue) {
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(queue.store(false)) << i;
    queue.now += 10'000;
  }
}

TEST(SightingMemory, GoesOnWithoutStorageAfterThreeFailedWrites) {
  Queue queue(SightingOptions{.max_per_second = 1000});
  queue.see(uuid(1));
  ASSERT_TRUE(queue.store(false));
  EXPECT_FALSE(queue->in_memory());
  EXPECT_FALSE(queue.post());
  EXPECT_TRUE(queue->take_acknowledgements().empty());
  queue.now += 10'000;
  ASSERT_TRUE(queue.store(false));
  queue.now += 10'000;
  ASSERT_TRUE(queue.store(false));
  EXPECT_TRUE(queue->in_memory());
  EXPECT_EQ(queue->take_acknowledgements().size(), 1U);
  ASSERT_TRUE(queue.post());
  queue.answer(PostOutcome::kTaken);
  queue.see(uuid(2));
  EXPECT_EQ(queue->take_acknowledgements().size(), 1U) << "at once";
  queue.now += 1;
  ASSERT_TRUE(queue.post());
  queue.answer(PostOutcome::kTaken);
  EXPECT_EQ(queue->counters().posted, 2U);
}

TEST(SightingMemory, IsStoredWhenTheDiskTakesItAgain) {
  Queue queue;
  queue->set_permitted(false);
  queue.see(uuid(1));
  fill_disk(queue);
  queue.see(uuid(2));
  queue.now += 30'000;
  ASSERT_TRUE(queue.store());
  EXPECT_FALSE(queue->in_memory());
  EXPECT_EQ(queue.stored().rows.size(), 2U);
  EXPECT_EQ(queue.stored().totals.matches, 2U);
  Queue after({}, queue.stored());
  after.tell({"i-1", 2, 0, {match(uuid(2), kNow)}});
  EXPECT_EQ(after->counters().repeated, 1U) << "the acknowledged message is known";
}

TEST(SightingMemory, WhatWasPostedMeanwhileIsNotPostedAgain) {
  Queue queue;
  queue.see(uuid(1));
  queue.store();
  queue.see(uuid(2));
  fill_disk(queue);
  while (queue.post()) {
    queue.answer(PostOutcome::kTaken);
    queue.now += 1'000;
  }
  queue.now += 30'000;
  ASSERT_TRUE(queue.store());
  EXPECT_TRUE(queue.stored().rows.empty());
  EXPECT_EQ(queue->take_acknowledgements().size(), 2U) << "each once";
}

TEST(SightingMemory, IsBounded) {
  Queue queue(SightingOptions{.max_rows = 3});
  queue->set_permitted(false);
  queue.see(uuid(1));
  fill_disk(queue);
  for (int i = 2; i <= 10; ++i) {
    queue.see(uuid(i));
  }
  EXPECT_EQ(queue->rows(), 3U);
  EXPECT_EQ(queue->counters().dropped, 7U);
}

}  // namespace
}  // namespace misp_zeek
