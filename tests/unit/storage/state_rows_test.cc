// SPDX-License-Identifier: BSD-3-Clause
#include "storage/state_rows.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace misp_zeek::storage {
namespace {

TEST(StateRows, ReadsBackEverySupport) {
  const std::vector<SavedAttribute::Support> supports = {
      {{IndicatorType::kAddr, "198.51.100.1"}, 443},
      {{IndicatorType::kFileName, "a name with  spaces .exe"}, 0},
      {{IndicatorType::kUrl, "a.example/\xc3\xa4 b"}, 65'535}};
  const auto read = decode_supports(encode_supports(supports));
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, supports);
  EXPECT_TRUE(decode_supports("")->empty());
}

TEST(StateRows, RefusesWhatItDidNotWrite) {
  for (const auto* text :
       {"Intel::ADDR 0 192.0.2.1", "Intel::ADDR 0\n", "Intel::ADDR 0 \n", "Intel::ADDR 65536 a\n",
        "Intel::ADDR x a\n", "Intel::ADDR  a\n", "Intel::NOTHING 0 a\n", "\n",
        "Intel::ADDR 0 a\n\n", "Intel::ADDR 0 a\nrest"}) {
    EXPECT_FALSE(decode_supports(text)) << text;
  }
}

TEST(StateRows, ReadsBackEveryReject) {
  for (std::size_t i = 0; i < kRejectCount; ++i) {
    const auto reject = static_cast<Reject>(i);
    EXPECT_EQ(reject_from(to_string(reject)), reject);
  }
  EXPECT_FALSE(reject_from("no_such_reason"));
}

TEST(StateRows, TakesUuidsOf16BytesOnly) {
  const Uuid uuid = Uuid::parse("5f3a2b10-0000-4000-8000-00000000002a").value();
  EXPECT_EQ(uuid_from(uuid.bytes.data(), 16), uuid);
  EXPECT_FALSE(uuid_from(uuid.bytes.data(), 15));
  EXPECT_FALSE(uuid_from(nullptr, 16));
}

}  // namespace
}  // namespace misp_zeek::storage
