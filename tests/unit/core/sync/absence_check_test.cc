// SPDX-License-Identifier: BSD-3-Clause
// The last attributes of a small set: nothing else is there that would vouch for an empty answer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/sync/misp_sync.h"
#include "sync/desk.h"

namespace misp_zeek {
namespace {

using test::Desk;

/// With so many attributes, read some time ago: a reconcile that is asked for begins at once.
void start_with(Desk& desk, unsigned count) {
  for (unsigned n = 1; n <= count; ++n) {
    desk.add(n, "198.51.100." + std::to_string(n));
  }
  desk.bootstrap();
  desk.steady += 11'000;
}

void reconcile(Desk& desk, bool full) {
  desk.sync.request_reconcile(full, Cause::kTimer);
  desk.pass(3'000);
}

Result<RestAnswer> nothing(Desk& desk, const RestCall& call) {
  return model::MispModel::answer({}, desk.reader, call, desk.unix_now());
}

/// Status 200 and nothing in it, whatever is asked; only a view is answered as `presence` says.
void answer_nothing(Desk& desk, const Result<RestAnswer>& presence) {
  desk.spoil = [&desk, presence](const RestCall& call, const Result<RestAnswer>&) {
    return std::holds_alternative<PresenceCall>(call) ? presence : nothing(desk, call);
  };
}

bool is_unfiltered(const RestCall& call) {
  const auto* search = std::get_if<SearchCall>(&call);
  return search != nullptr && !search->search.apply_filter && !search->search.uuids.empty();
}

TEST(MispSyncDoubt, EmptyAnswersNeverTakeOutTheLastAttributes) {
  const Result<RestAnswer> empty = fail(ErrorCode::kMalformed, "no attribute in it");
  for (const auto& presence : {Result<RestAnswer>(Presence{true}), empty}) {
    for (const bool full : {true, false}) {
      Desk desk;
      start_with(desk, 3);
      answer_nothing(desk, presence);
      for (int hour = 0; hour < 2; ++hour) {
        desk.say(desk.misp.touch(desk.id(1), desk.unix_now()).messages);
        desk.say(desk.misp.edit_info(desk.event_id, "edited", desk.unix_now()).messages);
        reconcile(desk, full);
        desk.pass(600'000);
      }
      EXPECT_EQ(desk.store.attribute_count(), 3U);
      EXPECT_NE(desk.sync.open_questions(), 0U);
      desk.spoil = nullptr;
      desk.pass(130'000);
      EXPECT_EQ(desk.store.attribute_count(), 3U);
      EXPECT_EQ(desk.sync.open_questions(), 0U);
      EXPECT_EQ(desk.sync.counters().drift.removed, 0U);
    }
  }
}

TEST(MispSyncDoubt, TheLastAttributesLeaveWithinOneReconcileWhenMispSaysThatTheyAreGone) {
  for (const bool full : {true, false}) {
    Desk desk;
    start_with(desk, 5);
    desk.misp.sql_delete_event(desk.event_id);
    reconcile(desk, full);
    EXPECT_EQ(desk.store.attribute_count(), 0U);
    EXPECT_EQ(desk.sync.counters().drift.removed, 5U);
    EXPECT_EQ(desk.sync.counters().drift_by_cause.at(Cause::kTimer).removed, 5U);
    EXPECT_EQ(desk.calls_of<PresenceCall>().size(), 5U);
    EXPECT_EQ(desk.sync.open_questions(), 0U);
  }
}

TEST(MispSyncDoubt, WhatAWarninglistHidesLeavesThoughNothingElseIsLeft) {
  FilterOptions filter;
  filter.enforce_warninglist = true;
  Desk desk(filter);
  start_with(desk, 2);
  desk.misp.list_value("198.51.100.1", true);
  desk.misp.list_value("198.51.100.2", true);
  reconcile(desk, true);
  EXPECT_EQ(desk.store.attribute_count(), 0U);
  EXPECT_EQ(desk.sync.counters().drift.removed, 2U);
}

TEST(MispSyncDoubt, WhatTheFilterHidesAfterAChangeOfTheRulesIsNoDrift) {
  Desk desk;
  start_with(desk, 2);
  FilterOptions filter;
  filter.tags = {"tlp:red"};
  desk.reader.filter = filter;
  desk.sync.change_rules(Filter(filter), Mapping(), desk.now());
  desk.pass(3'000);
  EXPECT_EQ(desk.store.attribute_count(), 0U);
  EXPECT_EQ(desk.sync.counters().drift.removed, 0U);
}

TEST(MispSyncDoubt, ASearchThatFailsForAllButAViewIsNotTrusted) {
  Desk desk;
  start_with(desk, 1);
  answer_nothing(desk, Presence{true});
  reconcile(desk, true);
  EXPECT_TRUE(desk.holds(1));
  EXPECT_THAT(desk.sync.status().rest_error,
              testing::HasSubstr(test::uuid(1).str() + ", but its search does not show it"));
  EXPECT_EQ(desk.calls_of<PresenceCall>().size(), 1U) << "asked for again after a pause";
  desk.pass(5'000);
  EXPECT_EQ(desk.calls_of<PresenceCall>().size(), 2U);
}

TEST(MispSyncDoubt, WhatTheFilteredSearchShowsAgainStays) {
  Desk desk;
  start_with(desk, 1);
  bool works = false;
  desk.spoil = [&](const RestCall& call, Result<RestAnswer> answer) -> Result<RestAnswer> {
    works |= is_unfiltered(call);
    const bool view = std::holds_alternative<PresenceCall>(call);
    return works || view ? std::move(answer) : nothing(desk, call);
  };
  reconcile(desk, true);
  EXPECT_TRUE(works);
  EXPECT_TRUE(desk.holds(1));
  EXPECT_EQ(desk.sync.open_questions(), 0U);
}

TEST(MispSyncDoubt, AMessageIsNewerThanTheDoubt) {
  Desk desk;
  start_with(desk, 1);
  answer_nothing(desk, fail(ErrorCode::kUnavailable, "503 from MISP"));
  reconcile(desk, true);
  ASSERT_EQ(desk.sync.open_questions(), 1U);
  const auto messages = desk.misp.touch(desk.id(1), desk.unix_now()).messages;
  desk.spoil = [&](const RestCall& call, Result<RestAnswer> answer) -> Result<RestAnswer> {
    if (!std::holds_alternative<PresenceCall>(call)) {
      return answer;
    }
    desk.say(messages);  // while MISP was asked; the answer may be from before
    return RestAnswer(Presence{false});
  };
  desk.pass(60'000);
  EXPECT_TRUE(desk.holds(1));
  EXPECT_EQ(desk.sync.open_questions(), 0U);
}

TEST(MispSyncDoubt, AViewThatFailsKeepsNothingElseFromBeingRead) {
  Desk desk;
  start_with(desk, 1);
  answer_nothing(desk, fail(ErrorCode::kIncompatible, "405 from MISP"));
  reconcile(desk, true);
  desk.spoil = [](const RestCall& call, Result<RestAnswer> answer) -> Result<RestAnswer> {
    if (std::holds_alternative<PresenceCall>(call)) {
      return fail(ErrorCode::kIncompatible, "405 from MISP");
    }
    return answer;
  };
  desk.add(2, "198.51.100.2");
  desk.misp.sql_delete(desk.id(1));
  desk.sync.request_reconcile(true, Cause::kTimer);
  desk.pass(130'000);
  EXPECT_TRUE(desk.holds(2));
  EXPECT_FALSE(desk.holds(1)) << "the second attribute vouches for the list";
}

TEST(MispSyncDoubt, ManyThatNothingVouchesForAreHeldWhateverMaxShrinkSays) {
  SyncOptions options;
  options.max_shrink = 1;
  Desk desk({}, options);
  start_with(desk, 11);
  answer_nothing(desk, Presence{true});
  reconcile(desk, true);
  desk.pass(60'000);
  EXPECT_EQ(desk.store.attribute_count(), 11U);
  EXPECT_TRUE(desk.calls_of<PresenceCall>().empty());
  EXPECT_THAT(desk.sync.status().held, testing::HasSubstr("nothing else that would prove it"));
  desk.sync.accept_shrink();
  desk.pass(3'000);
  EXPECT_EQ(desk.store.attribute_count(), 0U);
  EXPECT_EQ(desk.sync.status().held, "");
}

TEST(MispSyncDoubt, AnEmptyAnswerOfTheSearchForTheFilterDoesNotTakeOutBesideFixedEvents) {
  FilterOptions filter;
  filter.fixed_events = {2};
  Desk desk(filter);
  ASSERT_NE(desk.event_id, 2U);
  desk.add(1, "198.51.100.1");
  desk.misp.add_event(test::uuid(1'000'001), 1, desk.unix_now());
  desk.event_id = 2;
  desk.add(2, "198.51.100.2");
  desk.bootstrap();
  desk.steady += 11'000;
  desk.spoil = [&](const RestCall& call, Result<RestAnswer> answer) -> Result<RestAnswer> {
    const auto* search = std::get_if<SearchCall>(&call);
    return search != nullptr && search->search.apply_filter ? RestAnswer(AttributePage{})
                                                            : std::move(answer);
  };
  desk.sync.request_reconcile(true, Cause::kTimer);
  desk.pass(1'000);
  EXPECT_TRUE(desk.holds(2));
  EXPECT_FALSE(desk.calls_of<PresenceCall>().empty());
}

TEST(MispSyncDoubt, AFirstListWithoutARowIsBelievedWhenThreeAgreeAndMispShowsRowsWithoutTheFilter) {
  Desk desk;
  desk.add(1, "198.51.100.1", false);
  desk.bootstrap();
  desk.pass(9'000);
  EXPECT_FALSE(desk.store.complete());
  EXPECT_FALSE(desk.store.proven());
  desk.pass(15'000);
  EXPECT_TRUE(desk.store.complete());
  EXPECT_TRUE(desk.store.proven());
}

TEST(MispSyncDoubt, AMispThatShowsNothingAtAllProvesNothingUntilAnOperatorSaysSo) {
  Desk desk;
  desk.bootstrap();
  desk.pass(600'000);
  EXPECT_TRUE(desk.store.complete());
  EXPECT_FALSE(desk.store.proven());
  EXPECT_LE(desk.calls_of<IndexCall>().size(), 15U) << "it is not asked all the time";
  desk.sync.accept_shrink();
  desk.pass(1'000);
  EXPECT_TRUE(desk.store.proven());
}

TEST(MispSyncDoubt, AMispThatShowedNothingIsBelievedWhenAListShowsARow) {
  Desk desk;
  desk.bootstrap();
  desk.pass(60'000);
  desk.say(desk.add(1, "198.51.100.1"));
  EXPECT_FALSE(desk.store.proven());
  desk.sync.request_reconcile(true, Cause::kTimer);
  desk.pass(10'000);
  EXPECT_TRUE(desk.store.proven());
}

}  // namespace
}  // namespace misp_zeek
