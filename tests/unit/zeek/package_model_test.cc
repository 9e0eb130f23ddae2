// SPDX-License-Identifier: BSD-3-Clause
#include "zeek_sim/package_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace misp_zeek::sim {
namespace {

using contract::Ack;
using contract::Apply;
using contract::Begin;
using contract::End;
using contract::Hello;
using contract::HelloAck;
using contract::Ping;
using contract::Pong;
using contract::Resync;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* kEmptyDigest = "0000000000000000";

Item item(const std::string& domain, std::uint64_t event_id = 1) {
  Item result;
  result.entry = {{IndicatorType::kDomain, domain}, event_id};
  result.attribute_uuids = "u";
  return result;
}

Item typed(IndicatorType type, const std::string& indicator) {
  Item result;
  result.entry = {{type, indicator}, 1};
  return result;
}

std::vector<std::string> reasons(const Ack& ack) {
  std::vector<std::string> reasons;
  for (const auto& reject : ack.rejects) {
    reasons.push_back(reject.reason);
  }
  return reasons;
}

Hello hello_of(const std::string& session) {
  Hello hello;
  hello.service_id = "00c0ffee12345678";
  hello.session = session;
  return hello;
}

std::uint64_t mixed(const Item& item) { return PackageModel::digest_key().mix(item_hash(item)); }

class PackageModelTest : public testing::Test {
 protected:
  template <typename Answer>
  Answer one(const contract::ToZeek& message) {
    const auto answers = model_.handle(message);
    EXPECT_THAT(answers, SizeIs(1));
    if (answers.size() != 1 || !std::holds_alternative<Answer>(answers[0])) {
      ADD_FAILURE() << "another answer";
      return {};
    }
    return std::get<Answer>(answers[0]);
  }

  HelloAck hello(const std::string& session = "s-1") {
    seq_ = 0;
    session_ = session;
    return one<HelloAck>(hello_of(session));
  }
  Ack begin(std::uint64_t revision = 0) {
    return one<Ack>(Begin{session_, ++seq_, "epoch", revision, 0, ""});
  }
  Ack end(std::uint64_t revision) { return one<Ack>(End{session_, ++seq_, "epoch", revision, ""}); }
  Apply next_apply(std::uint64_t revision, std::vector<Item> upserts,
                   std::vector<EntryKey> removals = {}) {
    return {session_, ++seq_, "epoch", revision, std::move(upserts), std::move(removals)};
  }
  Ack apply(std::uint64_t revision, std::vector<Item> upserts,
            std::vector<EntryKey> removals = {}) {
    return one<Ack>(next_apply(revision, std::move(upserts), std::move(removals)));
  }
  std::vector<std::string> held() const {
    std::vector<std::string> names;
    for (const auto& [entry, item] : model_.items()) {
      names.push_back(entry.key.indicator);
    }
    return names;
  }

