// SPDX-License-Identifier: BSD-3-Clause
// Changes that MISP makes without a message that tells of them, as measured on MISP 2.5, and
// messages that were lost: one reconcile heals each, counts it as drift, and the next finds
// nothing.
#include <gtest/gtest.h>

#include <functional>
#include <ostream>
#include <string>
#include <utility>

#include "core/sync/misp_sync.h"
#include "sync/desk.h"

namespace misp_zeek {
namespace {

using test::Desk;
using test::uuid;

/// Which reconcile finds it: the cheap one does when the event's timestamp or publication moved.
enum class By { kIndex, kFull };

struct Silent {
  std::string name;
  By by = By::kFull;
  /// What happens to attribute 1, which Zeek has, or to what it has not yet. No message is given.
  std::function<void(Desk&)> change;
  /// What Zeek must hold of 198.51.100.1 and 198.51.100.9 then.
  bool first = false;
  bool ninth = false;
  FilterOptions filter = {};
  bool site_admin = true;
  std::function<void(Desk&)> prepare = [](Desk&) {};
};

void PrintTo(const Silent& silent, std::ostream* out) { *out << silent.name; }

FilterOptions published_only() {
  FilterOptions filter;
  filter.published = PublishedMode::kPublished;
  return filter;
}

FilterOptions without_bad() {
  FilterOptions filter;
  filter.tags = {"!bad"};
  return filter;
}

FilterOptions without_listed() {
  FilterOptions filter;
  filter.enforce_warninglist = true;
  return filter;
}

void publish(Desk& desk) { desk.misp.publish(desk.event_id, desk.unix_now()); }
void tag_first(Desk& desk) { desk.misp.tag_attribute(desk.id(1), "bad", true, desk.unix_now()); }
void share(Desk& desk) {
  desk.misp.distribute_event(desk.event_id, Distribution::kSharingGroup, true, desk.unix_now());
}

std::vector<Silent> all_silent() {
  return {
      {"EventDeletion", By::kIndex, [](Desk& desk) { desk.misp.delete_event(desk.event_id); }},
      {"EventDeletionInTheDatabase", By::kIndex,
       [](Desk& desk) { desk.misp.sql_delete_event(desk.event_id); }},
      {"ImplicitUnpublish", By::kIndex, [](Desk& desk) { desk.add(9, "198.51.100.9"); }, false,
       false, published_only(), true, publish},
      {"Unpublish", By::kIndex, [](Desk& desk) { desk.misp.unpublish(desk.event_id); }, false,
       false, published_only(), true, publish},
      {"Publish", By::kIndex, publish, true, false, published_only()},
      {"FastUpdateOfAValue", By::kIndex,
       [](Desk& desk) { desk.misp.fast_update(desk.id(1), "198.51.100.9", true, desk.unix_now()); },
       false, true},
      {"FastUpdateThatDeletes", By::kIndex,
       [](Desk& desk) { desk.misp.fast_delete(desk.id(1), desk.unix_now()); }},
      {"FastUpdateThatAdds", By::kIndex,
       [](Desk& desk) {
         desk.misp.fast_add(uuid(9), desk.event_id, "ip-dst", "198.51.100.9", true,
                            desk.unix_now());
       },
       true, true},
      {"RemoveTag", By::kFull,
       [](Desk& desk) { desk.misp.tag_attribute(desk.id(1), "bad", false, desk.unix_now()); }, true,
       false, without_bad(), true, tag_first},
      {"TagOfTheEvent", By::kIndex,
       [](Desk& desk) { desk.misp.tag_event(desk.event_id, "bad", true, desk.unix_now()); }, false,
       false, without_bad()},
      {"TagMerge", By::kFull, [](Desk& desk) { desk.misp.merge_tag("bad", "good"); }, true, false,
       without_bad(), true, tag_first},
      {"TagDeletion", By::kFull, [](Desk& desk) { desk.misp.delete_tag("bad"); }, true, false,
       without_bad(), true, tag_first},
      {"DistributionOfTheEvent",
       By::kIndex,
       [](Desk& desk) {
         desk.misp.distribute_event(desk.event_id, Distribution::kOrganisation, false,
                                    desk.unix_now());
       },
       false,
       false,
       {},
       false},
      {"SharingGroupMembership",
       By::kIndex,
       [](Desk& desk) { desk.misp.join_group(desk.event_id, false); },
       false,
       false,
       {},
       false,
       share},
      {"PulledValue", By::kIndex,
       [](Desk& desk) { desk.misp.edit_value(desk.id(1), "198.51.100.9", desk.unix_now()); }, false,
       true},
      {"WarninglistChange", By::kFull,
       [](Desk& desk) { desk.misp.list_value("198.51.100.1", true); }, false, false,
       without_listed()},
      {"WarninglistDeletion", By::kFull, [](Desk& desk) { desk.misp.delete_warninglist(); }, true,
       false, without_listed(), true,
       [](Desk& desk) { desk.misp.list_value("198.51.100.1", true); }},
      {"DeletionInTheDatabase", By::kFull, [](Desk& desk) { desk.misp.sql_delete(desk.id(1)); }},
      {"FlagInTheDatabase", By::kFull,
       [](Desk& desk) { desk.misp.sql_set_to_ids(desk.id(1), false); }},
      {"BackupPutBack", By::kIndex,
       [](Desk& desk) {
         auto backup = desk.misp.live();
         desk.add(9, "198.51.100.9");
         desk.bootstrap();
         desk.steady += 11'000;
         desk.misp.restore_backup(std::move(backup));
       },
       true, false},
  };
}

class SilentChange : public testing::TestWithParam<Silent> {
 protected:
  static std::uint64_t drift(const Desk& desk) {
    const auto& found = desk.sync.counters().drift;
    return found.added + found.changed + found.removed;
  }
};

TEST_P(SilentChange, IsHealedByOneReconcileAndCountedAsDrift) {
  const Silent& silent = GetParam();
  SyncOptions options;
  options.silence = 10'000'000;
  Desk desk(silent.filter, options, silent.site_admin);
  desk.add(1, "198.51.100.1");
  // Something else, so that an answer can prove that it is sound.
  const auto other = desk.misp.live().next_event;
  desk.misp.add_event(uuid(1'000'001), 1, desk.unix_now());
  desk.misp.add_attribute(uuid(2), other, "ip-dst", "198.51.100.2", true, desk.unix_now());
  desk.misp.publish(other, desk.unix_now());
  silent.prepare(desk);
  desk.steady += 10'000;
  desk.bootstrap();
  desk.steady += 11'000;
  silent.change(desk);
  const auto before = drift(desk);
  desk.sync.request_reconcile(silent.by == By::kFull, Cause::kOperator, desk.now());
  desk.pass(20'000);
  EXPECT_EQ(desk.in_zeek("198.51.100.1"), silent.first);
  EXPECT_EQ(desk.in_zeek("198.51.100.9"), silent.ninth);
  EXPECT_TRUE(desk.holds(2));
  const auto after = drift(desk);
  EXPECT_GT(after, before);
  EXPECT_EQ(desk.sync.counters().reconciles.at(Cause::kOperator), 1U);
  desk.steady += 11'000;
  desk.sync.request_reconcile(true, Cause::kOperator, desk.now());
  desk.pass(2'000);
  EXPECT_EQ(drift(desk), after);
}

INSTANTIATE_TEST_SUITE_P(Paths, SilentChange, testing::ValuesIn(all_silent()),
                         [](const auto& one) { return one.param.name; });

TEST(MispSync, AChangeCommittedThreeSecondsAfterItsTimestampIsFoundByTheIndex) {
  Desk desk;
  desk.add(1, "198.51.100.1");
  const auto written = desk.unix_now();
  desk.steady += 3'000;
  desk.bootstrap();
  desk.misp.fast_update(desk.id(1), "198.51.100.9", true, written);
  desk.steady += 11'000;
  desk.sync.request_reconcile(false, Cause::kOperator, desk.now());
  desk.pass(1'000);
  EXPECT_TRUE(desk.in_zeek("198.51.100.9"));
}

TEST(MispSync, AReconnectReadsWhatChangedMeanwhile) {
  Desk desk;
  desk.add(1, "198.51.100.1");
  desk.add(2, "198.51.100.2");
  desk.bootstrap();
  desk.steady += 11'000;
  desk.sync.on_feed_disconnected(desk.now());
  desk.misp.hard_delete(desk.id(1), desk.unix_now());
  desk.sync.on_feed_connected(desk.now());
  desk.pass(1'000);
  EXPECT_FALSE(desk.holds(1));
  EXPECT_EQ(desk.sync.counters().reconciles.at(Cause::kReconnect), 1U);
}

}  // namespace
}  // namespace misp_zeek
