// SPDX-License-Identifier: BSD-3-Clause
// MispSync as a whole, against a model of MISP.
#include "core/sync/misp_sync.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "sync/desk.h"

namespace misp_zeek {
namespace {

using test::Desk;
using test::uuid;

SyncOptions small_batches(std::uint32_t rows) {
  SyncOptions options;
  options.batch_rows = rows;
  return options;
}

std::size_t searches_of_events(const Desk& desk) {
  const auto searches = desk.calls_of<SearchCall>();
  return static_cast<std::size_t>(std::count_if(
      searches.begin(), searches.end(), [](const auto& s) { return !s.search.event_ids.empty(); }));
}

// ---- reading ----

TEST(MispSync, WaitsForTheFeedBeforeTheFirstReadButNotForEver) {
  Desk desk;
  desk.fill(1);
  desk.pass(2'990);
  EXPECT_EQ(desk.calls_of<UserCall>().size(), 1U);
  EXPECT_TRUE(desk.calls_of<IndexCall>().empty());
  desk.pass(100);
  EXPECT_TRUE(desk.sync.status().bootstrapped) << "without a feed too";
  EXPECT_TRUE(desk.holds(1));
}

TEST(MispSync, ReadsAllEventsInFewBatchesWithALimitAndNoOffset) {
  Desk desk;
  for (unsigned e = 0; e < 50; ++e) {
    desk.event_id = desk.misp.live().next_event;
    desk.misp.add_event(uuid(2'000'000 + e), 1, desk.unix_now());
    for (unsigned n = 0; n < 4; ++n) {
      desk.add(1 + 4 * e + n, Desk::value(1 + 4 * e + n));
    }
  }
  desk.steady += 10'000;
  desk.sync.on_feed_connected(desk.now());
  desk.pass(2'000);
  EXPECT_TRUE(desk.sync.status().bootstrapped);
  EXPECT_EQ(desk.store.attribute_count(), 200U);
  EXPECT_TRUE(desk.store.proven());
  const auto searches = desk.calls_of<SearchCall>();
  EXPECT_LE(searches.size(), 3U);
  for (const auto& search : searches) {
    EXPECT_EQ(search.page, 1U);
    EXPECT_GT(search.limit, 0U);
    EXPECT_FALSE(search.search.event_ids.empty());
  }
}

TEST(MispSync, PagesOnlyInsideAGiantEventBetweenTwoLooksAtIt) {
  Desk desk({}, small_batches(10));
  desk.fill(35);
  desk.steady += 10'000;
  desk.bootstrap();
  EXPECT_EQ(desk.store.attribute_count(), 35U);
  desk.sync.request_reconcile(true, Cause::kOperator, desk.now());
  desk.pass(1'000);
  EXPECT_EQ(desk.calls_of<EventCall>().size(), 2U);
  std::uint32_t last_page = 0;
  for (const auto& search : desk.calls_of<SearchCall>()) {
    EXPECT_EQ(search.search.event_ids, std::vector{desk.event_id});
    last_page = std::max(last_page, search.page);
  }
  EXPECT_EQ(last_page, 4U);
}

TEST(MispSync, AnEditOfAGiantEventCostsALookupAndADelta) {
  Desk desk({}, small_batches(10));
  desk.fill(35);
  desk.steady += 60'000;
  desk.bootstrap();
  desk.steady += 10'000;
  desk.say(desk.misp.edit_value(desk.id(1), "198.51.100.9", desk.unix_now()).messages);
  EXPECT_TRUE(desk.in_zeek("198.51.100.9"));
  desk.listen(130'000);  // over the next look at the index
  EXPECT_TRUE(desk.in_zeek("198.51.100.9"));
  const auto searches = desk.calls_of<SearchCall>();
  EXPECT_LE(searches.size(), 2U);
  EXPECT_TRUE(std::any_of(searches.begin(), searches.end(), [](const auto& s) {
    return s.search.any_type && s.search.with_deleted && s.search.changed_since > 0;
  }));
}

TEST(MispSync, AGiantEventThatIsNewAndEditedAllTheTimeIsReadByDeltas) {
  Desk desk({}, small_batches(10));
  desk.bootstrap();
  desk.fill(35);  // without a message
  desk.sync.request_reconcile(false, Cause::kOperator, desk.now());
  desk.listen(2'000);
  ASSERT_EQ(desk.store.attribute_count(), 35U);
  desk.calls.clear();
  for (unsigned n = 1; n <= 10; ++n) {
    const auto value = "203.0.113." + std::to_string(n);
    desk.say(desk.misp.edit_value(desk.id(n), value, desk.unix_now()).messages);
    desk.listen(3'000);
  }
  desk.listen(130'000);
  const auto searches = desk.calls_of<SearchCall>();
  const auto last_pages = std::count_if(searches.begin(), searches.end(),
                                        [](const auto& search) { return search.page == 4; });
  EXPECT_LE(last_pages, 4) << "as long as all of it is so new that a delta is no smaller";
  EXPECT_LE(searches.size(), 30U);
}

TEST(MispSync, AnOverloadedMispIsAskedForSmallerBatches) {
  Desk desk;
  for (unsigned e = 0; e < 20; ++e) {
    desk.event_id = desk.misp.live().next_event;
    desk.misp.add_event(uuid(2'000'000 + e), 1, desk.unix_now());
    desk.add(1 + e, Desk::value(1 + e));
  }
  desk.steady += 10'000;
  desk.spoil = [](const RestCall& call, Result<RestReply> reply) -> Result<RestReply> {
    const auto* search = std::get_if<SearchCall>(&call);
    if (search != nullptr && search->search.event_ids.size() > 4) {
      return fail(ErrorCode::kUnavailable, "500 from MISP");
    }
    return reply;
  };
  desk.sync.on_feed_connected(desk.now());
  desk.pass(400'000);
  EXPECT_EQ(desk.store.attribute_count(), 20U);
}

std::size_t requests_of_a_first_read(bool outage) {
  Desk desk({}, small_batches(200));
  for (unsigned e = 0; e < 200; ++e) {
    desk.event_id = desk.misp.live().next_event;
    desk.misp.add_event(uuid(2'000'000 + e), 1, desk.unix_now());
    for (unsigned n = 0; n < 20; ++n) {
      desk.add(1 + 20 * e + n, Desk::value(1 + 20 * e + n));
    }
  }
  desk.steady += 10'000;
  std::size_t searches = 0;
  SteadyMs back = 0;
  desk.spoil = [&](const RestCall& call, Result<RestReply> reply) -> Result<RestReply> {
    searches += std::holds_alternative<SearchCall>(call) ? 1 : 0;
    if (outage && searches == 15 && back == 0) {
      back = desk.steady + 9'000;
    }
    return desk.steady < back ? fail(ErrorCode::kUnavailable, "502 from MISP") : std::move(reply);
  };
  desk.sync.on_feed_connected(desk.now());
  desk.pass(60'000);
  EXPECT_EQ(desk.store.attribute_count(), 4'000U);
  return searches;
}

TEST(MispSync, AShortOutageCostsFewRequestsMore) {
  const auto undisturbed = requests_of_a_first_read(false);
  EXPECT_GE(undisturbed, 20U);
  EXPECT_LE(requests_of_a_first_read(true), undisturbed + 10U);
}

TEST(MispSync, AStandingMispCostsOneRequestEachInterval) {
  Desk desk;
  desk.fill(3);
  desk.steady += 10'000;
  desk.bootstrap();
  desk.listen(1'200'000);
  EXPECT_LE(desk.calls.size(), 10U + 5U) << "the index and the user";
  EXPECT_EQ(searches_of_events(desk), 0U);
}

TEST(MispSync, MessagesThatComeTogetherAreLookedUpInOneRequestOfAtMostTwoHundred) {
  FilterOptions filter;
  filter.visibility = VisibilityMode::kLookup;
  Desk desk(filter);
  desk.fill(1);
  desk.steady += 10'000;
  desk.bootstrap();
  for (unsigned n = 2; n <= 400; ++n) {
    desk.say(desk.add(n, Desk::value(n)));
  }
  desk.pass(2'000);
  EXPECT_EQ(desk.store.attribute_count(), 400U);
  std::size_t lookups = 0;
  for (const auto& search : desk.calls_of<SearchCall>()) {
    if (!search.search.uuids.empty()) {
      ++lookups;
      EXPECT_LE(search.search.uuids.size(), 201U);
    }
  }
  EXPECT_LE(lookups, 4U);
}

// ---- what MISP hides ----

TEST(MispSync, AnAllowedlistedRowCutsNothingOff) {
  Desk desk({}, small_batches(10));
  desk.fill(40);
  desk.misp.allow_value(Desk::value(3), true);
  desk.steady += 10'000;
  desk.bootstrap();
  EXPECT_EQ(desk.store.attribute_count(), 39U);
}

TEST(MispSync, ALiveAddOfAnAllowedlistedValueLeavesWithinTenSeconds) {
  Desk desk;
  desk.fill(3);
  desk.misp.allow_value("198.51.100.1", true);
  desk.steady += 10'000;
  desk.bootstrap();
  desk.say(desk.add(9, "198.51.100.1"));
  desk.pass(10'000);
  EXPECT_FALSE(desk.in_zeek("198.51.100.1"));
  EXPECT_TRUE(desk.holds(1));
}

// ---- messages are verified ----

TEST(MispSync, AForgedPublishMessageRemovesAtMostWhatTheBrakeAllowsAndIsHealed) {
  Desk desk;
  desk.fill(100);
  desk.steady += 10'000;
  desk.bootstrap();
  desk.steady += 130'000;
  PublishMessage forged;
  forged.event = desk.misp.live().events.at(desk.event_id).event;
  desk.say({forged});
  EXPECT_EQ(desk.store.attribute_count(), 100U) << "more than max_shrink in a minute waits";
  desk.pass(10'000);
  EXPECT_EQ(desk.store.attribute_count(), 100U);
}

TEST(MispSync, AForgedDeletionIsHealedInTenSeconds) {
  Desk desk;
  desk.fill(20);
  desk.steady += 10'000;
  desk.bootstrap();
  desk.steady += 130'000;
  AttributeMessage forged{AttributeMessage::Action::kDelete,
                          desk.misp.live().attributes.at(desk.id(1)).attribute, std::nullopt};
  desk.say({forged});
  EXPECT_FALSE(desk.holds(1)) << "applied at once";
  desk.pass(10'000);
  EXPECT_TRUE(desk.holds(1));
  EXPECT_EQ(desk.sync.counters().contradicted, 1U);
}

TEST(MispSync, AForgedDeletionOfAnEventIsHealedInTenSeconds) {
  Desk desk;
  desk.fill(5);
  desk.steady += 10'000;
  desk.bootstrap();
  desk.steady += 130'000;
  EventMessage forged{EventMessage::Action::kDelete,
                      desk.misp.live().events.at(desk.event_id).event};
  desk.say({forged});
  EXPECT_EQ(desk.store.attribute_count(), 0U);
  desk.pass(10'000);
  EXPECT_EQ(desk.store.attribute_count(), 5U);
}

TEST(MispSync, AForgedAddLeavesInTenSeconds) {
  Desk desk;
  desk.fill(5);
  desk.steady += 10'000;
  desk.bootstrap();
  const auto before = desk.misp.live();
  const auto forged = desk.add(9, "198.51.100.9");
  desk.misp.roll_back(before);
  desk.say(forged);
  EXPECT_TRUE(desk.in_zeek("198.51.100.9"));
  desk.pass(10'000);
  EXPECT_FALSE(desk.in_zeek("198.51.100.9"));
}

// ---- the clock ----

TEST(MispSync, ALookAtAClockThatIsAheadRemovesNothingAndSaysSo) {
  FilterOptions filter;
  filter.max_age = std::chrono::hours(24 * 90);
  Desk desk(filter);
  desk.fill(50);
  desk.steady += 10'000;
  desk.bootstrap();
  TimePoint ahead = desk.now();
  ahead.unix_seconds += 91 * 86'400;
  desk.sync.tick(ahead);
  EXPECT_EQ(desk.store.attribute_count(), 50U);
  EXPECT_FALSE(desk.sync.status().clock_trusted);
  desk.pass(1'000);
  EXPECT_TRUE(desk.sync.status().clock_trusted) << "the clock is right again";
  EXPECT_EQ(desk.store.attribute_count(), 50U);
}

TEST(MispSync, WhatGrowsTooOldByMispsClockLeaves) {
  FilterOptions filter;
  filter.max_age = std::chrono::seconds(60);
  Desk desk(filter);
  desk.fill(2);
  desk.bootstrap();
  desk.pass(50'000);
  desk.say(desk.misp.touch(desk.id(2), desk.unix_now()).messages);
  desk.pass(15'000);
  EXPECT_FALSE(desk.holds(1));
  EXPECT_TRUE(desk.holds(2));
  desk.pass(60'000);
  EXPECT_FALSE(desk.holds(2));
}

// ---- the brake ----

TEST(MispSync, AbsencesBeyondMaxShrinkAreBlockedWithoutLookupsAndBackOff) {
  Desk desk;
  desk.fill(60);
  desk.steady += 10'000;
  desk.bootstrap();
  desk.steady += 11'000;
  for (unsigned n = 1; n <= 30; ++n) {
    desk.misp.sql_delete(desk.id(n));
  }
  desk.sync.request_reconcile(true, Cause::kOperator, desk.now());
  desk.pass(5'000);
  EXPECT_EQ(desk.store.attribute_count(), 60U);
  EXPECT_EQ(desk.sync.status().blocked.count, 30U);
  EXPECT_EQ(desk.sync.status().blocked.allowed, 12U);
  desk.calls.clear();
  desk.pass(1'800'000);
  EXPECT_EQ(desk.sync.status().blocked.count, 30U) << "nothing was resolved";
  EXPECT_LE(searches_of_events(desk), 12U);
  const auto released = desk.sync.accept_shrink(desk.now());
  EXPECT_EQ(released.count, 30U);
  EXPECT_EQ(desk.store.attribute_count(), 30U);
  desk.pass(5'000);
  EXPECT_EQ(desk.store.attribute_count(), 30U);
  EXPECT_EQ(desk.sync.status().blocked.count, 0U);
}

TEST(MispSync, AnEventThatIsUnpublishedIsNoAbsence) {
  FilterOptions filter;
  filter.published = PublishedMode::kPublished;
  Desk desk(filter);
  desk.fill(59);
  desk.misp.publish(desk.event_id, desk.unix_now());
  desk.steady += 10'000;
  desk.bootstrap();
  ASSERT_EQ(desk.store.attribute_count(), 59U);
  desk.steady += 10'000;
  desk.say(desk.misp.touch(desk.id(1), desk.unix_now()).messages);
  desk.pass(15'000);
  EXPECT_EQ(desk.store.attribute_count(), 0U);
  EXPECT_EQ(desk.sync.status().blocked.count, 0U);
}

TEST(MispSync, ADeletedEventLeavesHoweverLargeItIs) {
  Desk desk;
  desk.fill(60);
  const auto other = desk.misp.live().next_event;
  desk.misp.add_event(uuid(1'000'001), 1, desk.unix_now());
  desk.misp.add_attribute(uuid(500), other, "ip-dst", "198.51.100.2", true, desk.unix_now());
  desk.steady += 10'000;
  desk.bootstrap();
  desk.steady += 11'000;
  desk.misp.delete_event(desk.event_id);  // its message is lost
  desk.pass(130'000);
  EXPECT_EQ(desk.store.attribute_count(), 1U);
  EXPECT_EQ(desk.sync.status().blocked.count, 0U);
}

TEST(MispSync, AnEventThatDoublesTheSetWaitsForTheOperator) {
  SyncOptions options = small_batches(10);
  options.max_growth = 20;
  Desk desk({}, options);
  desk.fill(15);
  desk.steady += 10'000;
  desk.bootstrap();
  const auto large = desk.misp.live().next_event;
  desk.misp.add_event(uuid(1'000'001), 1, desk.unix_now());
  for (unsigned n = 100; n < 160; ++n) {
    desk.misp.add_attribute(uuid(n), large, "ip-dst", Desk::value(n), true, desk.unix_now());
  }
  desk.steady += 11'000;
  desk.pass(140'000);
  ASSERT_EQ(desk.sync.status().growth.size(), 1U);
  EXPECT_EQ(desk.sync.status().growth.front().event_id, large);
  EXPECT_EQ(desk.store.attribute_count(), 15U);
  EXPECT_TRUE(desk.sync.accept_growth(large, desk.now()));
  EXPECT_FALSE(desk.sync.accept_growth(large, desk.now()));
  desk.pass(5'000);
  EXPECT_EQ(desk.store.attribute_count(), 75U);
}

// ---- the viewer, the feed, errors ----

TEST(MispSync, ADemotedViewerIsNoticedAndEverythingIsReadAgain) {
  Desk desk;
  desk.fill(3);
  desk.misp.distribute_event(desk.event_id, Distribution::kOrganisation, false, desk.unix_now());
  desk.steady += 10'000;
  desk.bootstrap();
  desk.reader.site_admin = false;
  desk.reader.org = 2;
  desk.pass(310'000);
  EXPECT_EQ(desk.sync.counters().reconciles.at(Cause::kViewer), 1U);
  EXPECT_EQ(desk.store.attribute_count(), 0U);
}

TEST(MispSync, MalformedMessagesCostAtMostOneIndexAMinute) {
  Desk desk;
  desk.fill(3);
  desk.steady += 10'000;
  desk.bootstrap();
  for (int i = 0; i < 60; ++i) {
    desk.sync.on_feed_gap(Cause::kMalformed, desk.now());
    desk.pass(5'000);
  }
  EXPECT_LE(desk.sync.counters().reconciles.at(Cause::kMalformed), 5U);
  EXPECT_LE(searches_of_events(desk), 5U);
}

TEST(MispSync, ARepeatedCauseIsBackedOffAndSaid) {
  Desk desk;
  desk.fill(3);
  desk.steady += 10'000;
  desk.bootstrap();
  for (int i = 0; i < 60; ++i) {
    desk.sync.on_feed_gap(Cause::kQueueOverflow, desk.now());
    desk.pass(5'000);
  }
  EXPECT_LE(desk.sync.counters().reconciles.at(Cause::kQueueOverflow), 6U);
  EXPECT_EQ(desk.sync.status().repeated_cause, "queue_overflow");
}

TEST(MispSync, WithoutAFeedChangesAreFoundWithinAnInterval) {
  SyncOptions options;
  options.feed = false;
  options.interval = std::chrono::seconds(15);
  Desk desk({}, options);
  desk.fill(3);
  desk.steady += 10'000;
  desk.pass(1'000);
  ASSERT_TRUE(desk.sync.status().bootstrapped) << "without waiting for a feed";
  desk.steady += 10'000;
  desk.calls.clear();
  desk.misp.edit_value(desk.id(1), "198.51.100.9", desk.unix_now());
  desk.pass(20'000);
  EXPECT_TRUE(desk.in_zeek("198.51.100.9"));
  desk.calls.clear();
  desk.pass(600'000);
  EXPECT_LE(desk.calls.size(), 100U) << "at most 10 a minute";
}

TEST(MispSync, AMispThatIsRefusedIsAskedForNothingElse) {
  Desk desk;
  desk.fill(3);
  desk.spoil = [](const RestCall& call, Result<RestReply> reply) -> Result<RestReply> {
    return std::holds_alternative<UserCall>(call)
               ? fail(ErrorCode::kIncompatible, "MISP 2.4.100 is too old")
               : std::move(reply);
  };
  desk.sync.on_feed_connected(desk.now());
  desk.pass(150'000);
  EXPECT_EQ(desk.calls.size(), desk.calls_of<UserCall>().size());
  EXPECT_EQ(desk.sync.status().rest_error, "MISP 2.4.100 is too old");
}

TEST(MispSync, NoMoreRequestsAreInFlightThanAllowed) {
  Desk desk;
  desk.sync.on_feed_connected(desk.now());
  const auto user = desk.sync.next_request(desk.now());
  ASSERT_TRUE(user);
  EXPECT_FALSE(desk.sync.next_request(desk.now()))
      << "nothing else before MISP said whose key it is";
  desk.sync.on_reply(user->id, RestReply{MispUser{}, 0}, desk.now());
  const auto index = desk.sync.next_request(desk.now());
  ASSERT_TRUE(index);
  EventIndex listed;
  for (unsigned e = 0; e < 200; ++e) {
    listed.rows.push_back({e + 1, uuid(2'000'000 + e), 1, true});
  }
  desk.sync.on_reply(index->id, RestReply{listed, 0}, desk.now());
  int open = 0;
  while (desk.sync.next_request(desk.now())) {
    ++open;
  }
  EXPECT_EQ(open, 2);
  EXPECT_EQ(desk.sync.in_flight(), 2U);
}

TEST(MispSync, ARestartGoesOnWhereTheReadWas) {
  Desk first({}, small_batches(20));
  for (unsigned e = 0; e < 40; ++e) {
    first.event_id = first.misp.live().next_event;
    first.misp.add_event(uuid(2'000'000 + e), 1, first.unix_now());
    for (unsigned n = 0; n < 5; ++n) {
      first.add(1 + 5 * e + n, Desk::value(1 + 5 * e + n));
    }
  }
  first.steady += 10'000;
  int replies = 0;
  first.spoil = [&](const RestCall& call, Result<RestReply> reply) -> Result<RestReply> {
    const bool late = std::holds_alternative<SearchCall>(call) && ++replies > 6;
    return late ? fail(ErrorCode::kUnavailable, "no connection") : std::move(reply);
  };
  first.sync.on_feed_connected(first.now());
  first.pass(1'000);
  ASSERT_GT(first.store.attribute_count(), 10U);
  ASSERT_LT(first.store.attribute_count(), 200U);

  Desk second({}, small_batches(20));
  second.misp = first.misp;
  second.steady = first.steady;
  const auto saved = first.sync.take_unsaved(1'000);
  for (const auto& event : saved.events) {
    second.sync.restore(event);
  }
  for (const auto& [uuid, attribute] : first.store.attributes()) {
    const auto& row = first.misp.live().attributes.at(attribute.id).attribute;
    test::put(second.store, row, first.misp.live().events.at(attribute.event_id).event);
  }
  second.sync.restore(first.sync.saved());
  second.sync.on_feed_connected(second.now());
  second.pass(10'000);
  EXPECT_EQ(second.store.attribute_count(), 200U);
  EXPECT_TRUE(second.sync.status().bootstrapped);
  std::size_t again = 0;
  for (const auto& search : second.calls_of<SearchCall>()) {
    again += search.search.event_ids.size();
  }
  EXPECT_LT(again, 40U) << "what was read is not read again";
}

TEST(MispSync, AsksAMispThatIsAwayEveryFewSeconds) {
  Desk desk;
  desk.bootstrap();
  desk.spoil = [](const RestCall&, const Result<RestReply>&) -> Result<RestReply> {
    return tl::unexpected<Error>(Error{ErrorCode::kUnavailable, "no connection", 0, true});
  };
  desk.sync.request_reconcile(true, Cause::kOperator, desk.now());
  desk.pass(120'000);
  EXPECT_NE(desk.sync.status().rest_error, "");
  desk.spoil = nullptr;
  desk.pass(4'000);
  EXPECT_EQ(desk.sync.status().rest_error, "");
}

TEST(MispSync, AsksAtOnceWhenTheFeedIsBack) {
  Desk desk;
  desk.bootstrap();
  desk.spoil = [](const RestCall&, const Result<RestReply>&) -> Result<RestReply> {
    return fail(ErrorCode::kUnavailable, "a page of another web server");
  };
  desk.sync.on_feed_disconnected(desk.now());
  desk.sync.request_reconcile(true, Cause::kOperator, desk.now());
  desk.pass(300'000);
  EXPECT_NE(desk.sync.status().rest_error, "");
  desk.spoil = nullptr;
  desk.sync.on_feed_connected(desk.now());
  desk.pass(100);
  EXPECT_EQ(desk.sync.status().rest_error, "");
}

}  // namespace
}  // namespace misp_zeek
