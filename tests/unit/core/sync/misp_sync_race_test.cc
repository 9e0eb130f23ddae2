// SPDX-License-Identifier: BSD-3-Clause
// Races between MISP's feed, its database and its REST interface, as measured on MISP 2.5: the
// order across topics is not kept (2), the publish message says published:false (3), a change
// unpublishes its event silently (5), messages come before their commit (8).
#include <gtest/gtest.h>

#include "sync/desk.h"

namespace misp_zeek {
namespace {

using test::Desk;
using test::uuid;

FilterOptions published_only() {
  FilterOptions filter;
  filter.published = PublishedMode::kPublished;
  return filter;
}

TEST(MispSync, Race2_LateMessagesOfADeletedEventBringNothingBack) {
  Desk desk;
  desk.bootstrap();
  const auto added = desk.add(1, "198.51.100.1");
  const auto edited = desk.misp.touch(desk.id(1), desk.unix_now()).messages;
  desk.say(desk.misp.delete_event(desk.event_id).messages);  // overtakes them under backlog
  desk.say(added);
  desk.say(edited);
  EXPECT_FALSE(desk.holds(1));
  EXPECT_EQ(desk.sync.counters().late, 2U);
}

TEST(MispSync, Race2_AnEditThatAPublishMessageOvertookDoesNotUndoIt) {
  Desk desk;
  desk.bootstrap();
  const auto added = desk.add(1, "198.51.100.1");
  desk.steady += 2'000;
  desk.misp.edit_value(desk.id(1), "198.51.100.2", desk.unix_now());
  desk.say(desk.misp.publish(desk.event_id, desk.unix_now()).messages);
  desk.say(added);
  EXPECT_TRUE(desk.in_zeek("198.51.100.2"));
  EXPECT_FALSE(desk.in_zeek("198.51.100.1"));
}

TEST(MispSync, Race2_TwoStatesOfOneSecondAreLeftToMisp) {
  Desk desk;
  desk.bootstrap();
  desk.say(desk.add(1, "198.51.100.1"));
  const auto published = desk.misp.publish(desk.event_id, desk.unix_now()).messages;
  desk.say(desk.misp.edit_value(desk.id(1), "198.51.100.2", desk.unix_now()).messages);
  desk.say(published);  // holds the value from before the edit
  EXPECT_TRUE(desk.in_zeek("198.51.100.2"));
  desk.pass(10'000);
  EXPECT_TRUE(desk.in_zeek("198.51.100.2"));
  EXPECT_FALSE(desk.in_zeek("198.51.100.1"));
  EXPECT_EQ(desk.sync.open_lookups(), 0U);
}

TEST(MispSync, Race3_APublishMessageMeansPublishedWhateverItsFlagSays) {
  Desk desk(published_only());
  desk.bootstrap();
  desk.say(desk.add(1, "198.51.100.1"));
  desk.pass(20'000);
  EXPECT_FALSE(desk.holds(1));
  const auto messages = desk.misp.publish(desk.event_id, desk.unix_now()).messages;
  ASSERT_EQ(std::get<PublishMessage>(messages.at(0)).event.published, false);
  desk.say(messages);
  EXPECT_TRUE(desk.in_zeek("198.51.100.1")) << "at once, without a question";
  desk.pass(20'000);
  EXPECT_TRUE(desk.in_zeek("198.51.100.1"));
}

TEST(MispSync, Race5_AChangeTakesTheWholeEventOutUntilItIsPublishedAgain) {
  Desk desk(published_only());
  desk.say(desk.add(1, "198.51.100.1"));
  desk.misp.publish(desk.event_id, desk.unix_now());
  desk.bootstrap();
  ASSERT_TRUE(desk.holds(1));
  const auto messages = desk.add(2, "198.51.100.2");
  ASSERT_EQ(std::get<AttributeMessage>(messages.at(0)).event->published, true) << "from before";
  desk.say(messages);
  desk.pass(20'000);
  EXPECT_FALSE(desk.holds(2));
  EXPECT_FALSE(desk.holds(1));
  desk.say(desk.misp.publish(desk.event_id, desk.unix_now()).messages);
  EXPECT_TRUE(desk.holds(1));
  EXPECT_TRUE(desk.holds(2));
}

TEST(MispSync, Race8_AListFromBeforeTheCommitDoesNotTakeBackWhatAMessageTold) {
  Desk desk;
  desk.add(2, "198.51.100.2");  // which vouches for the list
  desk.bootstrap();
  desk.shown = desk.misp.live();  // MISP's other connections see this until the commit
  desk.say(desk.add(1, "198.51.100.1"));
  desk.sync.request_reconcile(true, Cause::kOperator, desk.now());
  desk.pass(2'000);
  EXPECT_TRUE(desk.in_zeek("198.51.100.1"));
  desk.shown.reset();
  desk.pass(20'000);
  EXPECT_TRUE(desk.in_zeek("198.51.100.1"));
  EXPECT_EQ(desk.sync.open_lookups(), 0U);
}

TEST(MispSync, Race8_AListFromBeforeTheCommitDoesNotBringBackWhatWasDeleted) {
  Desk desk;
  desk.say(desk.add(1, "198.51.100.1"));
  desk.bootstrap();
  desk.shown = desk.misp.live();
  desk.say(desk.misp.hard_delete(desk.id(1), desk.unix_now()).messages);
  EXPECT_FALSE(desk.holds(1));
  desk.sync.request_reconcile(true, Cause::kOperator, desk.now());
  desk.pass(2'000);
  EXPECT_FALSE(desk.holds(1));
  desk.shown.reset();
  desk.pass(20'000);
  EXPECT_FALSE(desk.holds(1));
}

TEST(MispSync, Race8_ALookUpBeforeTheCommitIsRepeated) {
  FilterOptions filter;
  filter.visibility = VisibilityMode::kLookup;
  Desk desk(filter);
  desk.bootstrap();
  desk.shown = desk.misp.live();
  desk.say(desk.add(1, "198.51.100.1"));
  desk.pass(1'000);
  EXPECT_FALSE(desk.holds(1));
  desk.shown.reset();
  desk.pass(3'000);
  EXPECT_TRUE(desk.in_zeek("198.51.100.1"));
}

TEST(MispSync, Race8_AnEventReadBeforeTheCommitIsReadAgain) {
  FilterOptions filter = published_only();
  filter.tags = {"!bad"};
  Desk desk(filter);
  desk.add(1, "198.51.100.1");
  desk.bootstrap();
  desk.shown = desk.misp.live();
  desk.say(desk.misp.publish(desk.event_id, desk.unix_now()).messages);
  desk.pass(1'000);
  EXPECT_FALSE(desk.holds(1));
  desk.shown.reset();
  desk.pass(6'000);
  EXPECT_TRUE(desk.in_zeek("198.51.100.1"));
}

TEST(MispSync, Race8_WhatAListWasTooYoungToShowIsLookedUpLater) {
  Desk desk;
  desk.add(1, "198.51.100.1");
  desk.bootstrap();
  desk.steady += 11'000;
  const auto before = desk.misp.live();
  desk.say(desk.add(2, "198.51.100.2"));
  desk.misp.roll_back(before);
  desk.sync.request_reconcile(true, Cause::kOperator, desk.now());
  desk.pass(1'000);
  EXPECT_EQ(desk.sync.counters().ended, 2U);
  EXPECT_TRUE(desk.holds(2)) << "it may be committed yet";
  desk.pass(30'000);
  EXPECT_EQ(desk.sync.counters().ended, 2U) << "no other reconcile was needed";
  EXPECT_FALSE(desk.holds(2));
  EXPECT_TRUE(desk.holds(1));
}

TEST(MispSync, Race8_AMessageDuringTheLookUpOutweighsItsAnswer) {
  Desk desk;
  desk.add(1, "198.51.100.1");
  desk.add(2, "198.51.100.2");
  desk.bootstrap();
  desk.steady += 11'000;
  const auto before = desk.misp.live();
  desk.misp.sql_delete(desk.id(1));
  desk.shown = desk.misp.live();
  desk.misp.restore_backup(before);
  int look_ups = 0;
  desk.spoil = [&](const RestCall& call, Result<RestReply> answer) {
    const auto* search = std::get_if<SearchCall>(&call);
    if (search != nullptr && !search->search.uuids.empty() && look_ups++ == 0) {
      desk.say(desk.misp.touch(desk.id(1), desk.unix_now()).messages);
    }
    return answer;
  };
  desk.sync.request_reconcile(true, Cause::kOperator, desk.now());
  desk.pass(1'000);
  EXPECT_GE(look_ups, 1);
  EXPECT_EQ(desk.sync.counters().ended, 2U);
  EXPECT_EQ(desk.sync.counters().drift.removed, 0U);
  EXPECT_TRUE(desk.in_zeek("198.51.100.1"));
}

TEST(MispSync, Race8_WhatWasAnnouncedAndRolledBackLeavesWithTheNextReconcile) {
  Desk desk;
  desk.bootstrap();
  const auto before = desk.misp.live();
  desk.say(desk.add(1, "198.51.100.1"));
  desk.misp.roll_back(before);
  EXPECT_TRUE(desk.in_zeek("198.51.100.1"));
  desk.pass(30'000);
  desk.sync.request_reconcile(true, Cause::kOperator, desk.now());
  desk.pass(20'000);
  EXPECT_FALSE(desk.in_zeek("198.51.100.1"));
}

}  // namespace
}  // namespace misp_zeek
