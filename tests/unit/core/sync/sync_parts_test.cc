// SPDX-License-Identifier: BSD-3-Clause
// The parts of the sync, one by one.
#include <gtest/gtest.h>

#include "builders.h"
#include "core/sync/age_watch.h"
#include "core/sync/batch_size.h"
#include "core/sync/cause_backoff.h"
#include "core/sync/event_table.h"
#include "core/sync/lanes.h"
#include "core/sync/lookup_queue.h"
#include "core/sync/misp_clock.h"
#include "core/sync/reconcile_schedule.h"
#include "core/sync/removal_brake.h"

namespace misp_zeek {
namespace {

using test::uuid;

bool none(std::uint64_t) { return false; }
bool all(std::uint64_t) { return true; }

StaleMark due_at(SteadyMs due, Lane lane = Lane::kEvents) {
  return {lane, Cause::kTimer, due, 0, true};
}

std::vector<std::uint64_t> due(const EventTable& table, Lane lane, SteadyMs now) {
  std::vector<std::uint64_t> ids;
  table.each_due(lane, now, [&](std::uint64_t id, const EventState&) {
    ids.push_back(id);
    return true;
  });
  return ids;
}

TEST(EventTable, GivesStaleEventsByLaneAndDueTime) {
  EventTable table;
  table.mark(1, due_at(30), 0);
  table.mark(2, due_at(10), 0);
  table.mark(3, due_at(5, Lane::kBackground), 0);
  EXPECT_EQ(due(table, Lane::kEvents, 20), std::vector<std::uint64_t>{2});
  EXPECT_EQ(due(table, Lane::kEvents, 30), (std::vector<std::uint64_t>{2, 1}));
  EXPECT_EQ(due(table, Lane::kBackground, 30), std::vector<std::uint64_t>{3});
  EXPECT_EQ(table.stale(), 3U);
}

TEST(EventTable, JoinsMarksByTheEarliestDueTimeAndTheMoreUrgentLane) {
  EventTable table;
  table.mark(1, due_at(50, Lane::kBackground), 0);
  table.mark(1, {Lane::kEvents, Cause::kMessage, 70, 90, false}, 1);
  EXPECT_EQ(due(table, Lane::kEvents, 50), std::vector<std::uint64_t>{1});
  const auto& mark = table.find(1)->mark;
  EXPECT_EQ(mark.cause, Cause::kMessage);
  EXPECT_EQ(mark.valid_from, 90);
  EXPECT_TRUE(mark.whole);
  EXPECT_EQ(table.oldest_stale()->first, 0);
}

TEST(EventTable, AReadAskedForBeforeTheCommitLeavesTheEventStale) {
  EventTable table;
  table.mark(1, {Lane::kEvents, Cause::kMessage, 10, 100, true}, 0);
  table.start(1);
  table.finish(1, 20, 1'000, 30);
  EXPECT_EQ(due(table, Lane::kEvents, 100), std::vector<std::uint64_t>{1});
  table.start(1);
  table.finish(1, 100, 1'001, 110);
  EXPECT_EQ(table.stale(), 0U);
  EXPECT_EQ(table.find(1)->read_until, 1'001);
}

TEST(EventTable, AMarkDuringAReadIsKept) {
  EventTable table;
  table.mark(1, due_at(0), 0);
  table.start(1);
  table.mark(1, due_at(5), 5);
  table.finish(1, 1, 0, 10);
  EXPECT_EQ(due(table, Lane::kEvents, 10), std::vector<std::uint64_t>{1});
}

TEST(EventTable, GivesOutEachUnsavedRowOnce) {
  EventTable table;
  table.show({7, uuid(7), 100, true});
  table.mark(7, due_at(0), 0);
  table.erase(8);
  const auto unsaved = table.take_unsaved(10);
  ASSERT_EQ(unsaved.events.size(), 1U);
  EXPECT_FALSE(unsaved.events[0].fresh);
  EXPECT_EQ(table.unsaved(), 0U);
  table.erase(7);
  EXPECT_EQ(table.take_unsaved(10).gone, std::vector<std::uint64_t>{7});
}

TEST(EventTable, ABlockedEventIsNeitherReadNorAwaited) {
  EventTable table;
  table.open_round();
  table.mark(1, due_at(0), 0);
  table.join_round(1);
  table.start(1);
  table.block(1);
  EXPECT_EQ(table.round_left(), 0U);
  EXPECT_TRUE(due(table, Lane::kEvents, 100).empty());
  table.unblock(1, 50);
  EXPECT_EQ(due(table, Lane::kEvents, 100), std::vector<std::uint64_t>{1});
}

TEST(BatchSize, StartsSmallGrowsAndShrinks) {
  BatchSize size(10'000);
  EXPECT_LE(size.rows(), 600U);
  for (int i = 0; i < 10; ++i) {
    size.on_complete(50, 500, 100);
  }
  EXPECT_EQ(size.rows(), 10'000U);
  EXPECT_EQ(size.limit(5'000), 10'000U);
  EXPECT_EQ(size.limit(15'000), 20'000U);
  size.on_failure();
  EXPECT_EQ(size.rows(), 5'000U);
  size.on_complete(50, 500, 20'000);
  EXPECT_EQ(size.rows(), 2'500U) << "MISP took long";
}

TEST(BatchSize, ExpectsMoreOfAnEventAfterAnIncompleteReply) {
  BatchSize size(10'000);
  const auto before = size.per_event();
  size.on_incomplete(10, 2'000);
  EXPECT_GE(size.per_event(), 2 * before);
}

TEST(LookupQueue, VerifiesOnceInFiveSecondsAndTogetherWithWhatIsAsked) {
  LookupQueue queue;
  queue.verify(uuid(1), 1, 5'000, 0, false);
  EXPECT_TRUE(queue.batch(4'999, all, none).empty());
  EXPECT_EQ(queue.batch(5'000, all, none).size(), 1U);
  queue.erase(uuid(1));
  queue.verify(uuid(2), 1, 6'000, 1'000, false);
  EXPECT_TRUE(queue.batch(7'000, all, none).empty()) << "one request each 5 s";
  queue.ask(uuid(3), 1, 0, 7'000);
  EXPECT_EQ(queue.batch(7'000, all, none).size(), 2U);
}

TEST(LookupQueue, KeepsTheDueTimeOfTheFirstChange) {
  LookupQueue queue;
  queue.verify(uuid(1), 1, 5'000, 0, false);
  queue.verify(uuid(1), 1, 9'000, 4'000, true);
  EXPECT_EQ(queue.find(uuid(1))->due, 5'000);
  EXPECT_TRUE(queue.find(uuid(1))->removal);
  EXPECT_EQ(queue.oldest_unverified(), 0);
  EXPECT_EQ(queue.unverified(), 1U);
}

TEST(LookupQueue, LeavesMoreThanARequestHoldsToReadsOfTheirEvents) {
  LookupQueue queue;
  for (unsigned n = 0; n < 500; ++n) {
    queue.verify(uuid(n), n < 250 ? 1 : 2, 5'000 + n, 0, false);
  }
  EXPECT_TRUE(queue.overflow(5'100).empty());
  const auto events = queue.overflow(6'000);
  EXPECT_EQ(events, (std::set<std::uint64_t>{1, 2}));
  EXPECT_TRUE(queue.empty());
}

TEST(LookupQueue, NeverMixesFixedEventsWithOthers) {
  LookupQueue queue;
  queue.ask(uuid(1), 1, 0, 0);
  queue.ask(uuid(2), 2, 0, 0);
  const auto fixed = [](std::uint64_t event) { return event == 2; };
  EXPECT_EQ(queue.batch(0, all, fixed).size(), 1U);
}

TEST(MispClock, GoesByMispAndDistrustsASkewOfFiveMinutes) {
  MispClock clock;
  clock.on_reply(1'000'000, {0, 1'000'001});
  EXPECT_TRUE(clock.trusted());
  EXPECT_EQ(clock.now({0, 1'000'001}), 1'000'001) << "within the header's resolution";
  clock.on_reply(1'000'100, {100'000, 1'000'000});
  EXPECT_TRUE(clock.trusted());
  EXPECT_EQ(clock.now({100'000, 1'000'000}), 1'000'100);
  EXPECT_EQ(clock.skew({100'000, 1'000'000}), 100);
  clock.tick({101'000, 2'000'000});
  EXPECT_FALSE(clock.trusted()) << "this machine's clock jumped";
  EXPECT_LE(clock.age_now({101'000, 2'000'000}), 1'000'101);
  clock.tick({102'000, 1'000'102});
  EXPECT_TRUE(clock.trusted());
}

TEST(MispClock, AJumpOfMispsClockIsDistrustedForAWhile) {
  MispClock clock;
  clock.on_reply(1'000'000, {0, 1'000'000});
  clock.on_reply(9'000'000, {10'000, 9'000'000});
  EXPECT_FALSE(clock.trusted());
  clock.tick({700'000, 9'000'690});
  EXPECT_TRUE(clock.trusted());
}

TEST(MispClock, AJumpThatIsTakenBackIsBelievedAtOnce) {
  MispClock clock;
  clock.on_reply(1'000'000, {0, 1'000'000});
  clock.on_reply(9'000'000, {10'000, 1'000'010});
  EXPECT_FALSE(clock.trusted());
  clock.on_reply(1'000'020, {20'000, 1'000'020});
  EXPECT_TRUE(clock.trusted());
}

TEST(MispClock, WithoutADateHeaderOwnJumpsAreStillNoticed) {
  MispClock clock;
  clock.tick({0, 1'000});
  clock.tick({1'000, 90'000});
  EXPECT_FALSE(clock.trusted());
  EXPECT_EQ(clock.age_now({1'000, 90'000}), 1'001);
}

TEST(CauseBackoff, ACauseThatRepeatsWaitsLongerUpToTenMinutes) {
  CauseBackoff backoff;
  SteadyMs now = 0;
  SteadyMs pause = 0;
  for (int i = 0; i < 12; ++i) {
    backoff.started(Cause::kReconnect, now);
    pause = backoff.next(Cause::kReconnect, now) - now;
    now += pause;
  }
  EXPECT_EQ(pause, 600'000);
  EXPECT_TRUE(backoff.is_repeated(Cause::kReconnect, now));
  EXPECT_EQ(backoff.next(Cause::kOperator, now), now) << "an operator waits for nothing";
  now += 2'000'000;
  backoff.started(Cause::kReconnect, now);
  EXPECT_EQ(backoff.next(Cause::kReconnect, now), now + 10'000);
}

TEST(ReconcileSchedule, AMessageIsAnsweredWhenTheLastOneIsCommitted) {
  ReconcileSchedule schedule;
  schedule.request(true, Cause::kMessage, 5'000, 0);
  schedule.request(true, Cause::kMessage, 6'000, 1'000);
  EXPECT_EQ(schedule.full_due(5'500), std::nullopt);
  EXPECT_EQ(schedule.full_due(6'000), Cause::kMessage);
  schedule.full_started(Cause::kMessage, 6'000);
  EXPECT_EQ(schedule.full_due(6'000), std::nullopt);
}

TEST(RemovalBrake, CountsAWindow) {
  RemovalBrake brake(60'000);
  brake.count(8, 0);
  EXPECT_TRUE(brake.admits(2, 10, 1'000));
  EXPECT_FALSE(brake.admits(3, 10, 1'000));
  EXPECT_TRUE(brake.admits(10, 10, 60'001));
}

TEST(Lanes, TakeTurnsAndTheBackgroundHasABudget) {
  Lanes lanes(0.25);
  lanes.took(Lane::kLookups);
  EXPECT_EQ(lanes.order().front(), Lane::kEvents);
  lanes.took(Lane::kEvents);
  EXPECT_EQ(lanes.order().front(), Lane::kBackground);
  lanes.spent(1'000, false, 10'000);
  EXPECT_FALSE(lanes.background_may(12'999, false));
  EXPECT_TRUE(lanes.background_may(12'999, true));
  EXPECT_TRUE(lanes.background_may(13'000, false));
}

TEST(AgeWatch, KeepsOneEntryHoweverOftenATimestampMoves) {
  AgeWatch ages;
  ages.watch(uuid(1), 100, std::nullopt);
  for (UnixSeconds later = 101; later < 200; ++later) {
    ages.watch(uuid(1), later, later - 1);
  }
  EXPECT_EQ(ages.size(), 1U);
  EXPECT_EQ(ages.next_aged(100), std::nullopt);
  EXPECT_EQ(ages.next_aged(101), uuid(1));
}

}  // namespace
}  // namespace misp_zeek
