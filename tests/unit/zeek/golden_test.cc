// SPDX-License-Identifier: BSD-3-Clause
#include "golden.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "core/session/messages.h"
#include "zeek/codec.h"

namespace misp_zeek {
namespace {

using zeek::decode_from_zeek;
using zeek::decode_to_zeek;
using zeek::encode;

template <typename Message, typename Decoded>
Message expect(const Decoded& decoded) {
  if (!decoded) {
    ADD_FAILURE() << decoded.error().message;
    return {};
  }
  const auto* message = std::get_if<Message>(&*decoded);
  if (message == nullptr) {
    ADD_FAILURE() << "another message";
    return {};
  }
  return *message;
}

constexpr const char* kSession = "00c0ffee12345678-1";
constexpr const char* kEpoch = "8c1d2e3f40516273";

class GoldenMessage : public testing::TestWithParam<std::string> {};

TEST_P(GoldenMessage, IsDecodedAndEncodedWithoutADifference) {
  const auto event = golden::read_message(GetParam());
  const auto to_zeek = decode_to_zeek(event);
  const auto from_zeek = decode_from_zeek(event);
  ASSERT_NE(to_zeek.has_value(), from_zeek.has_value())
      << to_zeek.error().message << "; " << from_zeek.error().message;
  EXPECT_EQ(to_zeek ? encode(*to_zeek) : encode(*from_zeek), event);
}

INSTANTIATE_TEST_SUITE_P(Files, GoldenMessage, testing::ValuesIn(golden::message_names()),
                         [](const auto& name) { return name.param; });

TEST(GoldenMessages, CoverEveryMessageOfTheContract) {
  std::set<std::string> events;
  for (const auto& name : golden::message_names()) {
    events.insert(golden::read_message(name).name);
  }
  EXPECT_EQ(events.size(),
            std::variant_size_v<contract::ToZeek> + std::variant_size_v<contract::FromZeek>);
}

TEST(GoldenMessages, HelloHasItsFieldsInPlace) {
  const contract::Hello hello{
      "00c0ffee12345678",  kSession, "1.0.0", "MISP", "https://misp.example.org", kEpoch,
      {"lost", "standby"}, ""};
  EXPECT_EQ(expect<contract::Hello>(decode_to_zeek(golden::read_message("hello_v2"))), hello);
}

TEST(GoldenMessages, BeginHasItsFieldsInPlace) {
  const contract::Begin begin{kSession, 1, kEpoch, 4711, 6, ""};
  EXPECT_EQ(expect<contract::Begin>(decode_to_zeek(golden::read_message("begin_v2"))), begin);
}

TEST(GoldenMessages, ApplyHasItsFieldsInPlace) {
  const auto apply = expect<contract::Apply>(decode_to_zeek(golden::read_message("apply_v2")));
  EXPECT_EQ(apply.seq, 2U);
  EXPECT_EQ(apply.epoch, kEpoch);
  EXPECT_EQ(apply.revision, 4711U);
  ASSERT_EQ(apply.upserts.size(), 6U);
  const Item first{{{IndicatorType::kAddr, "198.51.100.23"}, 17},
                   "5f8f4a3e-2c1c-4d0b-9a2e-0a7cc0a80102,6a1d7e52-8f0e-4b51-a7b3-1b22c0a80102",
                   "Angriff auf Behörden: „Grüße“ 漢字 – Übersicht 🐟",
                   "https://misp.example.org/events/view/17",
                   "443,8080",
                   "tlp:amber,tlp:red",
                   true,
                   "misp",
                   {}};
  EXPECT_EQ(apply.upserts[0], first);
  EXPECT_EQ(apply.upserts[2].kind, "canary");
  EXPECT_THAT(apply.upserts[3].columns,
              testing::ElementsAre(testing::Pair("actor", "x y"), testing::Pair("threat", "high")));
  EXPECT_FALSE(apply.upserts[4].report_sightings);
  EXPECT_EQ(apply.upserts[5].entry.event_id, UINT64_MAX);
  EXPECT_THAT(apply.removals,
              testing::ElementsAre(EntryKey{{IndicatorType::kDomain, "old.example.org"}, 9},
                                   EntryKey{{IndicatorType::kAddr, "203.0.113.9"}, 17}));
}

TEST(GoldenMessages, EndAndPingHaveTheirFieldsInPlace) {
  const contract::End end{kSession, 3, kEpoch, 4712, ""};
  const contract::Ping ping{kSession, 1, ""};
  EXPECT_EQ(expect<contract::End>(decode_to_zeek(golden::read_message("end_v2"))), end);
  EXPECT_EQ(expect<contract::Ping>(decode_to_zeek(golden::read_message("ping_v2"))), ping);
}

TEST(GoldenMessages, HelloAckHasItsFieldsInPlace) {
  const contract::HelloAck ack{kSession,
                               "CkX4Yb2ZJp1nRT6QHf",
                               "1.0.0",
                               "8.2.2",
                               "manager",
                               {"lost", "standby"},
                               "holder",
                               "",
                               "",
                               kEpoch,
                               4710,
                               6,
                               "a51cf555825af4f2",
                               "0f1e2d3c4b5a69788796a5b4c3d2e1f1"};
  EXPECT_EQ(expect<contract::HelloAck>(decode_from_zeek(golden::read_message("hello_ack_v2"))),
            ack);
}

TEST(GoldenMessages, AckHasItsFieldsInPlace) {
  const auto ack = expect<contract::Ack>(decode_from_zeek(golden::read_message("ack_v2")));
  EXPECT_EQ(ack.seq, 2U);
  EXPECT_EQ(ack.revision, 4711U);
  EXPECT_EQ(ack.inserted, 3U);
  EXPECT_EQ(ack.updated, 0U);
  EXPECT_EQ(ack.unchanged, 0U);
  EXPECT_EQ(ack.removed, 1U);
  ASSERT_EQ(ack.rejects.size(), 3U);
  const contract::RejectedItem first{"198.51.100.0/24", "Intel::SUBNET", "18", "vetoed"};
  EXPECT_EQ(ack.rejects[0], first);
}

TEST(GoldenMessages, PongAndResyncHaveTheirFieldsInPlace) {
  const contract::Pong pong{kSession, 1, 3, kEpoch, 4712, 6, "a51cf555825af4f2", 2, 1, 4,
                            3,        3, 2, true,   5,    6};
  const contract::Resync resync{kSession, 6, "sequence"};
  EXPECT_EQ(expect<contract::Pong>(decode_from_zeek(golden::read_message("pong_v2"))), pong);
  EXPECT_EQ(expect<contract::Resync>(decode_from_zeek(golden::read_message("resync_v2"))), resync);
}

TEST(GoldenMessages, SeenAndItsAcknowledgementHaveTheirFieldsInPlace) {
  const auto seen = expect<contract::Seen>(decode_from_zeek(golden::read_message("seen_v2")));
  EXPECT_EQ(seen.instance, "CkX4Yb2ZJp1nRT6QHf-MISP");
  EXPECT_EQ(seen.seq, 7U);
  EXPECT_EQ(seen.dropped, 3U);
  EXPECT_EQ(seen.capped, 12U);
  EXPECT_EQ(seen.vetoed, 2U);
  ASSERT_EQ(seen.sightings.size(), 2U);
  const contract::Sighting first{
      "5f8f4a3e-2c1c-4d0b-9a2e-0a7cc0a80102,6a1d7e52-8f0e-4b51-a7b3-1b22c0a80102",
      "198.51.100.0/24",
      "Intel::SUBNET",
      "17",
      "canary",
      "198.51.100.23",
      "Conn::IN_RESP",
      1767225600,
      12,
      "CHhAvVGS1DHFjwGM9",
      "10.0.0.5",
      49152,
      "198.51.100.23",
      443,
      "worker-1",
      ""};
  EXPECT_EQ(seen.sightings[0], first);
  EXPECT_EQ(seen.sightings[1].fuid, "FCZ9Xi2aPNKcxzDfYj");
  const contract::SeenAck ack{"CkX4Yb2ZJp1nRT6QHf-MISP", 7, ""};
  EXPECT_EQ(expect<contract::SeenAck>(decode_to_zeek(golden::read_message("seen_ack_v2"))), ack);
}

TEST(GoldenMessages, LostAndTheProbeHaveTheirFieldsInPlace) {
  const contract::Lost lost{
      kSession,
      {{"c2.example.net", "Intel::DOMAIN", false}, {"198.51.100.23", "Intel::ADDR", true}}};
  EXPECT_EQ(expect<contract::Lost>(decode_from_zeek(golden::read_message("lost_v2"))), lost);
  const contract::Bye bye{kSession, ""};
  EXPECT_EQ(expect<contract::Bye>(decode_to_zeek(golden::read_message("bye_v2"))), bye);
  const contract::Probe probe{"00c0ffee12345678", 2};
  EXPECT_EQ(expect<contract::Probe>(decode_to_zeek(golden::read_message("probe"))), probe);
  const contract::ProbeAnswer answer{2, "1.0.0", "8.2.2", "manager", "CkX4Yb2ZJp1nRT6QHf"};
  EXPECT_EQ(expect<contract::ProbeAnswer>(decode_from_zeek(golden::read_message("probe_answer"))),
            answer);
}

TEST(GoldenDigest, IsWhatTheCoreComputes) {
  const auto golden = golden::read_digest();
  const auto key = digest_key_from(golden.key);
  ASSERT_TRUE(key);
  std::uint64_t digest = 0;
  ASSERT_FALSE(golden.entries.empty());
  for (const auto& entry : golden.entries) {
    const zeek::WireValue::Vector record{"s",
                                         std::uint64_t{1},
                                         "e",
                                         std::uint64_t{1},
                                         zeek::WireValue::Vector{entry.item},
                                         zeek::WireValue::Vector{}};
    zeek::WireValue::Vector args;
    args.emplace_back(record);
    const auto apply = expect<contract::Apply>(decode_to_zeek({"MISP::apply_v2", args}));
    ASSERT_EQ(apply.upserts.size(), 1U);
    const std::uint64_t hash = item_hash(apply.upserts[0]);
    EXPECT_EQ(format_digest(hash), entry.hash);
    EXPECT_EQ(format_digest(key->mix(hash)), entry.mixed);
    digest ^= key->mix(hash);
  }
  EXPECT_EQ(format_digest(digest), golden.digest);
}

}  // namespace
}  // namespace misp_zeek
