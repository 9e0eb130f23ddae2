// SPDX-License-Identifier: BSD-3-Clause
#include "core/sightings/sighting_check.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

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

/// A MISP with one attribute.
class OneAttribute : public MispSightings {
 public:
  Result<PostOutcome> add(const SightingPost&) override {
    ++added;
    return PostOutcome::kTaken;
  }
  Result<std::optional<AttributeValue>> value_of(const Uuid&) override {
    ++asked;
    if (away) {
      return fail(ErrorCode::kUnavailable, "away");
    }
    return value;
  }
  void cancel() override {}

  std::optional<AttributeValue> value = AttributeValue{"domain", "c2.example"};
  bool away = false;
  int added = 0;
  int asked = 0;
};

SightingPost post_of(IndicatorType type, const std::string& indicator) {
  return {test::uuid(1), "s", kNow, IndicatorKey{type, indicator}};
}

TEST(PostIfUnchanged, PostsWhatTheAttributeStillSays) {
  OneAttribute misp;
  const auto domain = post_of(IndicatorType::kDomain, "c2.example");
  for (const auto& [type, value] :
       std::vector<std::pair<std::string, std::string>>{{"domain", "C2.Example."},
                                                        {"hostname", "c2.example"},
                                                        {"domain|ip", "c2.example|192.0.2.1"}}) {
    misp.value = {type, value};
    EXPECT_EQ(post_if_unchanged(misp, Mapping(), domain), PostOutcome::kTaken) << value;
  }
  EXPECT_EQ(misp.added, 3);
}

TEST(PostIfUnchanged, DropsWhatItDoesNotSayAnyMore) {
  OneAttribute misp;
  const auto domain = post_of(IndicatorType::kDomain, "c2.example");
  for (const auto& [type, value] :
       std::vector<std::pair<std::string, std::string>>{{"domain", "other.example"},
                                                        {"ip-dst", "192.0.2.1"},
                                                        {"ip-dst", "0.0.0.0/0"},
                                                        {"domain|ip", "other.example|192.0.2.1"}}) {
    misp.value = {type, value};
    EXPECT_EQ(post_if_unchanged(misp, Mapping(), domain), PostOutcome::kChanged) << value;
  }
  EXPECT_EQ(misp.added, 0);
}

TEST(PostIfUnchanged, PostsWhatCannotBeCompared) {
  OneAttribute misp;
  misp.value = {"comment", "of a type that is not mapped any more"};
  EXPECT_EQ(post_if_unchanged(misp, Mapping(), post_of(IndicatorType::kDomain, "c2.example")),
            PostOutcome::kTaken);
  misp.value.reset();
  EXPECT_EQ(post_if_unchanged(misp, Mapping(), post_of(IndicatorType::kDomain, "c2.example")),
            PostOutcome::kTaken)
      << "gone: MISP's answer to the post says so";
  misp.asked = 0;
  EXPECT_EQ(post_if_unchanged(misp, Mapping(), {test::uuid(1), "s", kNow, std::nullopt}),
            PostOutcome::kTaken);
  EXPECT_EQ(misp.asked, 0);
}

TEST(PostIfUnchanged, PostsNothingThatItCannotLookUp) {
  OneAttribute misp;
  misp.away = true;
  const auto outcome =
      post_if_unchanged(misp, Mapping(), post_of(IndicatorType::kDomain, "c2.example"));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(misp.added, 0);
}

}  // namespace
}  // namespace misp_zeek