  PackageModel model_{"i-1"};
  std::string session_;
  std::uint64_t seq_ = 0;
};

TEST_F(PackageModelTest, HearsNothingBeforeHello) {
  EXPECT_THAT(model_.handle(Begin{"", 1, "epoch", 1, 0, ""}), IsEmpty());
  EXPECT_THAT(model_.handle(Ping{"s-1", 1, ""}), IsEmpty());
}

TEST_F(PackageModelTest, TellsOfNothingWhenItIsEmpty) {
  const auto ack = hello();
  EXPECT_EQ(ack.instance, "i-1");
  EXPECT_EQ(ack.epoch, "");
  EXPECT_EQ(ack.items, 0U);
  EXPECT_EQ(ack.digest, kEmptyDigest);
  EXPECT_EQ(model_.service_id(), "00c0ffee12345678");
}

TEST_F(PackageModelTest, CountsInsertedUpdatedUnchangedAndRemoved) {
  hello();
  EXPECT_EQ(apply(1, {item("a"), item("b")}).inserted, 2U);
  auto changed = item("a");
  changed.desc = "new";
  const auto ack = apply(2, {changed, item("b"), item("c")}, {item("b").entry, item("x").entry});
  EXPECT_EQ(ack.seq, 2U);
  EXPECT_EQ(ack.revision, 2U);
  EXPECT_EQ(ack.inserted, 1U);
  EXPECT_EQ(ack.updated, 1U);
  EXPECT_EQ(ack.unchanged, 1U);
  EXPECT_EQ(ack.removed, 1U);
  EXPECT_THAT(held(), ElementsAre("a", "c"));
  EXPECT_EQ(model_.digest(), mixed(changed) ^ mixed(item("c")));
}

TEST_F(PackageModelTest, KeepsAnIndicatorUntilItsLastEventIsGone) {
  hello();
  apply(1, {item("a", 1), item("a", 2)});
  apply(2, {}, {item("a", 1).entry});
  EXPECT_THAT(held(), ElementsAre("a"));
  apply(3, {}, {item("a", 2).entry});
  EXPECT_THAT(held(), IsEmpty());
  EXPECT_EQ(model_.digest(), 0U);
}

TEST_F(PackageModelTest, EndSweepsWhatTheSnapshotDidNotName) {
  hello();
  apply(1, {item("a"), item("b"), item("c")});
  begin(5);
  EXPECT_EQ(apply(5, {item("a")}).unchanged, 1U);
  apply(6, {item("d")}, {item("c").entry});
  EXPECT_EQ(end(6).removed, 1U);
  EXPECT_THAT(held(), ElementsAre("a", "d"));
  EXPECT_EQ(model_.epoch(), "epoch");
  EXPECT_EQ(model_.revision(), 6U);
}

TEST_F(PackageModelTest, ASecondBeginStartsTheSnapshotAnew) {
  hello();
  begin();
  apply(1, {item("a")});
  begin();
  apply(2, {item("b")});
  EXPECT_EQ(end(2).removed, 1U);
  EXPECT_THAT(held(), ElementsAre("b"));
}

TEST_F(PackageModelTest, HasNoRevisionAfterABrokenSnapshotButKeepsItsItems) {
  hello();
  apply(7, {item("a")});
  EXPECT_EQ(hello("s-2").revision, 7U);
  begin(8);
  apply(8, {item("b")});
  const auto ack = hello("s-3");
  EXPECT_EQ(ack.epoch, "");
  EXPECT_EQ(ack.revision, 0U);
  EXPECT_EQ(ack.items, 2U);
}

TEST_F(PackageModelTest, ANewSessionDoesNotSweep) {
  hello();
  apply(1, {item("a")});
  begin();
  hello("s-2");
  EXPECT_EQ(one<Resync>(End{"s-2", 1, "epoch", 1, ""}).reason, "end_without_begin");
  EXPECT_THAT(held(), ElementsAre("a"));
}

TEST_F(PackageModelTest, DropsMessagesOfAnotherSession) {
  hello("s-1");
  hello("s-2");
  EXPECT_THAT(model_.handle(Begin{"s-1", 1, "epoch", 1, 0, ""}), IsEmpty());
  EXPECT_THAT(model_.handle(Ping{"s-1", 1, ""}), IsEmpty());
}

TEST_F(PackageModelTest, AGapInTheSequenceEndsTheSession) {
  hello();
  begin();
  const auto resync = one<Resync>(Begin{"s-1", 3, "epoch", 1, 0, ""});
  EXPECT_EQ(resync.expected_seq, 2U);
  EXPECT_THAT(model_.handle(Begin{"s-1", 2, "epoch", 1, 0, ""}), IsEmpty());
  EXPECT_THAT(model_.handle(Ping{"s-1", 1, ""}), IsEmpty());
  EXPECT_EQ(hello("s-2").session, "s-2");
}

TEST_F(PackageModelTest, ARepeatedMessageEndsTheSession) {
  hello();
  const auto message = next_apply(1, {item("a")});
  one<Ack>(message);
  EXPECT_EQ(one<Resync>(message).expected_seq, 2U);
}

TEST_F(PackageModelTest, TooManyItemsEndTheSessionWithoutBeingApplied) {
  hello();
  Apply message = next_apply(1, {item("a")});
  message.removals.resize(contract::kMaxItemsPerApply, item("b").entry);
  const auto resync = one<Resync>(message);
  EXPECT_EQ(resync.reason, "too_many_items");
  EXPECT_EQ(resync.expected_seq, 1U);
  EXPECT_THAT(held(), IsEmpty());
}

TEST_F(PackageModelTest, RefusesEachBadItemAndCarriesOutTheOthers) {
  model_.options().unknown_types = {IndicatorType::kFileName};
  model_.options().vetoes = [](const Item& i) { return i.entry.key.indicator == "veto"; };
  hello();
  const auto ack = apply(
      1, {typed(IndicatorType::kAddr, "1.2.3"), typed(IndicatorType::kAddr, "192.0.2.1"),
          typed(IndicatorType::kSubnet, "192.0.2.0/33"),
          typed(IndicatorType::kSubnet, "2001:db8::/48"), typed(IndicatorType::kFileName, "a.exe"),
          item(""), item(std::string(2049, 'x')), item("veto")});
  EXPECT_EQ(ack.inserted, 2U);
  EXPECT_THAT(reasons(ack), ElementsAre("bad_address", "bad_subnet", "unknown_type", "empty",
                                        "too_long", "vetoed"));
  EXPECT_EQ(ack.rejects[0].indicator, "1.2.3");
  EXPECT_EQ(ack.rejects[0].indicator_type, "Intel::ADDR");
  EXPECT_EQ(ack.rejects[0].event_id, "1");
  EXPECT_THAT(held(), ElementsAre("192.0.2.1", "2001:db8::/48"));
}

TEST_F(PackageModelTest, ARefusedChangeTakesTheOldEntryOut) {
  hello();
  apply(1, {item("a")});
  model_.options().vetoes = [](const Item& i) { return i.desc == "new"; };
  auto changed = item("a");
  changed.desc = "new";
  const auto ack = apply(2, {changed});
  EXPECT_EQ(ack.removed, 1U);
  EXPECT_THAT(reasons(ack), ElementsAre("vetoed"));
  EXPECT_THAT(held(), IsEmpty());
  EXPECT_EQ(model_.digest(), 0U);
}

TEST_F(PackageModelTest, PongTellsWhatIsHeld) {
  model_.options().workers = 3;
  model_.options().workers_in_sync = 2;
  hello();
  apply(9, {item("a")});
  const auto pong = one<Pong>(Ping{"s-1", 77, ""});
  Pong expected;
  expected.session = "s-1";
  expected.nonce = 77;
  expected.seq = 1;
  expected.epoch = "epoch";
  expected.revision = 9;
  expected.items = 1;
  expected.digest = format_digest(mixed(item("a")));
  expected.workers_configured = 3;
  expected.workers_connected = 3;
  expected.workers_in_sync = 2;
  EXPECT_EQ(pong, expected);
}

TEST_F(PackageModelTest, ARestartForgetsAll) {
  hello();
  apply(1, {item("a")});
  model_.restart("i-2");
  EXPECT_THAT(model_.handle(Ping{"s-1", 1, ""}), IsEmpty());
  const auto ack = hello("s-2");
  EXPECT_EQ(ack.instance, "i-2");
  EXPECT_EQ(ack.epoch, "");
  EXPECT_EQ(ack.digest, kEmptyDigest);
}

TEST_F(PackageModelTest, ALostEntryShowsInTheDigestOnly) {
  hello();
  apply(1, {item("a"), item("b")});
  EXPECT_TRUE(model_.lose(item("a").entry));
  EXPECT_FALSE(model_.lose(item("a").entry));
  const auto pong = one<Pong>(Ping{"s-1", 1, ""});
  EXPECT_EQ(pong.revision, 1U);
  EXPECT_EQ(pong.items, 1U);
  EXPECT_EQ(pong.digest, format_digest(mixed(item("b"))));
}

TEST_F(PackageModelTest, ALostIndicatorIsToldUntilItIsPutInAgain) {
  hello();
  apply(1, {item("a", 1), item("a", 2), item("b")});
  const auto told = model_.lose_indicator(item("a").entry.key);
  ASSERT_THAT(told, SizeIs(1));
  const contract::LostIndicator gone{"a", "Intel::DOMAIN", false};
  EXPECT_THAT(std::get<contract::Lost>(told[0]).indicators, ElementsAre(gone));
  EXPECT_EQ(one<Pong>(Ping{"s-1", 1, ""}).lost, 1U);
  apply(2, {item("a", 1), item("a", 2)});
  EXPECT_EQ(one<Pong>(Ping{"s-1", 2, ""}).lost, 0U);
  EXPECT_THAT(held(), ElementsAre("a", "a", "b"));
}

TEST_F(PackageModelTest, RefusesWhatTheSiteKeepsOut) {
  hello();
  apply(1, {item("a")});
  model_.lose_indicator(item("a").entry.key, true);
  EXPECT_THAT(reasons(apply(2, {item("a")})), ElementsAre("suppressed"));
  const auto pong = one<Pong>(Ping{"s-1", 1, ""});
  EXPECT_EQ(pong.lost, 0U);
  EXPECT_EQ(pong.suppressed, 1U);
}

TEST_F(PackageModelTest, AProbeOpensNoSession) {
  hello();
  EXPECT_EQ(one<contract::ProbeAnswer>(contract::Probe{"00c0ffee00000000"}).contract, 2U);
  EXPECT_EQ(model_.service_id(), "00c0ffee12345678");
  apply(1, {item("a")});
}

TEST_F(PackageModelTest, AByeEndsTheSession) {
  hello();
  EXPECT_THAT(model_.handle(contract::Bye{"s-1", ""}), IsEmpty());
  EXPECT_THAT(model_.handle(Ping{"s-1", 1, ""}), IsEmpty());
}

TEST(PackageModel, SendsSightingsOneMessageAtATimeAndAgainUntilAcknowledged) {
  PackageModel model("i-1");
  EXPECT_TRUE(model.see({}).empty()) << "nobody is there to tell";
  auto answers = model.handle(hello_of("s-1"));
  ASSERT_EQ(answers.size(), 2U);
  const auto first = std::get<contract::Seen>(answers[1]);
  EXPECT_EQ(first.seq, 1U);
  EXPECT_TRUE(model.see({}).empty()) << "one is under way";
  answers = model.handle(hello_of("s-2"));
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(std::get<contract::Seen>(answers[1]), first);
  EXPECT_TRUE(model.handle(contract::SeenAck{"i-0", 1, ""}).empty()) << "of another instance";
  answers = model.handle(contract::SeenAck{"i-1", 1, ""});
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(std::get<contract::Seen>(answers[0]).seq, 2U);
  EXPECT_TRUE(model.handle(contract::SeenAck{"i-1", 2, ""}).empty());
  EXPECT_EQ(model.waiting_sightings(), 0U);
}

}  // namespace
}  // namespace misp_zeek::sim
