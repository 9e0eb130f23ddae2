// SPDX-License-Identifier: BSD-3-Clause
// A flood of matches of one indicator on a real Zeek. What it costs is measured by
// misp-zeek-bench-sightings; here is what must hold however fast the machine is.
#include "stack/flood.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace misp_zeek::e2e {
namespace {

constexpr int kMatches = 5'000;

class Flood : public testing::TestWithParam<std::string> {};

TEST_P(Flood, OfOneIndicatorLosesNothingAndMispGetsTwoSightingsAMinute) {
  const std::string zeek = stack::find_zeek("auto");
  if (zeek.empty()) {
    GTEST_SKIP() << "no Zeek that this build's Broker speaks to";
  }
  stack::Flood flood({.zeek = zeek, .zeek_arguments = {GetParam()}, .matches = kMatches});
  const auto result = flood.result();
  flood.stack().stop_service();
  const auto posted = flood.stack().get("/sightings/index/" + flood.event()).size();
  EXPECT_EQ(result.at("matches"), kMatches);
  EXPECT_EQ(result.at("dropped"), 0);
  const auto slots = static_cast<std::size_t>(result.at("seconds").get<double>()) / 60 + 2;
  EXPECT_LE(posted, 2 * slots);
  EXPECT_GE(posted, GetParam() == "MISP::report_sightings=F" ? 0U : 1U);
  flood.stack().keep_files(testing::Test::HasFailure());
}

INSTANTIATE_TEST_SUITE_P(Reported, Flood,
                         testing::Values("MISP::report_sightings=F", "MISP::max_item_sightings=5",
                                         "MISP::max_item_sightings=0"),
                         [](const auto& name) {
                           return std::string(name.index == 0   ? "NotAtAll"
                                              : name.index == 1 ? "WithTheDefaultCap"
                                                                : "WithoutACap");
                         });

}  // namespace
}  // namespace misp_zeek::e2e
