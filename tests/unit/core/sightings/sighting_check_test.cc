// SPDX-License-Identifier: BSD-3-Clause
#include "core/sightings/sighting_check.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "builders.h"

namespace misp_zeek {
namespace {

constexpr UnixSeconds kNow = 1'800'000'000;

class SightingCheck : public testing::Test {
 protected:
  SightingCheck() : store_({}, "0123456789abcdef") {
    test::put(store_, 1, 7, "ip-dst", "192.0.2.1");
    test::put(store_, 2, 7, "ip-dst", "192.0.2.1");
  }

  /// What is left of one sighting; "dropped" when it went.
  std::string left_of(const std::string& uuids, std::uint64_t at,
                      const SightingBounds& bounds = {}) {
    contract::Seen seen{"zeek", 1, 0, {contract::Sighting()}};
    seen.sightings[0].attribute_uuids = uuids;
    seen.sightings[0].seen_at = at;
    dropped_ = drop_impossible(seen, knows_all_ ? &store_ : nullptr, kNow, bounds);
    return seen.sightings.empty() ? "dropped" : seen.sightings[0].attribute_uuids;
  }

  const std::string known_ = test::uuid(1).str() + "," + test::uuid(2).str();
  IndicatorStore store_;
  bool knows_all_ = true;
  std::uint64_t dropped_ = 0;
};

TEST_F(SightingCheck, KeepsWhatTheServiceKnows) {
  EXPECT_EQ(left_of(known_, kNow), known_);
  EXPECT_EQ(dropped_, 0U);
}

TEST_F(SightingCheck, DropsAttributesThatTheServiceDoesNotKnow) {
  EXPECT_EQ(left_of(test::uuid(3).str(), kNow), "dropped");
  EXPECT_EQ(left_of(test::uuid(3).str() + "," + known_ + ",", kNow), known_);
  EXPECT_EQ(dropped_, 1U);
  EXPECT_EQ(left_of("no-uuid", kNow), "dropped");
}

TEST_F(SightingCheck, KeepsThemWhileTheServiceDoesNotKnowAll) {
  knows_all_ = false;
  EXPECT_EQ(left_of(test::uuid(3).str(), kNow), test::uuid(3).str());
}

TEST_F(SightingCheck, DropsTimesThatNobodyCanHaveSeenNow) {
  constexpr std::uint64_t kDay = 86'400;
  for (const std::uint64_t at : {std::uint64_t{kNow - 7 * kDay}, std::uint64_t{kNow + 300}}) {
    EXPECT_EQ(left_of(known_, at), known_) << at;
  }
  for (const std::uint64_t at :
       {std::uint64_t{0}, std::uint64_t{kNow - 7 * kDay - 1}, std::uint64_t{kNow + 301},
        std::uint64_t{253'402'300'799}, UINT64_MAX}) {
    EXPECT_EQ(left_of(known_, at), "dropped") << at;
    EXPECT_EQ(dropped_, 2U) << "a match of two attributes";
  }
}

TEST_F(SightingCheck, BoundsTheAttributesOfOneSighting) {
  std::string many;
  for (int i = 0; i < 5; ++i) {
    many += (i == 0 ? "" : ",") + test::uuid(1).str();
  }
  EXPECT_EQ(left_of(many, kNow, {.max_attributes = 2}),
            test::uuid(1).str() + "," + test::uuid(1).str());
  EXPECT_EQ(dropped_, 3U);
}

}  // namespace
}  // namespace misp_zeek
