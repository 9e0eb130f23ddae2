// SPDX-License-Identifier: BSD-3-Clause
#include "core/sightings/sighting_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sightings/sighting_queue_support.h"

namespace misp_zeek {
namespace {

using test::kNow;
using test::kZeek;
using test::match;
using test::Queue;

std::string uuid(int n) { return test::uuid_text(n); }

TEST(SightingQueue, AcknowledgesOnlyWhatIsStored) {
  Queue queue;
  queue.see(uuid(1));
  EXPECT_TRUE(queue->take_acknowledgements().empty());
  ASSERT_TRUE(queue.store());
  const auto acks = queue->take_acknowledgements();
  ASSERT_EQ(acks.size(), 1U);
  EXPECT_EQ(acks[0].zeek, kZeek);
  EXPECT_EQ(acks[0].ack, (contract::SeenAck{"i-1", 1, ""}));
}

TEST(SightingQueue, DoesNotAcknowledgeWhatCouldNotBeStoredAndTriesAgain) {
  Queue queue;
  queue.see(uuid(1));
  ASSERT_TRUE(queue.store(false));
  EXPECT_TRUE(queue->take_acknowledgements().empty());
  EXPECT_FALSE(queue.store()) << "no second attempt at once";
  queue.now = *queue->deadline();
  ASSERT_TRUE(queue.store());
  EXPECT_EQ(queue->take_acknowledgements().size(), 1U);
  EXPECT_EQ(queue.stored().rows.size(), 1U);
}

TEST(SightingQueue, CountsARepeatedMessageOnceAndAcknowledgesItAgain) {
  Queue queue;
  queue.tell({"i-1", 1, 0, {match(uuid(1), kNow)}});
  queue.tell({"i-1", 1, 0, {match(uuid(1), kNow)}});
  EXPECT_TRUE(queue->take_acknowledgements().empty()) << "it is not stored yet";
  queue.store();
  EXPECT_EQ(queue->take_acknowledgements().size(), 1U);
  queue.tell({"i-1", 1, 0, {match(uuid(1), kNow)}});
  EXPECT_EQ(queue->take_acknowledgements().size(), 1U);
  EXPECT_EQ(queue->waiting_matches(), 1U);
  EXPECT_EQ(queue->counters().repeated, 2U);
}

TEST(SightingQueue, RemembersAcrossARestartWhichMessagesItHas) {
  Queue before;
  before.see(uuid(1));
  before.store();
  Queue after({}, before.stored());
  after.tell({"i-1", 1, 0, {match(uuid(1), kNow)}});
  EXPECT_EQ(after->take_acknowledgements().size(), 1U);
  EXPECT_EQ(after->waiting_matches(), 1U);
  after.tell({"i-2", 1, 0, {match(uuid(1), kNow)}});
  EXPECT_EQ(after->waiting_matches(), 2U) << "another instance counts anew";
}

TEST(SightingQueue, AddsUpMatchesOfAnAttributeInASlot) {
  Queue queue;
  queue.see(uuid(1), kNow);
  queue.see(uuid(1), kNow + 59);
  queue.see(uuid(1), kNow + 30);
  queue.see(uuid(2), kNow);
  queue.see(uuid(1), kNow, "other");
  queue.store();
  const auto post = queue.post();
  ASSERT_TRUE(post);
  EXPECT_EQ(post->attribute.str(), uuid(1));
  EXPECT_EQ(post->source, "s");
  EXPECT_EQ(post->seen_at, kNow + 59);
  queue.answer(PostOutcome::kTaken);
  EXPECT_EQ(queue->counters().posted_matches, 3U);
  queue.now += 1000;
  EXPECT_EQ(queue.drain(), 2);
  EXPECT_EQ(queue->waiting_matches(), 0U);
  EXPECT_TRUE(queue.stored().rows.empty());
}

TEST(SightingQueue, CountsEveryAttributeBehindAnEntry) {
  Queue queue;
  queue.see(uuid(1) + "," + uuid(2) + ",nonsense");
  EXPECT_EQ(queue.drain(), 2);
  EXPECT_EQ(queue->counters().implausible, 1U);
  EXPECT_EQ(queue->counters().matches, 3U);
}

TEST(SightingQueue, HoldsFurtherMatchesOfASlotBackForItsLength) {
  Queue queue;
  queue.see(uuid(1), kNow);
  EXPECT_EQ(queue.drain(), 1);
  queue.see(uuid(1), kNow + 1);
  queue.see(uuid(1), kNow + 2);
  EXPECT_EQ(queue.drain(), 0);
  queue.see(uuid(1), kNow + 60);
  EXPECT_EQ(queue.drain(), 1) << "the first one of the next slot goes at once";
  queue.now += 60'000;
  EXPECT_EQ(queue.drain(), 1);
  EXPECT_EQ(queue->counters().posted_matches, 4U);
}

TEST(SightingQueue, KeepsMatchesThatComeWhileTheirRowIsUnderWay) {
  Queue queue;
  queue.see(uuid(1), kNow);
  queue.store();
  ASSERT_TRUE(queue.post());
  queue.see(uuid(1), kNow + 5);
  queue.store();
  queue.answer(PostOutcome::kTaken);
  queue.store();
  EXPECT_EQ(queue->waiting_matches(), 1U);
  queue.now += 60'000;
  EXPECT_EQ(queue.drain(), 1);
}

TEST(SightingQueue, PostsNothingThatIsNotStored) {
  Queue queue;
  queue.see(uuid(1));
  EXPECT_FALSE(queue.post());
  const auto write = queue->next_write(queue.now);
  EXPECT_FALSE(queue.post());
  queue->on_written(true, queue.now);
  EXPECT_TRUE(queue.post());
}

TEST(SightingQueue, RepeatsAtMostTheOneUnderWayAfterACrash) {
  Queue queue;
  queue.see(uuid(1));
  queue.see(uuid(2));
  queue.store();
  ASSERT_TRUE(queue.post());
  queue.now += 1000;
  EXPECT_FALSE(queue.post()) << "one at a time";
  queue.answer(PostOutcome::kTaken);
  EXPECT_FALSE(queue.post()) << "the end of the first is not stored";
  const auto write = queue->next_write(queue.now);
  ASSERT_TRUE(write);
  EXPECT_FALSE(queue.post());
  Queue crashed({}, queue.stored());
  EXPECT_EQ(crashed->rows(), 2U);
  queue->on_written(true, queue.now);
  queue.apply(*write);
  EXPECT_TRUE(queue.post());
  Queue later({}, queue.stored());
  EXPECT_EQ(later->rows(), 1U);
}

TEST(SightingQueue, PostsNothingWhileTheEndOfTheLastPostCannotBeStored) {
  Queue queue;
  queue.see(uuid(1));
  queue.see(uuid(2));
  queue.store();
  queue.post();
  queue.answer(PostOutcome::kTaken);
  queue.now += 1000;
  ASSERT_TRUE(queue.store(false));
  EXPECT_FALSE(queue.post());
  queue.now += 60'000;
  ASSERT_TRUE(queue.store());
  EXPECT_TRUE(queue.post());
}

TEST(SightingQueue, KeepsToTheRate) {
  Queue queue(SightingOptions{.max_per_second = 4});
  for (int i = 1; i <= 3; ++i) {
    queue.see(uuid(i));
  }
  queue.store();
  ASSERT_TRUE(queue.post());
  queue.answer(PostOutcome::kTaken);
  queue.store();
  EXPECT_FALSE(queue.post());
  queue.now += 249;
  EXPECT_FALSE(queue.post());
  queue.now += 1;
  EXPECT_TRUE(queue.post());
}

TEST(SightingQueue, BacksOffWhileMispIsAwayAndLosesNothing) {
  Queue queue;
  queue.see(uuid(1));
  queue.store();
  SteadyMs longest = 0;
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(queue.post()) << i;
    queue.answer(ErrorCode::kUnavailable);
    EXPECT_FALSE(queue.post());
    longest = std::max(longest, *queue->deadline() - queue.now);
    queue.now = *queue->deadline();
  }
  EXPECT_GT(longest, 100'000);
  EXPECT_LE(longest, 300'000);
  EXPECT_EQ(queue->problem(), "why");
  EXPECT_EQ(queue.drain(), 1);
  EXPECT_EQ(queue->problem(), "");
}

TEST(SightingQueue, WaitsAsLongAsMispAsks) {
  Queue queue;
  queue.see(uuid(1));
  queue.store();
  queue.post();
  queue.answer(ErrorCode::kRateLimited, 900);
  queue.now += 899'000;
  EXPECT_FALSE(queue.post());
  queue.now += 1'000;
  EXPECT_TRUE(queue.post());
}

TEST(SightingQueue, GivesUpAllRowsOfAnAttributeThatIsGone) {
  Queue queue;
  queue.see(uuid(1), kNow);
  queue.see(uuid(1), kNow + 60);
  queue.see(uuid(1), kNow + 61);
  queue.see(uuid(2), kNow);
  queue.store();
  queue.post();
  queue.answer(PostOutcome::kGone);
  EXPECT_EQ(queue->counters().gone, 3U);
  queue.now += 1000;
  EXPECT_EQ(queue.drain(), 1);
  EXPECT_TRUE(queue.stored().rows.empty());
}

TEST(SightingQueue, KeepsMatchesOfTwoValuesOfAnAttributeApart) {
  Queue queue;
  auto before = match(uuid(1), kNow);
  before.indicator = "old.example";
  before.indicator_type = "Intel::DOMAIN";
  auto after = before;
  after.indicator = "new.example";
  queue.tell({"i-1", 1, 0, {before, after, before}});
  queue.store();
  const auto first = queue.post();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->matched, (IndicatorKey{IndicatorType::kDomain, "old.example"}));
  queue.answer(PostOutcome::kChanged);
  EXPECT_EQ(queue->counters().changed, 2U);
  queue.now += 1'000;
  queue.store();
  Queue restarted({}, queue.stored());
  const auto second = restarted.post();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->matched, (IndicatorKey{IndicatorType::kDomain, "new.example"}));
  restarted.answer(PostOutcome::kTaken);
  EXPECT_EQ(restarted->counters().posted, 1U);
  EXPECT_EQ(restarted->waiting_matches(), 0U);
}

TEST(SightingQueue, GivesUpWhatMispRefuses) {
  Queue queue;
  queue.see(uuid(1));
  queue.store();
  queue.post();
  queue.answer(PostOutcome::kRefused);
  EXPECT_EQ(queue->counters().refused, 1U);
  EXPECT_EQ(queue->rows(), 0U);
}

TEST(SightingQueue, GivesUpARowThatFailsWhileOthersGoThrough) {
  Queue queue;
  queue.see(uuid(1));
  queue.store();
  for (int other = 2; queue->counters().refused == 0 && other < 40; ++other) {
    const auto post = queue.post();
    ASSERT_TRUE(post);
    if (post->attribute.str() == uuid(1)) {
      queue.answer(ErrorCode::kUnavailable);
    } else {
      queue.answer(PostOutcome::kTaken);
    }
    queue.see(uuid(other));
    queue.store();
    queue.now += 400'000;
  }
  EXPECT_EQ(queue->counters().refused, 1U);
}

TEST(SightingQueue, DropsTheOldestRowWhenFullAndCountsIt) {
  Queue queue(SightingOptions{.max_rows = 2});
  queue.see(uuid(1), kNow);
  queue.see(uuid(1), kNow + 1);
  queue.see(uuid(2), kNow);
  queue.see(uuid(3), kNow);
  queue.store();
  EXPECT_EQ(queue->rows(), 2U);
  EXPECT_EQ(queue->counters().dropped, 2U);
  EXPECT_EQ(queue.stored().rows.size(), 2U);
  EXPECT_EQ(queue.stored().rows[0].attribute.str(), uuid(2));
}

TEST(SightingQueue, NeverDropsTheRowUnderWay) {
  Queue queue(SightingOptions{.max_rows = 1});
  queue.see(uuid(1));
  queue.store();
  ASSERT_TRUE(queue.post());
  queue.see(uuid(2));
  queue.answer(PostOutcome::kTaken);
  EXPECT_EQ(queue->counters().posted, 1U);
  EXPECT_EQ(queue->counters().dropped, 1U);
}

TEST(SightingQueue, KnowsItsOwnSightingsOnTheFeed) {
  Queue queue;
  queue.see(uuid(1), kNow, "sensor-1");
  SightingMessage message;
  message.source = "sensor-1";
  EXPECT_TRUE(queue->is_own(message));
  message.type = 1;
  EXPECT_FALSE(queue->is_own(message)) << "this service never says false positive";
  message.type = 0;
  message.source = "analyst";
  EXPECT_FALSE(queue->is_own(message));
  EXPECT_EQ(queue->counters().own_echoes, 1U);
}

TEST(SightingQueue, ForgetsTheInstanceNotHeardOfForLongest) {
  Queue queue(SightingOptions{.max_instances = 2});
  for (int i = 1; i <= 3; ++i) {
    queue->on_seen({"i-" + std::to_string(i), 1, 0, {}}, 0, "s", {queue.now, kNow + i});
    queue.store();
  }
  ASSERT_EQ(queue.stored().marks.size(), 2U);
  EXPECT_EQ(queue.stored().marks[0].instance, "i-2");
}

/// Random matches, crashes, failing writes and posts: each match reaches MISP, and at most one
/// sighting is repeated for each crash and each failed post.
TEST(SightingQueue, LosesNothingAndRepeatsOnlyWhatWasUnderWay) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    std::minstd_rand random(static_cast<std::minstd_rand::result_type>(seed));
    const auto chance = [&random](int percent) {
      return static_cast<int>(random() % 100) < percent;
    };
    const SightingOptions options{.aggregate = std::chrono::seconds(1), .max_per_second = 1000};
    auto queue = std::make_unique<Queue>(options);
    std::map<std::pair<std::string, std::int64_t>, int> in_misp;
    std::uint64_t seq = 0;
    std::optional<contract::Seen> unanswered;
    int doubtful = 0;
    int failed_writes = 0;  // in a row: with a third one the queue goes on in memory
    int matches = 0;
    const auto turn = [&] {
      if (auto write = (*queue)->next_write(queue->now)) {
        const bool ok = failed_writes == 2 || !chance(10);
        failed_writes = ok ? 0 : failed_writes + 1;
        if (ok) {
          queue->apply(*write);
        }
        (*queue)->on_written(ok, queue->now);
      }
      for (const auto& ack : (*queue)->take_acknowledgements()) {
        if (unanswered && ack.ack.seq == unanswered->seq) {
          unanswered.reset();
        }
      }
      if (const auto post = queue->post()) {
        const bool arrives = !chance(10);
        if (arrives) {
          ++in_misp[{post->attribute.str(), post->seen_at}];
        }
        if (chance(3)) {
          doubtful += arrives ? 1 : 0;
          auto next = std::make_unique<Queue>(options, queue->stored());
          next->apply(
              {queue->stored().rows, {}, queue->stored().marks, {}, queue->stored().totals});
          next->now = queue->now;
          queue = std::move(next);
          return;
        }
        if (arrives && !chance(5)) {
          queue->answer(PostOutcome::kTaken);
        } else {
          doubtful += arrives ? 1 : 0;
          queue->answer(ErrorCode::kTimeout);
        }
      }
    };
    for (int step = 0;
         step < 20'000 && (matches < 200 || (*queue)->waiting_matches() > 0 || unanswered);
         ++step) {
      if (!unanswered && matches < 200) {
        unanswered = contract::Seen{"i-1", ++seq, 0, {match(uuid(matches % 7), kNow + matches)}};
        ++matches;
      }
      if (unanswered && chance(50)) {
        queue->tell(*unanswered);
      }
      turn();
      queue->now += 2000;
    }
    ASSERT_EQ(in_misp.size(), 200U) << "seed " << seed;
    int repeated = 0;
    for (const auto& [sighting, times] : in_misp) {
      repeated += times - 1;
    }
    ASSERT_LE(repeated, doubtful) << "seed " << seed;
  }
}

}  // namespace
}  // namespace misp_zeek
