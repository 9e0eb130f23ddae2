// SPDX-License-Identifier: BSD-3-Clause
// What a change of filter or mapping does while the service runs.
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "core/sync/misp_sync.h"
#include "sync/desk.h"

namespace misp_zeek {
namespace {

using test::Desk;
using test::uuid;

std::string value(unsigned n) { return "10.0.0." + std::to_string(n); }

FilterOptions whatever_to_ids() {
  FilterOptions filter;
  filter.to_ids = false;
  return filter;
}

FilterOptions without(std::string type) {
  FilterOptions filter;
  filter.types = {"!" + std::move(type)};
  return filter;
}

void change(Desk& desk, const FilterOptions& filter, Mapping mapping = Mapping()) {
  desk.reader.filter = filter;
  desk.sync.change_rules(Filter(filter), std::move(mapping), desk.now());
}

TEST(ChangeOfRules, TakesUpWhatTheNewFilterAdmits) {
  Desk desk;
  desk.add(1, value(1));
  desk.add(2, value(2), false);
  desk.bootstrap();
  EXPECT_FALSE(desk.holds(2));
  change(desk, whatever_to_ids());
  desk.pass(1'000);
  EXPECT_TRUE(desk.holds(1) && desk.holds(2));
}

TEST(ChangeOfRules, TakesOutWhatTheNewFilterLeavesOut) {
  Desk desk(whatever_to_ids());
  desk.add(1, value(1));
  desk.add(2, value(2), false);
  desk.bootstrap();
  EXPECT_TRUE(desk.holds(2));
  change(desk, {});
  desk.pass(1'000);
  EXPECT_TRUE(desk.holds(1));
  EXPECT_FALSE(desk.holds(2));
  EXPECT_FALSE(desk.in_zeek(value(2)));
}

TEST(ChangeOfRules, JudgesMessagesByTheNewFilterAtOnce) {
  Desk desk;
  desk.bootstrap();
  change(desk, whatever_to_ids());
  desk.say(desk.add(1, value(1), false));
  EXPECT_TRUE(desk.in_zeek(value(1)));
}

TEST(ChangeOfRules, MapsByTheNewMapping) {
  Desk desk;
  desk.add(1, value(1));
  desk.bootstrap();
  MappingOptions none;
  none.overrides = {{"ip-dst", "none"}};
  change(desk, {}, Mapping::create(none).value());
  desk.pass(1'000);
  EXPECT_FALSE(desk.holds(1));
  change(desk, {});
  desk.pass(1'000);
  EXPECT_TRUE(desk.in_zeek(value(1)));
}

TEST(ChangeOfRules, HoldsBackMoreThanMaxShrinkUntilAccepted) {
  Desk desk;
  for (unsigned n = 1; n <= 40; ++n) {
    desk.add(n, value(n));
  }
  desk.misp.add_attribute(uuid(100), desk.event_id, "domain", "example.org", true, desk.unix_now());
  desk.bootstrap();
  change(desk, without("ip-dst"));
  desk.pass(1'000);
  EXPECT_EQ(desk.store.attribute_count(), 41U) << "a mistake in a filter does not empty Zeek";
  EXPECT_EQ(desk.sync.status().blocked.count, 40U);
  EXPECT_EQ(desk.sync.status().blocked.cause, Cause::kConfiguration);
  EXPECT_NE(desk.sync.status().blocked.text.find("40 of 41"), std::string::npos)
      << desk.sync.status().blocked.text;
  desk.sync.accept_shrink(desk.now());
  desk.pass(1'000);
  EXPECT_EQ(desk.store.attribute_count(), 1U);
  EXPECT_EQ(desk.sync.status().blocked.text, "");
}

TEST(ChangeOfRules, HoldsBackWhatAShorterAgeWouldLetGoAtOnce) {
  Desk desk;
  for (unsigned n = 1; n <= 40; ++n) {
    desk.add(n, value(n));
  }
  desk.bootstrap();
  desk.pass(10'000);
  FilterOptions seconds;
  seconds.max_age = std::chrono::seconds(3);
  change(desk, seconds);
  desk.pass(1'000);
  EXPECT_EQ(desk.store.attribute_count(), 40U);
  EXPECT_EQ(desk.sync.status().blocked.count, 40U);
}

TEST(ChangeOfRules, LetsGoByTheNewAge) {
  Desk desk;
  desk.add(1, value(1));
  desk.bootstrap();
  FilterOptions minute;
  minute.max_age = std::chrono::minutes(1);
  change(desk, minute);
  desk.pass(50'000);
  EXPECT_TRUE(desk.holds(1));
  desk.pass(20'000);
  EXPECT_FALSE(desk.holds(1));

  desk.add(2, value(2));
  change(desk, {});
  desk.pass(100'000);
  EXPECT_TRUE(desk.holds(2)) << "without a limit nothing gets too old";
}

TEST(ChangeOfRules, ForgetsWhatIsUnderWay) {
  Desk desk(whatever_to_ids());
  desk.add(1, value(1));
  desk.add(2, value(2), false);
  desk.bootstrap();
  desk.sync.request_reconcile(true, Cause::kOperator, desk.now());
  ASSERT_TRUE(desk.sync.next_request(desk.now())) << "by the old filter; its answer is dropped";
  change(desk, {});
  desk.pass(1'000);
  EXPECT_TRUE(desk.holds(1));
  EXPECT_FALSE(desk.holds(2));
}

TEST(ChangeOfRules, DoesNotCarryAnAcceptedShrinkOver) {
  Desk desk;
  for (unsigned n = 1; n <= 40; ++n) {
    desk.add(n, value(n));
  }
  desk.bootstrap();
  desk.sync.accept_shrink(desk.now());
  change(desk, without("ip-dst"));
  desk.pass(1'000);
  EXPECT_EQ(desk.store.attribute_count(), 40U);
}

TEST(ChangeOfRules, KeepsKnowingTheViewer) {
  Desk desk({}, {}, false);
  desk.bootstrap();
  change(desk, whatever_to_ids());
  desk.pass(1'000);
  EXPECT_TRUE(desk.calls_of<UserCall>().empty());
}

TEST(ChangeOfRules, IsNoDrift) {
  Desk desk;
  desk.add(1, value(1), false);
  desk.bootstrap();
  change(desk, whatever_to_ids());
  desk.pass(1'000);
  EXPECT_TRUE(desk.holds(1));
  EXPECT_EQ(desk.sync.counters().drift.added, 0U);
  EXPECT_EQ(desk.sync.counters().reconciles.at(Cause::kConfiguration), 1U);
}

}  // namespace
}  // namespace misp_zeek
