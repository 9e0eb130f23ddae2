// SPDX-License-Identifier: BSD-3-Clause
#include "zeek/codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace misp_zeek::zeek {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kOne = 1;

WireValue::Vector reject(const std::string& indicator = "x") {
  return {indicator, "Intel::DOMAIN", "1", "vetoed"};
}

WireEvent event_of(const std::string& name, WireValue::Vector fields) {
  WireValue::Vector args;
  args.emplace_back(std::move(fields));
  return {name, std::move(args)};
}

/// The fields of an event's record.
WireValue::Vector& fields(WireEvent& event) {
  return std::get<WireValue::Vector>(event.args.at(0).value);
}

WireEvent ack(WireValue::Vector rejects) {
  return event_of("MISP::ack_v2",
                  {"s-1", kOne, kOne, kOne, kOne, kOne, kOne, WireValue(std::move(rejects))});
}

WireEvent apply_with_key(WireValue::Vector key) {
  WireValue::Vector removals{WireValue(std::move(key))};
  return event_of("MISP::apply_v2",
                  {"s-1", kOne, "e", kOne, WireValue::Vector{}, WireValue(std::move(removals))});
}

Error error_of(const WireEvent& event) {
  const auto decoded = decode_from_zeek(event);
  return decoded ? Error{ErrorCode::kCancelled, "decoded", 0} : decoded.error();
}

Error error_to_zeek(const WireEvent& event) {
  const auto decoded = decode_to_zeek(event);
  return decoded ? Error{ErrorCode::kCancelled, "decoded", 0} : decoded.error();
}

TEST(Codec, RefusesAnUnknownEvent) {
  const auto error = error_of({"MISP::ack_v9", {}});
  EXPECT_EQ(error.code, ErrorCode::kMalformed);
  EXPECT_EQ(error.message, "unknown event 'MISP::ack_v9'");
}

TEST(Codec, RefusesAnEventOfTheOtherDirection) {
  const contract::ToZeek ping = contract::Ping{"s-1", 1, ""};
  EXPECT_EQ(error_of(encode(ping)).code, ErrorCode::kMalformed);
  const contract::FromZeek resync = contract::Resync{"s-1", 1, "why"};
  EXPECT_EQ(error_to_zeek(encode(resync)).code, ErrorCode::kMalformed);
}

TEST(Codec, RefusesAFieldTooFewOrTooMany) {
  auto event = ack({});
  fields(event).emplace_back(true);
  EXPECT_EQ(error_of(event).message, "MISP::ack_v2: expected 8 fields, got 9");
  fields(event).resize(7, WireValue(true));
  EXPECT_EQ(error_of(event).message, "MISP::ack_v2: expected 8 fields, got 7");
  fields(event).clear();
  EXPECT_EQ(error_of(event).message, "MISP::ack_v2: expected 8 fields, got 0");
  event.args.clear();
  EXPECT_EQ(error_of(event).message, "MISP::ack_v2: expected one record");
  event.args = {WireValue("text")};
  EXPECT_EQ(error_of(event).message, "MISP::ack_v2: expected one record");
}

TEST(Codec, NamesTheFieldOfAWrongType) {
  auto event = ack({});
  fields(event)[1] = WireValue("1");
  EXPECT_EQ(error_of(event).message, "MISP::ack_v2 field 1 (seq): expected count, got string");
  event = ack({});
  fields(event)[0] = WireValue(true);
  EXPECT_EQ(error_of(event).message, "MISP::ack_v2 field 0 (session): expected string, got bool");
  event = ack({});
  fields(event)[7] = WireValue(kOne);
  EXPECT_EQ(error_of(event).message, "MISP::ack_v2 field 7 (rejects): expected vector, got count");
}

