// SPDX-License-Identifier: BSD-3-Clause
// What a session does with a store that was restored, or that MISP has not filled yet.
#include "core/session/zeek_session.h"
#include "store/saved_store.h"
#include "zeek_sim/package_model.h"

namespace misp_zeek {
namespace {

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

TEST(IncompleteStore, ReachesZeekBeforeMispAnswers) {
  auto store = tracking_store();
  saved_of({1, 2}).restore(store);
  sim::PackageModel zeek("new");
  Talk talk(store, zeek);
  talk.run();
  EXPECT_EQ(domains_in(zeek), (std::vector<std::string>{"d1.example", "d2.example"}));
  EXPECT_FALSE(talk.session.in_step());
  EXPECT_EQ(talk.session.explain(),
            "holds the last known set; nothing is removed before MISP was read completely");
  store.set_complete(true);
  talk.run();
  EXPECT_TRUE(talk.session.in_step());
}

TEST(IncompleteStore, TakesNothingOutOfZeekThatItWasTooOldToKnow) {
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

TEST(IncompleteStore, SendsNothingToAZeekThatHoldsTheRestoredSet) {
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

TEST(IncompleteStore, WhatWentWhileTheStoreWasIncompleteLeavesZeekWhenItIsComplete) {
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

TEST(IncompleteStore, AStoreThatNothingProvesTakesNothingOutThatItNeverHad) {
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

}  // namespace
}  // namespace misp_zeek
