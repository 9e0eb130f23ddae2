// SPDX-License-Identifier: BSD-3-Clause
#include "core/session/zeek_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "builders.h"
#include "zeek_sim/package_model.h"

namespace misp_zeek {
namespace {

using contract::Apply;
using contract::Begin;
using contract::End;
using contract::Hello;
using contract::Ping;
using State = ZeekSession::State;

constexpr const char* kEpoch = "0123456789abcdef";

SessionOptions session_options() {
  SessionOptions options;
  options.service_id = "fedcba9876543210";
  options.service_version = "test";
  return options;
}

/// A store, its session and a package, with the messages between them in the test's hand.
class Pair {
 public:
  explicit Pair(std::size_t max_log = 200'000, std::string epoch = kEpoch)
      : store(store_options(max_log), std::move(epoch)),
        session("zeek", session_options(), store) {}

  static StoreOptions store_options(std::size_t max_log) {
    StoreOptions options;
    options.misp_url = "https://misp.example.org";
    options.max_log = max_log;
    return options;
  }

  void fill(unsigned from, unsigned to) {
    for (unsigned n = from; n <= to; ++n) {
      test::put(store, n, 7, "ip-dst",
                "10." + std::to_string(n / 65'536) + "." + std::to_string(n / 256 % 256) + "." +
                    std::to_string(n % 256));
    }
  }
  void report(const LinkReport& report) { session.on_report(report, now); }
  std::vector<contract::ToZeek> poll() { return session.poll(now); }
  /// Hands messages to the package and its answers back.
  void carry(const std::vector<contract::ToZeek>& messages) {
    for (const auto& message : messages) {
      for (const auto& answer : package.handle(message)) {
        report(answer);
      }
    }
  }
  /// Lets both talk until there is nothing more to say at this time.
  void settle() {
    for (auto messages = poll(); !messages.empty(); messages = poll()) {
      for (const auto& message : messages) {
        seen.push_back(message);
      }
      carry(messages);
    }
  }
  void connect() {
    report(LinkUp{"test"});
    settle();
  }
  bool same() const {
    return package.items().size() == store.item_count() &&
           package.digest() == store.digest(sim::PackageModel::digest_key());
  }
  template <typename T>
  std::size_t count() const {
    return static_cast<std::size_t>(std::count_if(
        seen.begin(), seen.end(), [](const auto& m) { return std::holds_alternative<T>(m); }));
  }

  SteadyMs now = 1'000;
  IndicatorStore store;
  ZeekSession session;
  sim::PackageModel package{"zeek-1"};
  std::vector<contract::ToZeek> seen;
};

template <typename T>
const T& only(const std::vector<contract::ToZeek>& messages) {
  EXPECT_EQ(messages.size(), 1U);
  return std::get<T>(messages.at(0));
}

TEST(ZeekSession, GreetsAgainUntilThePackageAnswers) {
  Pair pair;
  EXPECT_THAT(pair.poll(), testing::IsEmpty()) << "there is no link yet";
  pair.report(LinkUp{"test"});
  const std::string session = only<Hello>(pair.poll()).session;
  EXPECT_THAT(pair.poll(), testing::IsEmpty());
  EXPECT_EQ(pair.session.deadline(), pair.now + 5'000);
  pair.now += 5'000;
  const auto again = pair.poll();
  ASSERT_EQ(again.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<contract::Probe>(again[0]));
  EXPECT_EQ(std::get<Hello>(again[1]).session, session);
  EXPECT_THAT(pair.session.explain(), testing::HasSubstr("is it loaded"));
}

TEST(ZeekSession, SendsASnapshotToAnEmptyZeekAndComparesDigests) {
  Pair pair;
  pair.fill(1, 450);
  pair.connect();
  EXPECT_TRUE(pair.session.in_step()) << pair.session.explain();
  EXPECT_TRUE(pair.same());
  EXPECT_EQ(pair.count<Begin>(), 1U);
  EXPECT_EQ(pair.count<Apply>(), 3U);
  EXPECT_EQ(pair.count<End>(), 1U);
  EXPECT_EQ(pair.session.counters().inserted, 450U);
  EXPECT_EQ(pair.session.acknowledged(), pair.store.revision());
}

TEST(ZeekSession, SnapshotSweepsWhatItDidNotName) {
  Pair pair;
  pair.fill(1, 3);
  pair.connect();
  IndicatorStore other(Pair::store_options(10), "aaaaaaaaaaaaaaaa");
  test::put(other, 2, 7, "ip-dst", "10.0.0.2");
  ZeekSession later("zeek", session_options(), other);
  later.on_report(LinkUp{"test"}, pair.now);
  for (auto messages = later.poll(pair.now); !messages.empty(); messages = later.poll(pair.now)) {
    for (const auto& message : messages) {
      for (const auto& answer : pair.package.handle(message)) {
        later.on_report(answer, pair.now);
      }
    }
  }
  EXPECT_TRUE(later.in_step());
  EXPECT_EQ(pair.package.items().size(), 1U);
  EXPECT_EQ(later.counters().removed, 2U);
  EXPECT_EQ(later.counters().unchanged, 1U) << "what stays is not inserted again";
}

TEST(ZeekSession, KeepsAtMostFourMessagesUnacknowledgedAndTwoHundredItemsEach) {
  Pair pair;
  pair.fill(1, 2'000);
  pair.report(LinkUp{"test"});
  pair.carry(pair.poll());  // hello
  const auto messages = pair.poll();
  EXPECT_EQ(messages.size(), 4U);
  EXPECT_TRUE(std::holds_alternative<Begin>(messages.at(0)));
  for (std::size_t i = 1; i < messages.size(); ++i) {
    EXPECT_EQ(std::get<Apply>(messages[i]).upserts.size(), contract::kMaxItemsPerApply);
  }
  pair.fill(2'001, 9'000);
  EXPECT_THAT(pair.poll(), testing::IsEmpty()) << "the window is full";
  EXPECT_EQ(pair.session.unacknowledged_messages(), 4U);
  pair.carry({messages[0]});
  EXPECT_EQ(pair.poll().size(), 1U) << "one acknowledgement opens one place";
}

TEST(ZeekSession, ResumesByChangesAfterABrokenLink) {
  Pair pair;
  pair.fill(1, 300);
  pair.connect();
  pair.report(LinkDown{{ErrorCode::kUnavailable, "cut", 0}});
  EXPECT_FALSE(pair.session.in_step());
  pair.fill(301, 302);
  pair.store.withdraw(test::uuid(1));
  pair.seen.clear();
  pair.connect();
  EXPECT_TRUE(pair.session.in_step());
  EXPECT_TRUE(pair.same());
  EXPECT_EQ(pair.count<Begin>(), 0U);
  EXPECT_EQ(pair.session.counters().resumed, 1U);
}

TEST(ZeekSession, SendsASnapshotWhenTheLogNoLongerReachesBack) {
  Pair pair(10);
  pair.fill(1, 5);
  pair.connect();
  pair.report(LinkDown{{ErrorCode::kUnavailable, "cut", 0}});
  pair.fill(6, 40);
  for (unsigned n = 6; n < 40; ++n) {
    pair.store.withdraw(test::uuid(n));
  }
  pair.seen.clear();
  pair.connect();
  EXPECT_EQ(pair.count<Begin>(), 1U);
  EXPECT_TRUE(pair.session.in_step());
  EXPECT_TRUE(pair.same());
}

TEST(ZeekSession, ARestartedServiceDoesNotSendAgainWhatZeekHolds) {
  Pair pair;
  pair.fill(1, 300);
  pair.connect();
  Pair again(200'000, "aaaaaaaaaaaaaaaa");
  again.fill(1, 300);
  again.package = pair.package;
  again.connect();
  EXPECT_TRUE(again.session.in_step());
  EXPECT_EQ(again.count<Apply>() + again.count<Begin>(), 0U);
}

TEST(ZeekSession, PutsInBeforeItTakesOut) {
  Pair pair;
  pair.fill(1, 1);
  pair.connect();
  pair.store.withdraw(test::uuid(1));
  test::put(pair.store, 2, 7, "ip-dst", "10.9.9.9");
  const auto apply = only<Apply>(pair.poll());
  ASSERT_EQ(apply.upserts.size(), 1U);
  ASSERT_EQ(apply.removals.size(), 1U);
  EXPECT_EQ(apply.upserts[0].entry, test::address("10.9.9.9", 7));
  EXPECT_EQ(apply.removals[0], test::address("10.0.0.1", 7));
}

TEST(ZeekSession, TakesNothingOutWhileTheStoreIsIncomplete) {
  Pair pair;
  pair.fill(1, 2);
  pair.connect();
  pair.store.set_complete(false);  // as after a restart: what supports the entry may be unknown
  pair.store.withdraw(test::uuid(1));
  EXPECT_THAT(only<Apply>(pair.poll()).removals, testing::IsEmpty());
}

TEST(ZeekSession, AValueThatMovesToAnotherAttributeIsNeverAbsent) {
  Pair pair;
  pair.fill(1, 1);
  pair.connect();
  test::put(pair.store, 2, 7, "ip-src", "10.0.0.1");
  pair.store.withdraw(test::uuid(1));
  const auto apply = only<Apply>(pair.poll());
  EXPECT_EQ(apply.upserts.size(), 1U);
  EXPECT_THAT(apply.removals, testing::IsEmpty());
}

TEST(ZeekSession, ALiveChangeOvertakesARunningSnapshot) {
  Pair pair;
  pair.fill(1, 5'000);
  pair.report(LinkUp{"test"});
  pair.carry(pair.poll());
  const auto first = pair.poll();
  test::put(pair.store, 9'999, 8, "ip-dst", "192.0.2.1");
  pair.store.withdraw(test::uuid(1));  // was in a chunk already
  pair.carry({first[0]});
  const auto apply = only<Apply>(pair.poll());
  ASSERT_EQ(apply.upserts.size(), 1U);
  EXPECT_EQ(apply.upserts[0].entry, test::address("192.0.2.1", 8));
  EXPECT_THAT(apply.removals, testing::ElementsAre(test::address("10.0.0.1", 7)));
  pair.carry({first.begin() + 1, first.end()});
  pair.carry({apply});
  pair.settle();
  EXPECT_TRUE(pair.session.in_step());
  EXPECT_TRUE(pair.same());
}

TEST(ZeekSession, ASnapshotGoesOnUnderAStreamOfChanges) {
  Pair pair;
  pair.fill(1, 1'000);
  pair.report(LinkUp{"test"});
  pair.carry(pair.poll());
  for (unsigned n = 0; n < 60 && pair.session.state() != State::kLive; ++n) {
    pair.carry(pair.poll());
    pair.fill(10'000 + n * 300, 10'000 + n * 300 + 299);
    if (pair.package.items().contains(test::address("10.0.3.232", 7))) {
      break;  // the last of the first thousand
    }
  }
  EXPECT_TRUE(pair.package.items().contains(test::address("10.0.3.232", 7)));
}

TEST(ZeekSession, ADifferentDigestLeadsToASnapshot) {
  Pair pair;
  pair.fill(1, 20);
  EXPECT_FALSE(pair.session.digest_agrees());
  pair.connect();
  EXPECT_TRUE(pair.session.digest_agrees());
  ASSERT_TRUE(pair.package.lose(test::address("10.0.0.7", 7)));
  pair.now += 5'000;
  pair.settle();
  EXPECT_FALSE(pair.session.in_step());
  EXPECT_FALSE(pair.session.digest_agrees());
  EXPECT_EQ(pair.session.counters().digest_mismatches, 1U);
  pair.now += 200;
  pair.settle();
  EXPECT_TRUE(pair.session.in_step());
  EXPECT_TRUE(pair.session.digest_agrees());
  EXPECT_TRUE(pair.same());
  EXPECT_EQ(pair.session.counters().snapshots, 2U);
}

TEST(ZeekSession, AGapInTheSequenceLeadsToANewSession) {
  Pair pair;
  pair.fill(1, 3);
  pair.connect();
  pair.fill(4, 4);
  EXPECT_EQ(pair.poll().size(), 1U);  // lost on its way
  pair.fill(5, 5);
  pair.carry(pair.poll());
  EXPECT_EQ(pair.session.state(), State::kGreeting);
  EXPECT_EQ(pair.session.counters().resyncs, 1U);
  pair.now += 200;
  pair.settle();
  EXPECT_TRUE(pair.session.in_step());
  EXPECT_TRUE(pair.same());
}

TEST(ZeekSession, AnAnswerThatIsNotDueEndsTheSession) {
  Pair pair;
  pair.fill(1, 3);
  pair.connect();
  contract::Ack ack;
  ack.session = std::get<Hello>(pair.seen.front()).session;
  ack.seq = 99;
  pair.report(ack);
  EXPECT_EQ(pair.session.state(), State::kGreeting);
}

TEST(ZeekSession, AnAcknowledgementOfAnotherMessageThanTheOldestEndsTheSession) {
  for (const bool later : {false, true}) {
    Pair pair;
    pair.fill(1, 3);
    pair.connect();
    pair.fill(4, 4);
    const auto apply = only<Apply>(pair.poll());
    contract::Ack ack;
    ack.session = apply.session;
    ack.seq = later ? apply.seq + 1 : apply.seq - 1;
    pair.report(ack);
    EXPECT_EQ(pair.session.state(), State::kGreeting) << "later: " << later;
    EXPECT_EQ(pair.session.counters().resyncs, 1U);
    EXPECT_LT(pair.session.acknowledged(), apply.revision);
  }
}

TEST(ZeekSession, DropsAnswersOfEarlierSessions) {
  Pair pair;
  pair.fill(1, 3);
  pair.connect();
  contract::Resync old;
  old.session = "fedcba9876543210-0";
  pair.report(old);
  EXPECT_TRUE(pair.session.in_step());
}

TEST(ZeekSession, ASilentZeekIsGreetedAnewAfterTheTimeout) {
  Pair pair;
  pair.fill(1, 3);
  pair.connect();
  pair.fill(4, 4);
  EXPECT_EQ(pair.poll().size(), 1U);
  pair.now += 1'000;
  pair.poll();  // a ping, unheard too
  EXPECT_FALSE(pair.session.silent());
  EXPECT_EQ(pair.session.deadline(), pair.now + 5'000);
  pair.now += 5'000;
  pair.poll();
  EXPECT_TRUE(pair.session.silent());
  EXPECT_EQ(pair.session.explain(), "connected, but Zeek does not answer");
  pair.now += 23'999;
  pair.poll();
  EXPECT_EQ(pair.session.state(), State::kLive);
  EXPECT_EQ(pair.session.deadline(), pair.now + 1);
  pair.now += 1;
  pair.poll();
  EXPECT_EQ(pair.session.state(), State::kGreeting);
  EXPECT_THAT(pair.session.explain(), testing::HasSubstr("did not answer within 30 s"));
}

TEST(ZeekSession, ADeadZeekCostsNothingHoweverMuchChanges) {
  Pair pair(100);
  pair.fill(1, 3);
  pair.connect();
  for (unsigned round = 0; round < 50; ++round) {
    pair.fill(1'000 + round * 200, 1'199 + round * 200);
    pair.poll();
    ASSERT_LE(pair.session.unacknowledged_messages(), 4U);
  }
  pair.now += 60'000;
  pair.settle();
  pair.now += 60'000;
  pair.settle();
  EXPECT_TRUE(pair.session.in_step()) << pair.session.explain();
  EXPECT_TRUE(pair.same());
}

TEST(ZeekSession, WaitsLongerAfterEachSessionThatEndsBadly) {
  Pair pair;
  pair.report(LinkUp{"test"});
  SteadyMs last = 0;
  for (int round = 0; round < 12; ++round) {
    const auto messages = pair.poll();
    ASSERT_EQ(messages.size(), 1U);
    contract::Resync resync;
    resync.session = std::get<Hello>(messages[0]).session;
    pair.report(resync);
    const SteadyMs wait = *pair.session.deadline() - pair.now;
    EXPECT_GE(wait, last);
    EXPECT_LE(wait, 60'000);
    last = wait;
    pair.now += wait;
  }
  EXPECT_EQ(last, 60'000);
}

TEST(ZeekSession, CountsRefusedItemsOutOfTheDigestAndShowsThem) {
  Pair pair;
  pair.package.options().unknown_types = {IndicatorType::kUrl};
  pair.fill(1, 3);
  test::put(pair.store, 4, 7, "url", "http://a.example.org/x");
  pair.connect();
  EXPECT_TRUE(pair.session.in_step()) << pair.session.explain();
  ASSERT_EQ(pair.session.refusals().size(), 1U);
  EXPECT_EQ(pair.session.refusals().begin()->second.reason, "unknown_type");
  EXPECT_EQ(pair.session.counters().rejected, 1U);
  pair.store.withdraw(test::uuid(4));
  pair.settle();
  EXPECT_TRUE(pair.session.in_step());
  EXPECT_TRUE(pair.session.refusals().empty());
}

TEST(ZeekSession, StaysInStepWhenMoreIsVetoedThanAnAcknowledgementCanName) {
  Pair pair;
  pair.package.options().vetoes = [](const Item&) { return true; };
  pair.fill(1, 99'999);
  pair.connect();
  EXPECT_TRUE(pair.session.in_step()) << pair.session.explain();
  pair.fill(100'000, 100'002);
  pair.settle();
  pair.package.options().vetoes = nullptr;
  pair.fill(100'003, 100'003);
  pair.settle();
  EXPECT_TRUE(pair.session.in_step()) << pair.session.explain();
  EXPECT_EQ(pair.session.refusals().size(), 100'002U);
  EXPECT_EQ(pair.package.items().size(), 1U);
  EXPECT_EQ(pair.session.counters().snapshots, 1U);
  EXPECT_EQ(pair.session.explain(), "in sync; Zeek refuses 100002 entries");
}

TEST(ZeekSession, KeepsABoundedNumberOfReasons) {
  Pair pair;
  pair.fill(1, 400);
  pair.report(LinkUp{"test"});
  for (auto messages = pair.poll(); !messages.empty(); messages = pair.poll()) {
    for (const auto& message : messages) {
      for (auto answer : pair.package.handle(message)) {
        auto* ack = std::get_if<contract::Ack>(&answer);
        if (const auto* apply = std::get_if<Apply>(&message); apply && ack) {
          for (const auto& item : apply->upserts) {
            ack->rejects.push_back({item.entry.key.indicator, "Intel::ADDR", "7",
                                    item.entry.key.indicator + std::string(10'000, 'x')});
          }
        }
        pair.report(answer);
      }
    }
  }
  std::set<std::string_view> reasons;
  for (const auto& [entry, refusal] : pair.session.refusals()) {
    reasons.insert(refusal.reason);
    EXPECT_LE(refusal.reason.size(), ZeekSession::kMaxReasonBytes);
  }
  EXPECT_EQ(pair.session.refusals().size(), 400U);
  EXPECT_EQ(reasons.size(), ZeekSession::kMaxReasons + 1);
  EXPECT_TRUE(reasons.contains(ZeekSession::kOtherReason));
}

TEST(ZeekSession, SaysSinceWhenItIsBehind) {
  Pair pair;
  pair.fill(1, 3);
  pair.connect();
  EXPECT_EQ(pair.session.behind_since(), std::nullopt);
  pair.now += 100;
  pair.fill(4, 4);
  const auto messages = pair.poll();
  EXPECT_EQ(pair.session.behind_since(), pair.now);
  pair.now += 100;
  pair.carry(messages);
  pair.settle();
  EXPECT_EQ(pair.session.behind_since(), std::nullopt);
}

TEST(ZeekSession, SaysWhenThePackageSpeaksAnotherContract) {
  Pair pair;
  pair.report(LinkUp{"test"});
  pair.poll();
  contract::ProbeAnswer answer;
  answer.contract = 3;
  answer.package_version = "9.1.0";
  pair.report(answer);
  EXPECT_EQ(pair.session.explain(),
            "package 9.1.0 of this Zeek speaks contract 3, this service contract 2: upgrade the "
            "service");
  pair.now += 5'000;
  pair.poll();
  EXPECT_THAT(pair.session.explain(), testing::HasSubstr("contract 3"));
}

TEST(ZeekSession, PutsInAgainWhatSomebodyElseRemoved) {
  Pair pair;
  pair.fill(1, 20);
  test::put(pair.store, 99, 8, "ip-dst", "10.0.0.7");
  pair.connect();
  for (const auto& answer : pair.package.lose_indicator({IndicatorType::kAddr, "10.0.0.7"})) {
    pair.report(answer);
  }
  EXPECT_FALSE(pair.session.in_step());
  pair.seen.clear();
  pair.settle();
  EXPECT_TRUE(pair.session.in_step()) << pair.session.explain();
  EXPECT_TRUE(pair.same());
  EXPECT_EQ(pair.count<Apply>(), 1U);
  EXPECT_EQ(pair.count<Begin>(), 0U);
  EXPECT_EQ(pair.session.counters().resyncs, 0U);
  EXPECT_EQ(pair.session.counters().lost, 1U);
}

TEST(ZeekSession, IsNotInStepWhileZeekKnowsOfALossAndSendsNoSnapshot) {
  Pair pair;
  pair.fill(1, 20);
  pair.connect();
  pair.package.lose_indicator({IndicatorType::kAddr, "10.0.0.7"});  // the message is lost
  pair.now += 5'000;
  pair.settle();
  EXPECT_FALSE(pair.session.in_step());
  EXPECT_EQ(pair.session.counters().resyncs, 0U);
  EXPECT_EQ(pair.session.deadline(), pair.now + 1'000);
}

TEST(ZeekSession, DoesNotFightOverWhatTheSiteKeepsOut) {
  Pair pair;
  pair.fill(1, 20);
  pair.connect();
  for (const auto& answer : pair.package.lose_indicator({IndicatorType::kAddr, "10.0.0.7"}, true)) {
    pair.report(answer);
  }
  pair.seen.clear();
  pair.now += 5'000;
  pair.settle();
  EXPECT_TRUE(pair.session.in_step()) << pair.session.explain();
  EXPECT_EQ(pair.count<Apply>(), 0U);
  ASSERT_EQ(pair.session.refusals().size(), 1U);
  EXPECT_EQ(pair.session.refusals().begin()->second.reason, "suppressed");
}

TEST(ZeekSession, StandsByWhileAnotherServiceHoldsTheLeaseAndTakesOverWithoutASnapshot) {
  Pair first;
  first.fill(1, 20);
  first.connect();
  Pair second(200'000, "aaaaaaaaaaaaaaaa");
  second.fill(1, 20);
  second.package = first.package;
  second.package.set_holder("service 1");
  second.connect();
  EXPECT_EQ(second.session.state(), State::kStandby);
  EXPECT_EQ(second.session.explain(), "standby: service 1 feeds this Zeek");
  EXPECT_EQ(second.session.deadline(), second.now + 1'000);
  EXPECT_EQ(second.session.bye(), std::nullopt) << "it has no lease to give back";
  second.now += 1'000;
  second.settle();
  EXPECT_EQ(second.session.state(), State::kStandby);
  second.package.set_holder("");
  second.seen.clear();
  second.now += 1'000;
  second.settle();
  EXPECT_TRUE(second.session.in_step()) << second.session.explain();
  EXPECT_EQ(second.count<Apply>() + second.count<Begin>(), 0U);
}

TEST(ZeekSession, KeepsItsLeaseWhileASnapshotWaitsForMisp) {
  Pair pair;
  pair.store.set_complete(false);
  pair.fill(1, 3);
  pair.connect();
  ASSERT_EQ(pair.session.state(), State::kSnapshot);
  for (int second = 0; second < 10; ++second) {
    pair.now = std::max(pair.now, pair.session.deadline().value_or(pair.now + 60'000));
    const auto messages = pair.poll();
    EXPECT_TRUE(std::holds_alternative<Ping>(messages.at(0)));
    pair.carry(messages);
  }
  EXPECT_EQ(pair.now, 11'000);
  EXPECT_FALSE(pair.session.in_step());
  pair.store.set_complete(true);
  pair.settle();
  EXPECT_TRUE(pair.session.in_step());
}

TEST(ZeekSession, ARefusedServiceSaysWhyAndAsksAgain) {
  Pair pair;
  pair.package.set_holder("service 1", "another MISP has this name");
  pair.connect();
  EXPECT_EQ(pair.session.state(), State::kGreeting);
  EXPECT_EQ(pair.session.explain(),
            "refused: another MISP has this name (service 1 feeds this Zeek)");
  pair.package.set_holder("");
  pair.now += 1'000;
  pair.settle();
  EXPECT_TRUE(pair.session.in_step()) << pair.session.explain();
}

TEST(ZeekSession, TellsZeekOfANewFilterInANewSession) {
  Pair pair;
  pair.fill(1, 3);
  pair.connect();
  pair.seen.clear();
  pair.session.set_filter("0000000000000001", pair.now);
  pair.settle();
  ASSERT_EQ(pair.count<Hello>(), 1U);
  EXPECT_EQ(std::get<Hello>(pair.seen.front()).filter, "0000000000000001");
  EXPECT_EQ(pair.count<Begin>(), 0U);
  EXPECT_TRUE(pair.session.in_step());
  EXPECT_TRUE(pair.session.bye());
}

TEST(ZeekSession, CountsMalformedMessagesAndGoesOn) {
  Pair pair;
  pair.fill(1, 3);
  pair.connect();
  pair.report(LinkMalformed{{ErrorCode::kMalformed, "bad", 0}});
  EXPECT_EQ(pair.session.counters().malformed, 1U);
  EXPECT_TRUE(pair.session.in_step());
}

}  // namespace
}  // namespace misp_zeek