TEST(Codec, NamesTheFieldOfARecordThatIsWrong) {
  auto wrong = reject();
  wrong[3] = WireValue(kOne);
  EXPECT_EQ(error_of(ack({reject(), wrong})).message,
            "MISP::ack_v2 field 7 (rejects)[1] field 3 (reason): expected string, got count");
  wrong.pop_back();
  EXPECT_EQ(error_of(ack({wrong})).message,
            "MISP::ack_v2 field 7 (rejects)[0]: expected 4 fields, got 3");
  EXPECT_EQ(error_of(ack({WireValue("no record")})).message,
            "MISP::ack_v2 field 7 (rejects)[0]: expected record, got string");
}

TEST(Codec, RefusesMoreRejectsThanTheContractAllows) {
  EXPECT_TRUE(
      decode_from_zeek(ack(WireValue::Vector(contract::kMaxRejectsPerAck, WireValue(reject())))));
  const auto error =
      error_of(ack(WireValue::Vector(contract::kMaxRejectsPerAck + 1, WireValue(reject()))));
  EXPECT_EQ(error.code, ErrorCode::kTooLarge);
  EXPECT_THAT(error.message, HasSubstr("at most 200 elements, got 201"));
}

TEST(Codec, RefusesTextBeyondItsBound) {
  EXPECT_TRUE(decode_from_zeek(ack({reject(std::string(kMaxTextBytes, 'x'))})));
  EXPECT_EQ(error_of(ack({reject(std::string(kMaxTextBytes + 1, 'x'))})).code,
            ErrorCode::kTooLarge);
}

TEST(Codec, RefusesTextThatIsNotUtf8) {
  const auto error = error_of(ack({reject("\xc3(")}));
  EXPECT_EQ(error.code, ErrorCode::kMalformed);
  EXPECT_THAT(error.message, HasSubstr("expected UTF-8"));
}

TEST(Codec, KeepsTheLargestCount) {
  const contract::FromZeek resync = contract::Resync{"s-1", UINT64_MAX, "why"};
  const auto decoded = decode_from_zeek(encode(resync));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, resync);
}

TEST(Codec, StandInsSeeMoreItemsThanTheContractAllows) {
  contract::Apply apply;
  apply.upserts.resize(contract::kMaxItemsPerApply + 1);
  const auto decoded = decode_to_zeek(encode(contract::ToZeek(apply)));
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(std::get<contract::Apply>(*decoded), apply);
  apply.removals.resize(kMaxRecordsRead + 1);
  EXPECT_EQ(error_to_zeek(encode(contract::ToZeek(apply))).code, ErrorCode::kTooLarge);
}

TEST(Codec, RefusesMoreCapabilitiesOrColumnsThanTheContractAllows) {
  contract::Hello hello;
  for (std::size_t n = 0; n <= contract::kMaxCapabilities; ++n) {
    hello.capabilities.insert(std::to_string(n));
  }
  EXPECT_EQ(error_to_zeek(encode(contract::ToZeek(hello))).code, ErrorCode::kTooLarge);
  contract::Apply apply;
  apply.upserts.resize(1);
  for (std::size_t n = 0; n <= contract::kMaxColumnsPerItem; ++n) {
    apply.upserts[0].columns[std::to_string(n)] = "x";
  }
  EXPECT_EQ(error_to_zeek(encode(contract::ToZeek(apply))).code, ErrorCode::kTooLarge);
}

TEST(Codec, RefusesAnEventIdThatIsNoDecimal) {
  for (const std::string id : {"", "-1", "0x1", "1 ", "18446744073709551616"}) {
    const auto error = error_to_zeek(apply_with_key({"a.example", "Intel::DOMAIN", id}));
    EXPECT_EQ(error.message,
              "MISP::apply_v2 field 5 (removals)[0] field 2 (event_id): expected "
              "a decimal number, got '" +
                  id + "'");
  }
}

TEST(Codec, RefusesATypeThatIntelLacks) {
  const auto error = error_to_zeek(apply_with_key({"a.example", "Intel::NOTHING", "1"}));
  EXPECT_EQ(error.code, ErrorCode::kMalformed);
  EXPECT_THAT(error.message, HasSubstr("got 'Intel::NOTHING'"));
}

}  // namespace
}  // namespace misp_zeek::zeek
