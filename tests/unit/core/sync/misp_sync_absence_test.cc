// SPDX-License-Identifier: BSD-3-Clause
// Passes after a start with saved state, and around a MISP that is away.
#include "core/sync/misp_sync.h"
#include "model/misp_model.h"
#include "store/saved_store.h"

namespace misp_zeek {
namespace {

/// MispSync with a MISP that answers at once.
struct Reading {
  explicit Reading(IndicatorStore& store)
      : sync(sync_options(), Filter(FilterOptions{}), Mapping(), store, now) {}
  static SyncOptions sync_options() {
    SyncOptions options;
    options.shrink_floor = 1;
    return options;
  }
  void run(SteadyMs milliseconds) {
    for (const SteadyMs end = now.steady + milliseconds; now.steady < end; now.steady += 100) {
      now.unix_seconds = 1'700'000'000 + now.steady / 1000;
      sync.tick(now);
      while (const auto call = sync.next_call(now)) {
        sync.on_answer(away ? Result<RestAnswer>(fail(ErrorCode::kUnavailable, "away"))
                            : Result<RestAnswer>(answer(*call)),
                       now);
      }
    }
  }
  RestAnswer answer(const RestCall& call) const {
    return model::MispModel::answer(misp.live(), {}, call, now.unix_seconds);
  }
  void add(int attributes) {
    const auto event = misp.live().next_event;
    misp.add_event(uuid_of(255), 1, now.unix_seconds);
    for (int i = 0; i < attributes; ++i) {
      misp.add_attribute(uuid_of(static_cast<unsigned>(i)), event, "domain",
                         "d" + std::to_string(i) + ".example", true, now.unix_seconds);
    }
  }
  void lose(std::size_t attributes) {
    for (std::size_t i = 0; i < attributes; ++i) {
      misp.sql_delete(misp.live().attributes.begin()->first);
    }
  }

  bool away = false;
  TimePoint now{1'000'000, 1'700'000'000};
  model::MispModel misp;
  MispSync sync;
};

TEST(MispSyncRestored, HoldsBackAShrinkAgainstWhatWasRestored) {
  auto store = tracking_store();
  Reading first(store);
  first.add(20);
  first.run(10'000);
  ASSERT_EQ(store.attribute_count(), 20U);
  Saved saved;
  drain(store, saved);
  const SavedSync watermarks = first.sync.saved();
  EXPECT_EQ(watermarks.index.size(), 1U);
  EXPECT_GT(watermarks.last_full, 1'700'000'000);

  auto restored = tracking_store();
  saved.restore(restored);
  Reading second(restored);
  second.sync.restore(watermarks);
  EXPECT_EQ(second.sync.status().restored_from, watermarks.last_reconcile);
  second.misp = first.misp;
  second.lose(15);
  second.run(20'000);
  EXPECT_FALSE(second.sync.status().held.empty());
  EXPECT_EQ(restored.attribute_count(), 20U);
  second.sync.accept_shrink();
  second.run(20'000);
  EXPECT_TRUE(second.sync.status().held.empty());
  EXPECT_EQ(restored.attribute_count(), 5U);
}

TEST(MispSyncRestored, IsIncompleteUntilMispAnswered) {
  auto store = tracking_store();
  saved_of({1}).restore(store);
  Reading reading(store);
  reading.sync.restore({});
  reading.away = true;
  reading.run(30'000);
  EXPECT_FALSE(store.complete());
  EXPECT_FALSE(reading.sync.status().bootstrapped);
  reading.away = false;
  reading.run(120'000);
  EXPECT_TRUE(store.complete());
  EXPECT_TRUE(reading.sync.status().bootstrapped);
}

TEST(MispSyncRestored, StillLetsGoWhatGrowsTooOld) {
  auto store = tracking_store();
  Saved saved = saved_of({1});
  saved.attributes.begin()->second.timestamp = 1'700'000'000;
  saved.restore(store);
  FilterOptions filter;
  filter.max_age = std::chrono::seconds(100);
  MispSync sync({}, Filter(filter), Mapping(), store, {0, 1'700'000'050});
  sync.restore({});
  sync.tick({1'000, 1'700'000'090});
  EXPECT_EQ(store.attribute_count(), 1U);
  sync.tick({2'000, 1'700'000'101});
  EXPECT_EQ(store.attribute_count(), 0U);
}

/// Has read a MISP with 20 attributes.
class MispSyncInStep : public testing::Test {
 protected:
  MispSyncInStep() {
    reading_.add(20);
    reading_.run(10'000);
    EXPECT_EQ(store_.attribute_count(), 20U);
  }
  IndicatorStore store_ = tracking_store();
  Reading reading_{store_};
};

TEST_F(MispSyncInStep, AcceptsAShrinkForOnePassAlone) {
  // There is nothing to accept now, so nothing must be accepted later.
  reading_.sync.accept_shrink();
  reading_.run(30'000);
  reading_.lose(15);
  reading_.sync.request_reconcile(true, Cause::kTimer);
  reading_.run(60'000);
  EXPECT_FALSE(reading_.sync.status().held.empty());
  EXPECT_EQ(store_.attribute_count(), 20U);
}

struct AbsenceCase {
  SteadyMs absence;
  bool operator_asks;  ///< when MISP is back
  SteadyMs patience;
};

class MispSyncAfterAnAbsence : public testing::TestWithParam<AbsenceCase> {};

TEST_P(MispSyncAfterAnAbsence, ReadsMispInTime) {
  const auto [absence, operator_asks, patience] = GetParam();
  auto store = tracking_store();
  Reading reading(store);
  reading.away = true;
  reading.run(absence);
  reading.away = false;
  if (operator_asks) {
    reading.sync.request_reconcile(true, Cause::kOperator);
  }
  reading.run(patience);
  EXPECT_TRUE(reading.sync.status().user);
  EXPECT_TRUE(reading.sync.status().bootstrapped);
}

INSTANTIATE_TEST_SUITE_P(All, MispSyncAfterAnAbsence,
                         testing::Values(AbsenceCase{5'000, false, 5'000},
                                         AbsenceCase{600'000, true, 1'000}),
                         [](const auto& one) {
                           return one.param.operator_asks ? "AtOnceForAnOperator" : "SoonByItself";
                         });

TEST_F(MispSyncInStep, AnOperatorWaitsForNoPauseAlthoughTheFeedComesBackAfterwards) {
  reading_.sync.on_feed_connected(reading_.now);
  reading_.lose(1);
  reading_.sync.request_reconcile(true, Cause::kOperator);
  reading_.sync.on_feed_connected(reading_.now);
  reading_.run(500);
  EXPECT_EQ(store_.attribute_count(), 19U);
}

TEST_F(MispSyncInStep, KeepsTheAcceptanceWhilePassesFail) {
  reading_.lose(15);
  reading_.away = true;
  reading_.sync.accept_shrink();
  reading_.run(120'000);
  ASSERT_EQ(store_.attribute_count(), 20U);
  reading_.away = false;
  reading_.run(120'000);
  EXPECT_EQ(store_.attribute_count(), 5U);
}

}  // namespace
}  // namespace misp_zeek
