// SPDX-License-Identifier: BSD-3-Clause
// Sightings of others that withdraw an attribute: false positives and expirations.
#include <gtest/gtest.h>

#include "sync/desk.h"

namespace misp_zeek {
namespace {

using test::Desk;
using test::kNow;

FilterOptions false_positives(std::uint32_t number) {
  FilterOptions options;
  options.honour_false_positives = number;
  return options;
}

FilterOptions expirations() {
  FilterOptions options;
  options.honour_expirations = true;
  return options;
}

std::string judged(FilterOptions options, const Attribute& attribute) {
  Filter filter(std::move(options));
  return std::string(to_string(filter.judge_row(attribute, test::event(7), kNow).reason));
}

/// 198.51.100.1 and so on are attributes 1 and so on in MISP, and read.
struct ReadDesk : Desk {
  ReadDesk(unsigned attributes, FilterOptions filter, bool site_admin = true)
      : Desk(std::move(filter), {}, site_admin) {
    for (unsigned n = 1; n <= attributes; ++n) {
      add(n, "198.51.100." + std::to_string(n));
    }
    steady += 10'000;  // so that nothing is of the second in which it is read
    bootstrap();
  }
};

/// 198.51.100.1 with as many false positives.
Attribute disputed(std::uint32_t false_positives) {
  Attribute attribute = test::attribute(1, 7, "ip-dst", "198.51.100.1");
  attribute.false_positives = false_positives;
  return attribute;
}

TEST(SightingFilter, IsOffByDefault) {
  Attribute attribute = disputed(9);
  attribute.expires = kNow - 1;
  EXPECT_EQ(judged({}, attribute), "none");
  EXPECT_EQ(judged(false_positives(10), attribute), "none");
  EXPECT_EQ(judged(false_positives(9), attribute), "false_positive");
  EXPECT_EQ(judged(expirations(), attribute), "expired");
}

TEST(SightingFilter, AnExpirationCountsFromItsDateOn) {
  Attribute attribute = disputed(0);
  attribute.expires = kNow + 1;
  EXPECT_EQ(judged(expirations(), attribute), "none");
  attribute.expires = kNow;
  EXPECT_EQ(judged(expirations(), attribute), "expired");
}

TEST(SightingFilter, FixedEventsIgnoreSightings) {
  FilterOptions options = false_positives(1);
  options.fixed_events = {7};
  const Attribute attribute = disputed(1);
  EXPECT_EQ(judged(options, attribute), "none");
}

TEST(SightingFilter, AMessageThatListsSightingsIsEnoughForASiteAdminAlone) {
  const Attribute attribute = disputed(1);
  Filter filter(false_positives(1));
  filter.set_viewer({1, true});
  EXPECT_EQ(filter.judge_message(attribute, test::event(7), kNow).reason,
            FilterReason::kFalsePositive);
  filter.set_viewer({1, false});
  EXPECT_EQ(filter.judge_message(attribute, test::event(7), kNow).verdict, Verdict::kAskMisp);
}

TEST(SightingFilter, TheNthFalsePositiveTakesAnAttributeOutAndItsWithdrawalBringsItBack) {
  Desk desk(false_positives(2));
  desk.add(1, "198.51.100.1");
  desk.add(2, "198.51.100.1");
  desk.bootstrap();
  desk.say(desk.misp.false_positive(desk.id(1), false, desk.unix_now()).messages);
  desk.pass(6'000);
  EXPECT_TRUE(desk.holds(1));
  desk.say(desk.misp.false_positive(desk.id(1), false, desk.unix_now()).messages);
  desk.pass(100);
  EXPECT_FALSE(desk.holds(1));
  EXPECT_TRUE(desk.in_zeek("198.51.100.1")) << "the other attribute still supports it";
  EXPECT_GE(desk.sync.counters().filtered.at(FilterReason::kFalsePositive), 1U);
  desk.say(desk.misp.false_positive(desk.id(1), true, desk.unix_now()).messages);
  desk.pass(100);
  EXPECT_TRUE(desk.holds(1));
}

TEST(SightingFilter, LooksAgainBecauseASightingIsAnnouncedBeforeItIsCommitted) {
  ReadDesk desk(2, false_positives(1));
  desk.shown = desk.misp.live();
  desk.say(desk.misp.false_positive(desk.id(1), false, desk.unix_now()).messages);
  desk.pass(3'000);
  EXPECT_TRUE(desk.holds(1)) << "not committed yet";
  desk.shown.reset();
  desk.pass(3'000);
  EXPECT_FALSE(desk.holds(1));
}

TEST(SightingFilter, AnEditThatDoesNotShowTheSightingYetDoesNotEndTheQuestion) {
  ReadDesk desk(1, false_positives(1));
  const auto edit = desk.misp.touch(desk.id(1), desk.unix_now()).messages;
  desk.say(desk.misp.false_positive(desk.id(1), false, desk.unix_now()).messages);
  desk.say(edit);
  desk.pass(6'000);
  EXPECT_FALSE(desk.holds(1));
}

TEST(SightingFilter, ASightingDoesNotLowerWhatAnOpenQuestionExpects) {
  ReadDesk desk(2, false_positives(5), false);
  desk.pass(5'000);
  desk.shown = desk.misp.live();
  // For this reader MISP must be asked about the edit, and has not committed it.
  desk.say(desk.misp.edit_value(desk.id(1), "198.51.100.3", desk.unix_now()).messages);
  desk.say(desk.misp.false_positive(desk.id(1), false, desk.unix_now()).messages);
  desk.pass(1'000);
  desk.shown.reset();
  desk.pass(2'000);
  EXPECT_TRUE(desk.in_zeek("198.51.100.3")) << "the old row was not taken for the answer";
}

TEST(SightingFilter, AnAttributeLeavesAtTheDateOfItsExpirationWhichCanBePutOff) {
  ReadDesk desk(2, expirations());
  const auto expire = [&](unsigned n, std::int64_t in) {
    desk.say(desk.misp.expire(desk.id(n), desk.unix_now() + in, desk.unix_now()).messages);
  };
  expire(1, 20);
  expire(2, 20);
  desk.pass(10'000);
  expire(2, 60);
  desk.pass(9'000);
  EXPECT_TRUE(desk.holds(1));
  desk.pass(2'000);
  EXPECT_FALSE(desk.holds(1));
  EXPECT_TRUE(desk.holds(2));
  desk.pass(50'000);
  EXPECT_FALSE(desk.holds(2));
}

TEST(SightingFilter, AFullReconcileFindsWhatNoMessageTold) {
  ReadDesk desk(2, false_positives(1));
  desk.misp.false_positive(desk.id(1), false, desk.unix_now());
  desk.pass(20'000);
  EXPECT_TRUE(desk.holds(1));
  desk.sync.request_reconcile(true, Cause::kOperator, desk.now());
  desk.pass(1'000);
  EXPECT_FALSE(desk.holds(1));
  EXPECT_EQ(desk.sync.counters().drift.removed, 1U);
  desk.misp.false_positive(desk.id(1), true, desk.unix_now());
  desk.pass(20'000);
  desk.sync.request_reconcile(true, Cause::kOperator, desk.now());
  desk.pass(1'000);
  EXPECT_TRUE(desk.holds(1));
}

TEST(SightingFilter, SightingsOfTypesThatDoNotCountAskNothing) {
  ReadDesk desk(1, false_positives(1));
  desk.say(desk.misp.expire(desk.id(1), desk.unix_now(), desk.unix_now()).messages);
  SightingMessage seen;
  seen.attribute_uuid = test::uuid(1);
  seen.event_id = desk.event_id;
  desk.say({seen});
  desk.pass(10'000);
  EXPECT_TRUE(desk.calls_of<SearchCall>().empty());
  EXPECT_TRUE(desk.holds(1));
}

}  // namespace
}  // namespace misp_zeek
