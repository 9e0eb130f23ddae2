// SPDX-License-Identifier: BSD-3-Clause
#include "core/model/uuid.h"

#include <gtest/gtest.h>

#include <unordered_set>

#include "core/base/error.h"

namespace misp_zeek {
namespace {

constexpr const char* kText = "5f0c2d1e-9a3b-4c7d-8e6f-0123456789ab";

TEST(Uuid, KeepsTheBytesInTheOrderOfTheText) {
  const auto uuid = Uuid::parse(kText);
  ASSERT_TRUE(uuid);
  EXPECT_EQ(uuid->bytes[0], 0x5f);
  EXPECT_EQ(uuid->bytes[4], 0x9a);
  EXPECT_EQ(uuid->bytes[15], 0xab);
  EXPECT_EQ(uuid->str(), kText);
}

TEST(Uuid, ReadsUpperCaseAndWritesLowerCase) {
  const auto uuid = Uuid::parse("5F0C2D1E-9A3B-4C7D-8E6F-0123456789AB");
  ASSERT_TRUE(uuid);
  EXPECT_EQ(uuid->str(), kText);
}

TEST(Uuid, RefusesEverythingButTheCanonicalForm) {
  for (const char* text : {
           "",
           "5f0c2d1e9a3b4c7d8e6f0123456789ab",
           "5f0c2d1e-9a3b-4c7d-8e6f-0123456789a",
           "5f0c2d1e-9a3b-4c7d-8e6f-0123456789abc",
           "{f0c2d1e-9a3b-4c7d-8e6f-0123456789a}",
           "5f0c2d1e-9a3b-4c7d-8e6f-0123456789ag",
           "5f0c2d1e_9a3b-4c7d-8e6f-0123456789ab",
           "5f0c2d1-e9a3b-4c7d-8e6f-0123456789ab",
           "5f0c2d1e-9a3b-4c7d-8e6f--123456789ab",
           " 5f0c2d1e-9a3b-4c7d-8e6f-0123456789a",
       }) {
    EXPECT_FALSE(Uuid::parse(text)) << text;
  }
}

TEST(Uuid, OrdersAsItsTextDoes) {
  const auto low = Uuid::parse("00000000-0000-0000-0000-0000000000ff");
  const auto high = Uuid::parse("00000000-0000-0000-0000-000000000100");
  ASSERT_TRUE(low && high);
  EXPECT_LT(*low, *high);
  EXPECT_LT(low->str(), high->str());
}

TEST(Uuid, SpreadsHashesOfUuidsThatDifferInOneHalf) {
  std::unordered_set<std::size_t> hashes;
  for (std::uint8_t i = 0; i < 200; ++i) {
    Uuid first;
    first.bytes[3] = i;
    Uuid second;
    second.bytes[12] = i;
    hashes.insert(std::hash<Uuid>{}(first));
    hashes.insert(std::hash<Uuid>{}(second));
  }
  EXPECT_EQ(hashes.size(), 399U);  // the UUID of zeros is in both rows
}

TEST(ErrorCode, HasANameForLogs) {
  EXPECT_EQ(to_string(ErrorCode::kMalformed), "malformed");
  EXPECT_EQ(to_string(ErrorCode::kRateLimited), "rate_limited");
  EXPECT_EQ(to_string(ErrorCode::kInvalidConfig), "invalid_config");
  EXPECT_EQ(to_string(ErrorCode::kCancelled), "cancelled");
}

}  // namespace
}  // namespace misp_zeek
