// SPDX-License-Identifier: BSD-3-Clause
#include "core/store/indicator_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "builders.h"
#include "core/base/text.h"

namespace misp_zeek {
namespace {

using test::address;
using test::attribute;
using test::event;
using test::put;
using test::uuid;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kEpoch = "0123456789abcdef";

StoreOptions options() {
  StoreOptions result;
  result.misp_url = "https://misp.example.org/";
  return result;
}

IndicatorStore new_store() { return IndicatorStore(options(), kEpoch); }

std::string uuids(const IndicatorStore& store, const EntryKey& entry) {
  const auto item = store.item(entry);
  return item ? item->attribute_uuids : "absent";
}

std::uint64_t digest_of_items(const IndicatorStore& store) {
  std::uint64_t digest = 0;
  for (const auto& item : store.items_after(std::nullopt, 1'000'000)) {
    digest ^= item_hash(item);
  }
  return digest;
}

TEST(IndicatorStore, ShowsWhatZeekNeedsOfAnEntry) {
  IndicatorStore store = new_store();
  EXPECT_TRUE(put(store, 1, 7, "ip-dst|port", "198.51.100.1|443"));
  const auto item = store.item(address("198.51.100.1", 7));
  ASSERT_TRUE(item);
  EXPECT_EQ(item->attribute_uuids, uuid(1).str());
  EXPECT_EQ(item->desc, "event 7");
  EXPECT_EQ(item->url, "https://misp.example.org/events/view/7");
  EXPECT_EQ(item->ports, "443");
  EXPECT_TRUE(item->report_sightings);
}

TEST(IndicatorStore, RemovesIndicatorWhenLastAttributeIsWithdrawn) {
  IndicatorStore store = new_store();
  put(store, 1, 7, "ip-dst", "198.51.100.1");
  put(store, 2, 7, "ip-src", "198.51.100.1");
  EXPECT_TRUE(store.withdraw(uuid(1)));
  EXPECT_EQ(uuids(store, address("198.51.100.1", 7)), uuid(2).str());
  EXPECT_TRUE(store.withdraw(uuid(2)));
  EXPECT_EQ(store.item(address("198.51.100.1", 7)), std::nullopt);
  EXPECT_EQ(store.item_count(), 0U);
  EXPECT_EQ(store.attribute_count(), 0U);
  EXPECT_EQ(store.digest(), 0U);
  EXPECT_THAT(store.events(), IsEmpty());
}

TEST(IndicatorStore, ListsSupportersSortedAndOnce) {
  IndicatorStore store = new_store();
  put(store, 2, 7, "ip-dst", "198.51.100.1");
  put(store, 1, 7, "ip-src", "198.51.100.1");
  put(store, 1, 7, "ip-src", "198.51.100.1");
  EXPECT_EQ(uuids(store, address("198.51.100.1", 7)), uuid(1).str() + "," + uuid(2).str());
}

TEST(IndicatorStore, KeepsTheSameValueInTwoEventsApart) {
  IndicatorStore store = new_store();
  put(store, 1, 7, "ip-dst", "198.51.100.1");
  put(store, 2, 8, "ip-dst", "198.51.100.1");
  EXPECT_EQ(store.item_count(), 2U);
  store.withdraw(uuid(1));
  EXPECT_EQ(uuids(store, address("198.51.100.1", 7)), "absent");
  EXPECT_EQ(uuids(store, address("198.51.100.1", 8)), uuid(2).str());
}

TEST(IndicatorStore, KeepsAnAddressThatTwoCompositesShare) {
  IndicatorStore store = new_store();
  put(store, 1, 7, "domain|ip", "a.example.org|198.51.100.1");
  put(store, 2, 7, "ip-dst|port", "198.51.100.1|443");
  store.withdraw(uuid(1));
  EXPECT_EQ(store.item_count(), 1U);
  EXPECT_EQ(uuids(store, address("198.51.100.1", 7)), uuid(2).str());
}

TEST(IndicatorStore, SortsPortsAsNumbersAndDropsThoseOfAttributesThatWent) {
  IndicatorStore store = new_store();
  put(store, 1, 7, "ip-dst|port", "198.51.100.1|443");
  put(store, 2, 7, "ip-dst|port", "198.51.100.1|80");
  put(store, 3, 7, "ip-src|port", "198.51.100.1|80");
  EXPECT_EQ(store.item(address("198.51.100.1", 7))->ports, "80,443");
  store.withdraw(uuid(1));
  EXPECT_EQ(store.item(address("198.51.100.1", 7))->ports, "80");
}

TEST(IndicatorStore, CountsARevisionForEachVisibleChangeAndForNothingElse) {
  IndicatorStore store = new_store();
  EXPECT_TRUE(put(store, 1, 7, "ip-dst", "198.51.100.1"));
  EXPECT_EQ(store.revision(), 1U);
  EXPECT_FALSE(put(store, 1, 7, "ip-dst", "198.51.100.1"));
  EXPECT_FALSE(store.withdraw(uuid(99)));
  EXPECT_FALSE(store.withdraw_event(99));
  EXPECT_EQ(store.revision(), 1U);
  EXPECT_TRUE(put(store, 2, 7, "ip-dst", "198.51.100.1"));
  EXPECT_EQ(store.revision(), 2U);
}

TEST(IndicatorStore, ReplacesTheValueOfAnAttributeThatWasEdited) {
  IndicatorStore store = new_store();
  put(store, 1, 7, "ip-dst", "198.51.100.1");
  EXPECT_TRUE(put(store, 1, 7, "domain", "a.example.org"));
  EXPECT_EQ(uuids(store, address("198.51.100.1", 7)), "absent");
  EXPECT_EQ(uuids(store, {{IndicatorType::kDomain, "a.example.org"}, 7}), uuid(1).str());
  EXPECT_EQ(store.type_name(*store.find(uuid(1))), "domain");
}

TEST(IndicatorStore, FollowsAnAttributeToAnotherEvent) {
  IndicatorStore store = new_store();
  put(store, 1, 7, "ip-dst", "198.51.100.1");
  put(store, 1, 8, "ip-dst", "198.51.100.1");
  EXPECT_EQ(uuids(store, address("198.51.100.1", 7)), "absent");
  EXPECT_EQ(uuids(store, address("198.51.100.1", 8)), uuid(1).str());
  EXPECT_THAT(store.events(), ElementsAre(8));
  EXPECT_EQ(store.event_id_of(*event(7).uuid), std::nullopt);
  EXPECT_EQ(store.event_id_of(*event(8).uuid), 8U);
}

TEST(IndicatorStore, TakesAnIdThatIsGivenOutAgainForAnotherEvent) {
  IndicatorStore store = new_store();
  put(store, 1, 7, "ip-dst", "198.51.100.1");
  Event published = event(7);
  published.publish_timestamp = 1'700'000'000;
  store.update_event(published);
  Event other = event(7);
  other.uuid = uuid(900);
  store.update_event(other);
  EXPECT_EQ(store.event(7)->publish_timestamp, 0);
  EXPECT_EQ(store.event_id_of(*published.uuid), std::nullopt);
  EXPECT_EQ(store.event_id_of(uuid(900)), 7U);
}

TEST(IndicatorStore, KnowsAnEventUnderItsNewIdAfterTheOldOneIsGone) {
  IndicatorStore store = new_store();
  put(store, 1, 7, "ip-dst", "198.51.100.1");
  put(store, 2, 8, "ip-dst", "198.51.100.2");
  Event moved = event(8);
  moved.uuid = event(7).uuid;
  store.update_event(moved);
  store.withdraw_event(7);
  EXPECT_EQ(store.event_id_of(*moved.uuid), 8U);
}

TEST(IndicatorStore, WithdrawsEveryAttributeOfADeletedEventAndNoOther) {
  IndicatorStore store = new_store();
  put(store, 1, 7, "ip-dst", "198.51.100.1");
  put(store, 2, 7, "domain|ip", "a.example.org|198.51.100.2");
  put(store, 3, 8, "ip-dst", "198.51.100.1");
  EXPECT_TRUE(store.withdraw_event(7));
  EXPECT_THAT(store.attributes_of(7), IsEmpty());
  EXPECT_EQ(store.event(7), nullptr);
  EXPECT_EQ(store.item_count(), 1U);
  EXPECT_EQ(uuids(store, address("198.51.100.1", 8)), uuid(3).str());
}

TEST(IndicatorStore, ShowsANewInfoInEveryItemOfTheEvent) {
  IndicatorStore store = new_store();
  put(store, 1, 7, "ip-dst", "198.51.100.1");
  put(store, 2, 7, "ip-dst", "198.51.100.2");
  Event renamed = event(7);
  renamed.info = "line\none";
  EXPECT_TRUE(store.update_event(renamed));
  EXPECT_FALSE(store.update_event(renamed));
  EXPECT_EQ(store.item(address("198.51.100.1", 7))->desc, "line one");
  EXPECT_EQ(store.item(address("198.51.100.2", 7))->desc, "line one");
  EXPECT_EQ(store.digest(), digest_of_items(store));
  EXPECT_FALSE(store.update_event(event(99)));
}

TEST(IndicatorStore, ShowsTheTagsOfAllSupportersThatItShallShow) {
  StoreOptions with = options();
  with.shown_tags = {"tlp:red", "apt", "tlp:red"};
  IndicatorStore store(with, kEpoch);
  const auto tagged = [](unsigned n, std::vector<std::string> tags) {
    Attribute result = attribute(n, 7, "ip-dst", "198.51.100.1");
    result.tags = std::move(tags);
    return result;
  };
  const auto tags = [&store] { return store.item(address("198.51.100.1", 7))->tags; };
  EXPECT_TRUE(put(store, tagged(1, {"tlp:red", "other"}), event(7)));
  EXPECT_EQ(tags(), "tlp:red");
  EXPECT_TRUE(put(store, tagged(2, {"apt", "tlp:red"}), event(7)));
  EXPECT_EQ(tags(), "apt,tlp:red");
  const Revision before = store.revision();
  EXPECT_FALSE(put(store, tagged(2, {"tlp:red", "apt", "more"}), event(7)));
  EXPECT_EQ(store.revision(), before);
  EXPECT_TRUE(put(store, tagged(2, {}), event(7))) << "nothing but a tag is gone";
  EXPECT_EQ(tags(), "tlp:red");
  EXPECT_EQ(store.digest(), digest_of_items(store));
  store.withdraw(uuid(1));
  EXPECT_EQ(tags(), "");
  EXPECT_EQ(store.digest(), digest_of_items(store));
}

TEST(IndicatorStore, KeepsTagsOverARestart) {
  StoreOptions with = options();
  with.shown_tags = {"apt", "tlp:red"};
  with.track_unsaved = true;
  IndicatorStore store(with, kEpoch);
  for (const unsigned n : {1U, 2U}) {
    Attribute tagged = attribute(n, 7, "ip-dst", "198.51.100.1");
    tagged.tags = {{n == 1 ? "apt" : "tlp:red"}};
    put(store, tagged, event(7));
  }
  IndicatorStore again(with, kEpoch);
  const Unsaved saved = store.take_unsaved(100);
  for (const auto& row : saved.events) {
    again.restore(row);
  }
  for (const auto& row : saved.attributes) {
    again.restore(row);
  }
  EXPECT_EQ(again.item(address("198.51.100.1", 7))->tags, "apt,tlp:red");
  EXPECT_EQ(again.digest(), store.digest());
  Attribute changed = attribute(1, 7, "ip-dst", "198.51.100.1");
  put(store, changed, event(7));
  ASSERT_EQ(store.take_unsaved(100).attributes.size(), 1U) << "a tag alone is worth saving";
}

TEST(IndicatorStore, CountsRefusedAttributesByReasonWhileTheyExist) {
  IndicatorStore store = new_store();
  put(store, 1, 7, "domain", "not a domain");
  EXPECT_EQ(store.item_count(), 0U);
  EXPECT_EQ(store.attribute_count(), 1U);
  EXPECT_EQ(store.rejects().at(Reject::kBadDomain), 1U);
  put(store, 1, 7, "domain", "a.example.org");
  EXPECT_EQ(store.rejects().at(Reject::kBadDomain), 0U);
  put(store, 1, 7, "domain", "not a domain");
  store.withdraw(uuid(1));
  EXPECT_EQ(store.rejects().at(Reject::kBadDomain), 0U);
}

TEST(IndicatorStore, CountsItemsByType) {
  IndicatorStore store = new_store();
  put(store, 1, 7, "domain|ip", "a.example.org|198.51.100.1");
  const auto of = [&](IndicatorType type) {
    return store.items_by_type().at(static_cast<std::size_t>(type));
  };
  EXPECT_EQ(of(IndicatorType::kAddr), 1U);
  EXPECT_EQ(of(IndicatorType::kDomain), 1U);
  store.withdraw(uuid(1));
  EXPECT_EQ(of(IndicatorType::kAddr), 0U);
  EXPECT_EQ(of(IndicatorType::kDomain), 0U);
}

TEST(IndicatorStore, ListsAtMostSoManyUuids) {
  StoreOptions few = options();
  few.max_uuids = 2;
  IndicatorStore store(few, kEpoch);
  for (unsigned n = 1; n <= 5; ++n) {
    put(store, n, 7, "ip-dst", "198.51.100.1");
  }
  EXPECT_EQ(store.item(address("198.51.100.1", 7))->attribute_uuids,
            uuid(1).str() + "," + uuid(2).str());
  for (unsigned n = 1; n <= 4; ++n) {
    store.withdraw(uuid(n));
  }
  EXPECT_EQ(store.item(address("198.51.100.1", 7))->attribute_uuids, uuid(5).str());
}

TEST(IndicatorStore, DigestIsThatOfItsItemsWhateverHappened) {
  IndicatorStore store = new_store();
  std::mt19937 random(1);
  const std::vector<std::pair<std::string, std::string>> values = {
      {"ip-dst", "198.51.100.1"},
      {"ip-dst|port", "198.51.100.1|443"},
      {"domain|ip", "a.example.org|198.51.100.1"},
      {"domain", "a.example.org"},
      {"domain", "not a domain"}};
  for (int step = 0; step < 2'000; ++step) {
    const auto n = static_cast<unsigned>(random() % 8);
    const auto dice = random() % 10;
    if (dice < 6) {
      const auto& [type, value] = values[random() % values.size()];
      put(store, n, random() % 3, type, value);
    } else if (dice < 9) {
      store.withdraw(uuid(n));
    } else {
      store.withdraw_event(random() % 3);
    }
    ASSERT_EQ(store.digest(), digest_of_items(store)) << "step " << step;
  }
}

TEST(IndicatorStore, NamesEachChangedEntryOnceOldestFirst) {
  IndicatorStore store = new_store();
  put(store, 1, 7, "ip-dst", "198.51.100.1");
  put(store, 2, 7, "ip-dst", "198.51.100.2");
  put(store, 3, 7, "ip-dst", "198.51.100.1");
  const auto all = store.changes_since(0, 200);
  EXPECT_THAT(all.entries, ElementsAre(address("198.51.100.1", 7), address("198.51.100.2", 7)));
  EXPECT_EQ(all.up_to, 3U);
  EXPECT_THAT(store.changes_since(3, 200).entries, IsEmpty());
}

TEST(IndicatorStore, StopsAtTheBoundOfABatchWithoutLosingAChange) {
  IndicatorStore store = new_store();
  for (unsigned n = 1; n <= 5; ++n) {
    put(store, n, 7, "ip-dst", "198.51.100." + std::to_string(n));
  }
  std::vector<EntryKey> told;
  Revision cursor = 0;
  while (cursor != store.revision()) {
    const auto batch = store.changes_since(cursor, 2);
    ASSERT_LE(batch.entries.size(), 2U);
    ASSERT_GT(batch.up_to, cursor);
    told.insert(told.end(), batch.entries.begin(), batch.entries.end());
    cursor = batch.up_to;
  }
  EXPECT_EQ(told.size(), 5U);
}

TEST(IndicatorStore, ForgetsNoChangeOfAnEntryThatIsThere) {
  StoreOptions small = options();
  small.max_log = 3;
  IndicatorStore store(small, kEpoch);
  for (unsigned n = 1; n <= 50; ++n) {
    put(store, n, 7, "ip-dst", "198.51.100." + std::to_string(n));
  }
  EXPECT_TRUE(store.log_covers(0));
  EXPECT_FALSE(store.log_covers(51)) << "a revision that this store never had";
  EXPECT_EQ(store.changes_since(0, 200).entries.size(), 50U);
}

TEST(IndicatorStore, ForgetsTheOldestRemovalsBeyondItsBound) {
  StoreOptions small = options();
  small.max_log = 3;
  IndicatorStore store(small, kEpoch);
  for (unsigned n = 1; n <= 50; ++n) {
    put(store, n, 7, "ip-dst", "198.51.100." + std::to_string(n));
  }
  for (unsigned n = 1; n <= 5; ++n) {
    store.withdraw(uuid(n));
  }
  EXPECT_FALSE(store.log_covers(51));
  EXPECT_TRUE(store.log_covers(52));
  EXPECT_EQ(store.changes_since(52, 200).entries.size(), 3U);
}

TEST(IndicatorStore, WhatChangesAgainAndAgainTakesNoMoreRoom) {
  StoreOptions small = options();
  small.max_log = 10;
  IndicatorStore store(small, kEpoch);
  put(store, 1, 7, "ip-dst", "198.51.100.1");
  const Revision before = store.revision();
  for (unsigned n = 0; n < 100; ++n) {
    put(store, 2 + n, 8, "ip-dst", "198.51.100.2");
  }
  EXPECT_FALSE(store.log_covers(before)) << "who is so far behind gets a snapshot";
  EXPECT_TRUE(store.log_covers(store.revision() - 5));
}

TEST(IndicatorStore, AnEntryThatComesBackIsToldOnceAsItIs) {
  IndicatorStore store = new_store();
  put(store, 1, 7, "ip-dst", "198.51.100.1");
  const Revision before = store.revision();
  for (int i = 0; i < 3; ++i) {
    store.withdraw(uuid(1));
    put(store, 1, 7, "ip-dst", "198.51.100.1");
  }
  EXPECT_THAT(store.changes_since(before, 200).entries, ElementsAre(address("198.51.100.1", 7)));
  store.withdraw(uuid(1));
  EXPECT_THAT(store.changes_since(before, 200).entries, ElementsAre(address("198.51.100.1", 7)));
}

TEST(IndicatorStore, WalksAllItemsInOrderWhileTheyChange) {
  IndicatorStore store = new_store();
  for (unsigned n = 1; n <= 5; ++n) {
    put(store, n, 7, "ip-dst", "198.51.100." + std::to_string(n));
  }
  const auto first = store.items_after(std::nullopt, 2);
  ASSERT_EQ(first.size(), 2U);
  store.withdraw(uuid(2));  // the cursor's own entry goes
  const auto rest = store.items_after(first.back().entry, 10);
  ASSERT_EQ(rest.size(), 3U);
  EXPECT_EQ(rest.front().entry, address("198.51.100.3", 7));
}

TEST(ShortLine, CutsBetweenCharactersAndMarksTheCut) {
  EXPECT_EQ(text::short_line("0123456789", 10), "0123456789");
  EXPECT_EQ(text::short_line("0123456789a", 10), "0123456...");
  EXPECT_EQ(text::short_line("012345\xc3\xa4 789", 10), "012345...");
  EXPECT_EQ(text::short_line("a\x01"
                             "b\xff"
                             "c\x7f",
                             10),
            "a b?c ");
  EXPECT_EQ(text::short_line("\xed\xa0\x80", 10), "???") << "a surrogate is no character";
}

}  // namespace
}  // namespace misp_zeek
