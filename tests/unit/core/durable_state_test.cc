// SPDX-License-Identifier: BSD-3-Clause
// What the core gives out to be saved, takes back, and does with it while MISP is away.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "core/misp_sync.h"
#include "core/store.h"
#include "core/zeek_session.h"
#include "model/misp_model.h"
#include "zeek_sim/package_model.h"

namespace misp_zeek {
namespace {

constexpr const char* kEpoch = "fedcba9876543210";

IndicatorStore tracking_store() {
  StoreOptions options;
  options.misp_url = "https://misp.example.org";
  options.track_unsaved = true;
  return {options, kEpoch};
}

/// What a faithful storage holds.
struct Saved {
  std::map<Uuid, SavedAttribute> attributes;
  std::map<std::uint64_t, SavedEvent> events;

  void apply(const Unsaved& unsaved) {
    for (const auto& event : unsaved.events) {
      events[event.id] = event;
    }
    for (const auto& attribute : unsaved.attributes) {
      attributes[attribute.uuid] = attribute;
    }
    for (const auto& uuid : unsaved.gone_attributes) {
      EXPECT_EQ(attributes.erase(uuid), 1U) << "was never saved";
    }
    for (const auto id : unsaved.gone_events) {
      EXPECT_EQ(events.erase(id), 1U) << "was never saved";
    }
  }
  void restore(IndicatorStore& store) const {
    for (const auto& [id, event] : events) {
      store.restore(event);
    }
    for (const auto& [uuid, attribute] : attributes) {
      store.restore(attribute);
    }
  }
};

void drain(IndicatorStore& store, Saved& saved) {
  while (store.unsaved() > 0) {
    saved.apply(store.take_unsaved(7));
  }
}

Uuid uuid_of(unsigned number) {
  Uuid uuid;
  uuid.bytes[15] = static_cast<std::uint8_t>(number);
  return uuid;
}

/// One random change among few attributes, events and values, so that they meet often.
void change(IndicatorStore& store, std::mt19937& random, const Mapping& mapping) {
  static const std::vector<std::pair<std::string, std::string>> kValues = {
      {"ip-dst", "198.51.100.1"},           {"ip-dst|port", "198.51.100.1|443"},
      {"domain|ip", "a.example|192.0.2.1"}, {"domain", "a.example"},
      {"domain", "not a domain"},           {"url", "http://a.example/x"}};
  const Uuid uuid = uuid_of(static_cast<unsigned>(random() % 12));
  const std::uint64_t event_id = 1 + random() % 4;
  if (random() % 3 == 0) {
    store.withdraw(uuid);
    return;
  }
  Event event;
  event.id = event_id;
  event.info = "info " + std::to_string(random() % 3);
  event.publish_timestamp = random() % 5;
  if (random() % 8 == 0) {
    store.update_event(event);
    return;
  }
  const auto& [type, value] = kValues[random() % kValues.size()];
  Attribute attribute;
  attribute.uuid = uuid;
  attribute.event_id = event_id;
  attribute.id = 1 + uuid.bytes[15];
  attribute.timestamp = static_cast<std::int64_t>(random() % 3);
  attribute.type = type;
  const auto mapped = mapping.map(type, value);
  mapped ? store.upsert(attribute, event, *mapped)
         : store.upsert(attribute, event, {}, mapped.error());
}

TEST(DurableState, GivesBackTheSameStoreAfterAnyHistory) {
  const Mapping mapping;
  for (unsigned seed = 1; seed <= 200; ++seed) {
    std::mt19937 random(seed);
    auto store = tracking_store();
    Saved saved;
    for (int i = 0; i < 80; ++i) {
      change(store, random, mapping);
      if (random() % 4 == 0) {
        saved.apply(store.take_unsaved(1 + random() % 5));
      }
    }
    drain(store, saved);
    auto restored = tracking_store();
    saved.restore(restored);
    ASSERT_EQ(restored.digest(), store.digest()) << "seed " << seed;
    ASSERT_EQ(restored.item_count(), store.item_count()) << "seed " << seed;
    ASSERT_EQ(restored.attribute_count(), store.attribute_count()) << "seed " << seed;
    ASSERT_EQ(restored.events(), store.events()) << "seed " << seed;
    ASSERT_EQ(saved.events.size(), store.events().size()) << "seed " << seed;
    const auto some = [](const auto& counts) {
      std::map<Reject, std::size_t> kept;
      for (const auto& [reason, count] : counts) {
        if (count > 0) kept[reason] = count;
      }
      return kept;
    };
    ASSERT_EQ(some(restored.rejects()), some(store.rejects())) << "seed " << seed;
    ASSERT_EQ(restored.unsaved(), 0U) << "seed " << seed;
    for (int i = 0; i < 20; ++i) {
      change(restored, random, mapping);
    }
    drain(restored, saved);
    auto again = tracking_store();
    saved.restore(again);
    ASSERT_EQ(again.digest(), restored.digest()) << "seed " << seed;
  }
}

TEST(DurableState, SavesNothingWhenARowIsReadAgainUnchanged) {
  const Mapping mapping;
  auto store = tracking_store();
  Attribute attribute;
  attribute.uuid = uuid_of(1);
  attribute.event_id = 7;
  attribute.type = "domain";
  Event event;
  event.id = 7;
  const auto mapped = mapping.map("domain", "a.example").value();
  store.upsert(attribute, event, mapped);
  EXPECT_FALSE(store.take_unsaved(10).empty());
  store.upsert(attribute, event, mapped);
  store.update_event(event);
  EXPECT_EQ(store.unsaved(), 0U);
}

TEST(DurableState, RemembersNothingOfWhatCameAndWentUnsaved) {
  const Mapping mapping;
  auto store = tracking_store();
  Event event;
  for (unsigned i = 0; i < 100; ++i) {
    Attribute attribute;
    attribute.uuid = uuid_of(i);
    attribute.event_id = event.id = 1 + i;
    attribute.type = "domain";
    store.upsert(attribute, event, mapping.map("domain", "a.example").value());
    store.withdraw(attribute.uuid);
  }
  EXPECT_EQ(store.unsaved(), 0U);
}

TEST(DurableState, KeepsNoRecordUnlessAsked) {
  IndicatorStore store({}, kEpoch);
  const Mapping mapping;
  std::mt19937 random(1);
  for (int i = 0; i < 50; ++i) {
    change(store, random, mapping);
  }
  EXPECT_EQ(store.unsaved(), 0U);
}

/// A session and a model of the package, connected without loss.
struct Talk {
  explicit Talk(const IndicatorStore& store, sim::PackageModel& zeek)
      : package(zeek), session("zeek", options(), store) {
    session.on_report(LinkUp{"zeek"}, now);
  }
  static SessionOptions options() {
    SessionOptions options;
    options.service_id = "0123456789abcdef";
    return options;
  }
  void run() {
    for (int turn = 0; turn < 200; ++turn) {
      now += 100;
      for (const auto& message : session.poll(now)) {
        for (const auto& answer : package.handle(message)) {
          session.on_report(answer, now);
        }
      }
    }
  }
  sim::PackageModel& package;
  SteadyMs now = 1'000;
  ZeekSession session;
};

std::vector<std::string> domains_in(const sim::PackageModel& package) {
  std::vector<std::string> names;
  for (const auto& [key, item] : package.items()) {
    names.push_back(key.key.indicator);
  }
  return names;
}

void put(IndicatorStore& store, unsigned number) {
  const Mapping mapping;
  Attribute attribute;
  attribute.uuid = uuid_of(number);
  attribute.event_id = 1;
  attribute.type = "domain";
  Event event;
  event.id = 1;
  store.upsert(attribute, event,
               mapping.map("domain", "d" + std::to_string(number) + ".example").value());
}

Saved saved_of(const std::vector<unsigned>& numbers) {
  auto store = tracking_store();
  for (const auto number : numbers) {
    put(store, number);
  }
  Saved saved;
  drain(store, saved);
  return saved;
}

TEST(DurableState, ReachesZeekBeforeMispAnswers) {
  auto store = tracking_store();
  saved_of({1, 2}).restore(store);
  sim::PackageModel zeek("new");
  Talk talk(store, zeek);
  talk.run();
  EXPECT_EQ(domains_in(zeek), (std::vector<std::string>{"d1.example", "d2.example"}));
  EXPECT_FALSE(talk.session.in_step());
  EXPECT_EQ(talk.session.explain(),
            "holds the last known set; nothing is taken out before MISP was read completely");
  store.set_complete(true);
  talk.run();
  EXPECT_TRUE(talk.session.in_step());
}

TEST(DurableState, TakesNothingOutOfZeekThatItWasTooOldToKnow) {
  // Zeek has 3, which came just before the service was killed and was never saved.
  auto before = tracking_store();
  for (const unsigned number : {1U, 2U, 3U}) {
    put(before, number);
  }
  sim::PackageModel zeek("running");
  Talk(before, zeek).run();
  ASSERT_EQ(zeek.items().size(), 3U);
  auto store = tracking_store();
  saved_of({1, 2}).restore(store);
  Talk talk(store, zeek);
  talk.run();
  EXPECT_EQ(domains_in(zeek), (std::vector<std::string>{"d1.example", "d2.example", "d3.example"}));
  // MISP says: 2 is gone, 3 is there.
  store.withdraw(uuid_of(2));
  put(store, 3);
  talk.run();
  store.set_complete(true);
  talk.run();
  EXPECT_EQ(domains_in(zeek), (std::vector<std::string>{"d1.example", "d3.example"}));
  EXPECT_TRUE(talk.session.in_step());
  EXPECT_EQ(talk.session.counters().inserted, 0U);
  EXPECT_EQ(talk.session.counters().removed, 1U);
}

TEST(DurableState, SendsNothingToAZeekThatHoldsTheRestoredSet) {
  auto before = tracking_store();
  put(before, 1);
  sim::PackageModel zeek("running");
  Talk(before, zeek).run();
  Saved saved;
  drain(before, saved);
  IndicatorStore store({.misp_url = "https://misp.example.org"}, "0000000000000001");
  saved.restore(store);
  Talk talk(store, zeek);
  talk.run();
  EXPECT_TRUE(talk.session.in_step());
  EXPECT_EQ(talk.session.counters().snapshots, 0U);
  EXPECT_EQ(talk.session.counters().messages, 0U);
}

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

TEST(DurableState, HoldsBackAShrinkAgainstWhatWasRestored) {
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

TEST(DurableState, WhatWentWhileTheStoreWasIncompleteLeavesZeekWhenItIsComplete) {
  auto store = tracking_store();
  store.set_complete(false);
  sim::PackageModel zeek("new");
  Talk talk(store, zeek);
  talk.run();
  put(store, 1);
  put(store, 2);
  talk.run();
  store.withdraw(uuid_of(1));
  store.withdraw(uuid_of(2));
  talk.run();
  EXPECT_EQ(domains_in(zeek), (std::vector<std::string>{"d1.example", "d2.example"}));
  EXPECT_FALSE(talk.session.in_step());
  EXPECT_FALSE(talk.session.digest_agrees());
  put(store, 2);
  store.set_complete(true, false);  // though MISP showed nothing at all
  talk.run();
  EXPECT_EQ(domains_in(zeek), (std::vector<std::string>{"d2.example"}));
  EXPECT_TRUE(talk.session.in_step());
  EXPECT_EQ(talk.session.counters().digest_mismatches, 0U);
}

TEST(DurableState, AStoreThatNothingProvesTakesNothingOutThatItNeverHad) {
  auto store = tracking_store();
  saved_of({1, 2}).restore(store);
  sim::PackageModel zeek("new");
  Talk first(store, zeek);
  first.run();
  auto empty = tracking_store();
  empty.set_complete(true, false);
  Talk second(empty, zeek);
  second.run();
  EXPECT_EQ(domains_in(zeek), (std::vector<std::string>{"d1.example", "d2.example"}));
  EXPECT_FALSE(second.session.in_step());
  EXPECT_NE(second.session.explain().find("--accept-shrink"), std::string::npos);
  empty.set_complete(true);
  second.run();
  EXPECT_TRUE(domains_in(zeek).empty());
}

TEST(DurableState, IsIncompleteUntilMispAnswered) {
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

TEST(DurableState, StillLetsGoWhatGrowsTooOld) {
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
