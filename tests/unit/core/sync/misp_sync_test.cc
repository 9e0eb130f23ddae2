// SPDX-License-Identifier: BSD-3-Clause
#include "core/sync/misp_sync.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sync/desk.h"

namespace misp_zeek {
namespace {

using test::Desk;
using test::uuid;

FilterOptions with_lookups() {
  FilterOptions filter;
  filter.visibility = VisibilityMode::kLookup;
  return filter;
}

std::string value(unsigned n) {
  return "10.0." + std::to_string(n / 256) + "." + std::to_string(n % 256);
}

TEST(MispSync, WaitsForTheFeedBeforeTheFirstListButNotForEver) {
  Desk desk;
  desk.add(1, "198.51.100.1");
  desk.pass(2'990);
  EXPECT_EQ(desk.calls_of<UserCall>().size(), 1U);
  EXPECT_TRUE(desk.calls_of<IndexCall>().empty());
  desk.pass(100);
  EXPECT_TRUE(desk.sync.status().bootstrapped) << "without a feed too";
  EXPECT_TRUE(desk.holds(1));
}

TEST(MispSync, AppliesAPlainMessageWithoutAQuestion) {
  Desk desk;
  desk.bootstrap();
  desk.say(desk.add(1, "198.51.100.1"));
  EXPECT_TRUE(desk.in_zeek("198.51.100.1"));
  desk.say(desk.misp.edit_value(desk.id(1), "198.51.100.2", desk.unix_now()).messages);
  EXPECT_TRUE(desk.in_zeek("198.51.100.2"));
  EXPECT_FALSE(desk.in_zeek("198.51.100.1"));
  desk.say(desk.misp.soft_delete(desk.id(1), true, true, desk.unix_now()).messages);
  EXPECT_FALSE(desk.holds(1));
  desk.pass(1'000);
  EXPECT_TRUE(desk.calls.empty());
  EXPECT_EQ(desk.sync.counters().messages.at({"attribute", "add"}), 1U);
  EXPECT_EQ(desk.sync.counters().messages.at({"attribute", "soft_delete"}), 2U);
}

TEST(MispSync, AsksOnceAboutMessagesThatComeTogether) {
  Desk desk(with_lookups());
  desk.bootstrap();
  for (unsigned n = 1; n <= 3; ++n) {
    desk.say(desk.add(n, value(n)));
  }
  desk.pass(200);
  ASSERT_EQ(desk.calls_of<SearchCall>().size(), 1U);
  EXPECT_EQ(desk.calls_of<SearchCall>()[0].search.uuids.size(), 3U);
  EXPECT_TRUE(desk.holds(1) && desk.holds(2) && desk.holds(3));
  EXPECT_EQ(desk.sync.counters().confirmed, 3U);
}

TEST(MispSync, AsksAboutAtMostTwoHundredAttributesInOneRequest) {
  Desk desk(with_lookups());
  desk.add(9'999, "198.51.100.1");
  desk.bootstrap();
  for (unsigned n = 1; n <= 450; ++n) {
    desk.say(desk.add(n, value(n)));
  }
  desk.pass(500);
  for (const auto& call : desk.calls_of<SearchCall>()) {
    EXPECT_LE(call.search.uuids.size(), 201U) << "with one that vouches for the answer";
    EXPECT_EQ(call.limit, 201U);
  }
  EXPECT_EQ(desk.store.attribute_count(), 451U);
}

TEST(MispSync, AnswersOfOneAttributeNeverUndoALaterMessage) {
  Desk desk(with_lookups());
  desk.add(1, "198.51.100.1");
  desk.bootstrap();
  desk.say(desk.misp.touch(desk.id(1), desk.unix_now()).messages);
  desk.steady += 100;
  const auto call = desk.sync.next_call(desk.now());
  ASSERT_TRUE(call);
  const auto answer =
      model::MispModel::answer(desk.misp.live(), desk.reader, *call, desk.unix_now());
  desk.say(desk.misp.hard_delete(desk.id(1), desk.unix_now()).messages);
  desk.sync.on_answer(answer, desk.now());
  EXPECT_FALSE(desk.holds(1));
  desk.pass(20'000);
  EXPECT_FALSE(desk.holds(1));
}

TEST(MispSync, ATimedReconcileReadsOnlyEventsThatChanged) {
  SyncOptions options;
  options.silence = 10'000'000;
  Desk desk({}, options);
  desk.add(1, "198.51.100.1");
  const auto other = desk.misp.live().next_event;
  desk.misp.add_event(uuid(1'000'001), 1, desk.unix_now());
  desk.misp.add_attribute(uuid(2), other, "ip-dst", "198.51.100.2", true, desk.unix_now());
  desk.steady += 10'000;
  desk.bootstrap();
  desk.steady += 60'000;
  desk.misp.fast_update(desk.misp.live().attributes.rbegin()->first, "198.51.100.3", true,
                        desk.unix_now());
  desk.pass(70'000);
  const auto searches = desk.calls_of<SearchCall>();
  ASSERT_FALSE(searches.empty());
  for (const auto& call : searches) {
    EXPECT_THAT(call.search.event_ids, testing::ElementsAre(other));
  }
  EXPECT_TRUE(desk.store.item(test::address("198.51.100.3", other)));
  EXPECT_EQ(desk.sync.counters().drift.changed, 1U);
}

TEST(MispSync, LooksUpWhatAListLackedBeforeItIsTakenOut) {
  Desk desk;
  for (unsigned n = 1; n <= 20; ++n) {
    desk.add(n, value(n));
  }
  desk.bootstrap();
  desk.steady += 10'000;
  // A list lacks one row, as after a page shift; the look-up shows it.
  desk.spoil = [](const RestCall& call, Result<RestAnswer> answer) {
    const auto* search = std::get_if<SearchCall>(&call);
    if (search != nullptr && search->search.uuids.empty()) {
      auto& rows = std::get<AttributePage>(*answer).rows;
      rows.erase(rows.begin());
    }
    return answer;
  };
  desk.sync.request_reconcile(true, Cause::kOperator);
  desk.pass(1'000);
  EXPECT_EQ(desk.store.attribute_count(), 20U);
  EXPECT_EQ(desk.sync.counters().drift.removed, 0U);
  desk.spoil = nullptr;
  desk.misp.sql_delete(desk.id(7));
  desk.steady += 10'000;
  desk.sync.request_reconcile(true, Cause::kOperator);
  desk.pass(1'000);
  EXPECT_FALSE(desk.holds(7));
  EXPECT_EQ(desk.sync.counters().drift.removed, 1U);
}

TEST(MispSync, AnAnswerWithNothingInItTakesNothingOut) {
  Desk desk;
  for (unsigned n = 1; n <= 20; ++n) {
    desk.add(n, value(n));
  }
  desk.bootstrap();
  desk.spoil = [&](const RestCall& call, Result<RestAnswer>) -> Result<RestAnswer> {
    return model::MispModel::answer({}, desk.reader, call, desk.unix_now());
  };
  desk.steady += 10'000;
  desk.sync.request_reconcile(true, Cause::kOperator);
  desk.pass(60'000);
  EXPECT_EQ(desk.store.attribute_count(), 20U);
  EXPECT_THAT(desk.sync.status().held, testing::HasSubstr("20 of 20"));
  desk.spoil = nullptr;
  desk.pass(200'000);
  EXPECT_EQ(desk.sync.status().held, "");
  EXPECT_EQ(desk.store.attribute_count(), 20U);
}

TEST(MispSync, HoldsALargeShrinkBackUntilItIsAcceptedAndOnlyOnce) {
  Desk desk;
  for (unsigned n = 1; n <= 100; ++n) {
    desk.add(n, value(n));
  }
  desk.bootstrap();
  for (unsigned n = 1; n <= 30; ++n) {
    desk.misp.sql_delete(desk.id(n));
  }
  desk.steady += 10'000;
  desk.sync.request_reconcile(true, Cause::kOperator);
  desk.pass(5'000);
  EXPECT_EQ(desk.store.attribute_count(), 100U);
  EXPECT_THAT(desk.sync.status().held, testing::HasSubstr("30 of 100"));
  desk.sync.accept_shrink();
  desk.steady += 10'000;
  desk.sync.request_reconcile(true, Cause::kOperator);
  desk.pass(5'000);
  EXPECT_EQ(desk.store.attribute_count(), 70U);
  EXPECT_EQ(desk.sync.status().held, "");
  for (unsigned n = 31; n <= 60; ++n) {
    desk.misp.sql_delete(desk.id(n));
  }
  desk.steady += 10'000;
  desk.sync.request_reconcile(true, Cause::kOperator);
  desk.pass(5'000);
  EXPECT_EQ(desk.store.attribute_count(), 70U);
}

TEST(MispSync, AnAttributeLeavesOnTimeAndComesBackWhenTouched) {
  FilterOptions filter;
  filter.max_age = std::chrono::seconds(60);
  Desk desk(filter);
  desk.add(1, "198.51.100.1");
  desk.bootstrap();
  desk.pass(59'000);
  EXPECT_TRUE(desk.holds(1));
  desk.pass(2'000);
  EXPECT_FALSE(desk.holds(1));
  EXPECT_EQ(desk.sync.counters().filtered.at(FilterReason::kTooOld), 1U);
  desk.say(desk.misp.touch(desk.id(1), desk.unix_now()).messages);
  EXPECT_TRUE(desk.holds(1));
}

TEST(MispSync, ThreeMissedHeartbeatsLeadToAFullList) {
  Desk desk;
  desk.add(1, "198.51.100.1");
  desk.bootstrap();
  desk.pass(32'000);
  EXPECT_EQ(desk.sync.counters().reconciles.at(Cause::kSilence), 1U);
  desk.pass(60'000);
  EXPECT_EQ(desk.sync.counters().reconciles.at(Cause::kSilence), 1U) << "once for each silence";
}

TEST(MispSync, ASmallerUptimeMeansThatMessagesMayBeLost) {
  Desk desk;
  desk.bootstrap();
  desk.pass(11'000);
  desk.say({Heartbeat{500}, Heartbeat{510}});
  desk.pass(100);
  EXPECT_FALSE(desk.sync.counters().reconciles.contains(Cause::kPublisherRestart));
  desk.say({Heartbeat{3}});
  desk.pass(100);
  EXPECT_EQ(desk.sync.counters().reconciles.at(Cause::kPublisherRestart), 1U);
}

TEST(MispSync, AFlappingFeedDoesNotMakeMispListEverythingWithoutAPause) {
  Desk desk;
  desk.add(1, "198.51.100.1");
  desk.bootstrap();
  for (int n = 0; n < 50; ++n) {
    desk.sync.on_feed_disconnected(desk.now());
    desk.sync.on_feed_connected(desk.now());
    desk.pass(200);
  }
  std::size_t lists = 0;
  for (const auto& call : desk.calls_of<SearchCall>()) {
    lists += call.search.event_ids.empty() && call.search.uuids.empty() ? 1U : 0U;
  }
  EXPECT_LE(lists, 1U) << "in ten seconds";
}

TEST(MispSync, WaitsAfterAnErrorAndLongerAfterTheNext) {
  Desk desk;
  desk.bootstrap();
  desk.spoil = [](const RestCall&, Result<RestAnswer>) -> Result<RestAnswer> {
    return fail(ErrorCode::kUnavailable, "503 from MISP");
  };
  desk.sync.request_reconcile(true, Cause::kOperator);
  desk.pass(60'000);
  EXPECT_GE(desk.calls.size(), 4U);
  EXPECT_LE(desk.calls.size(), 12U);
  EXPECT_EQ(desk.sync.status().rest_error, "503 from MISP");
  desk.spoil = nullptr;
  desk.pass(60'000);
  EXPECT_EQ(desk.sync.status().rest_error, "");
  EXPECT_EQ(desk.sync.status().rest_error_since, std::nullopt);
}

TEST(MispSync, AsksAMispThatIsAwayEveryFewSeconds) {
  Desk desk;
  desk.bootstrap();
  desk.spoil = [](const RestCall&, Result<RestAnswer>) -> Result<RestAnswer> {
    return tl::unexpected<Error>(Error{ErrorCode::kUnavailable, "no connection", 0, true});
  };
  desk.sync.request_reconcile(true, Cause::kOperator);
  desk.pass(120'000);
  desk.spoil = nullptr;
  desk.pass(4'000);
  EXPECT_EQ(desk.sync.status().rest_error, "");
}

TEST(MispSync, AsksAtOnceWhenTheFeedIsBack) {
  Desk desk;
  desk.bootstrap();
  desk.spoil = [](const RestCall&, Result<RestAnswer>) -> Result<RestAnswer> {
    return fail(ErrorCode::kUnavailable, "a page of another web server");
  };
  desk.sync.on_feed_disconnected(desk.now());
  desk.sync.request_reconcile(true, Cause::kOperator);
  desk.pass(300'000);
  desk.spoil = nullptr;
  desk.sync.on_feed_connected(desk.now());
  desk.pass(100);
  EXPECT_EQ(desk.sync.status().rest_error, "");
}

TEST(MispSync, ARefusedKeyIsTriedOnceAMinute) {
  Desk desk;
  desk.bootstrap();
  desk.spoil = [](const RestCall&, Result<RestAnswer>) -> Result<RestAnswer> {
    return fail(ErrorCode::kUnauthorized, "403 from MISP");
  };
  desk.sync.request_reconcile(true, Cause::kOperator);
  desk.pass(179'000);
  EXPECT_EQ(desk.calls.size(), 3U);
}

TEST(MispSync, LooksForTheRightToAddSightingsUntilItIsThere) {
  Desk desk;
  bool right = false;
  desk.spoil = [&right](const RestCall& call, Result<RestAnswer> answer) {
    if (std::holds_alternative<UserCall>(call)) {
      answer = MispUser{"2.5.1", 1, true, right};
    }
    return answer;
  };
  desk.bootstrap();
  desk.pass(290'000);
  EXPECT_TRUE(desk.calls_of<UserCall>().empty());
  desk.pass(20'000);
  EXPECT_EQ(desk.calls_of<UserCall>().size(), 1U) << "every five minutes";
  right = true;
  desk.pass(300'000);
  EXPECT_TRUE(desk.sync.status().user->perm_sighting);
  desk.pass(900'000);
  EXPECT_EQ(desk.calls_of<UserCall>().size(), 2U);
}

TEST(MispSync, KeepsToTheWaitThatMispNames) {
  Desk desk;
  desk.bootstrap();
  desk.spoil = [](const RestCall&, Result<RestAnswer>) -> Result<RestAnswer> {
    return tl::unexpected<Error>(Error{ErrorCode::kRateLimited, "429 from MISP", 20});
  };
  desk.sync.request_reconcile(true, Cause::kOperator);
  desk.pass(19'900);
  EXPECT_EQ(desk.calls.size(), 1U);
  desk.pass(200);
  EXPECT_EQ(desk.calls.size(), 2U);
}

TEST(MispSync, OnlyOneCallIsUnderWay) {
  Desk desk;
  desk.sync.on_feed_connected(desk.now());
  ASSERT_TRUE(desk.sync.next_call(desk.now()));
  desk.sync.request_reconcile(true, Cause::kOperator);
  EXPECT_FALSE(desk.sync.next_call(desk.now()));
}

TEST(MispSync, AnEventThatMispStillListsLongAfterItsDeletionComesBack) {
  Desk desk;
  desk.add(1, "198.51.100.1");
  desk.bootstrap();
  Event event = desk.misp.live().events.at(desk.event_id).event;
  desk.say({EventMessage{EventMessage::Action::kDelete, event}});  // and then a rollback
  EXPECT_FALSE(desk.holds(1));
  desk.pass(31'000);
  desk.sync.request_reconcile(true, Cause::kOperator);
  desk.pass(12'000);
  EXPECT_TRUE(desk.holds(1));
}

TEST(MispSync, ARowThatCannotBeReadSaysNothingOfWhatItIsAbout) {
  Desk desk;
  for (unsigned n = 1; n <= 3; ++n) {
    desk.add(n, value(n));
  }
  desk.bootstrap();
  desk.spoil = [](const RestCall&, Result<RestAnswer> answer) {
    if (auto* page = std::get_if<AttributePage>(&*answer)) {
      page->undecodable = page->rows.size();
      page->rows.clear();
    }
    return answer;
  };
  desk.steady += 10'000;
  desk.sync.request_reconcile(true, Cause::kOperator);
  desk.pass(60'000);
  EXPECT_EQ(desk.store.attribute_count(), 3U);
  EXPECT_GT(desk.sync.counters().undecodable_rows, 0U);
}

TEST(MispSync, WarninglistsMatterOnlyWhenTheyAreEnforced) {
  FilterOptions enforced;
  enforced.enforce_warninglist = true;
  for (const bool enforce : {false, true}) {
    Desk desk(enforce ? enforced : FilterOptions{});
    desk.add(1, "198.51.100.1");
    desk.add(2, "198.51.100.2");
    desk.bootstrap();
    desk.steady += 11'000;
    desk.say(desk.misp.list_value("198.51.100.1", true).messages);
    desk.pass(5'000);
    EXPECT_EQ(desk.holds(1), !enforce);
  }
}

TEST(MispSync, APulledEventIsReadFromTheIndex) {
  Desk desk;
  desk.bootstrap();
  desk.add(1, "198.51.100.1");
  Event pulled;
  pulled.uuid = uuid(1'000'000);
  desk.say({EventMessage{EventMessage::Action::kFromConnectedServer, pulled}});
  desk.pass(1'000);
  EXPECT_TRUE(desk.holds(1));
}

TEST(MispSync, NeverTakesWhatTheReaderMayNotSee) {
  Desk desk({}, {}, false);
  desk.bootstrap();
  desk.misp.distribute_event(desk.event_id, Distribution::kOrganisation, false, desk.unix_now());
  desk.say(desk.add(1, "198.51.100.1"));
  EXPECT_FALSE(desk.holds(1));
  desk.pass(20'000);
  EXPECT_FALSE(desk.holds(1));
  EXPECT_EQ(desk.sync.counters().filtered.at(FilterReason::kNotVisible), 1U);
}

}  // namespace
}  // namespace misp_zeek
