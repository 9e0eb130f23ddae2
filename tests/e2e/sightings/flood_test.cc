// SPDX-License-Identifier: BSD-3-Clause
// A flood of matches of one indicator on a real Zeek. What it costs is measured by
// misp-zeek-bench-sightings; here is what must hold however fast the machine is.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "process/process.h"
#include "stack/stack.h"

namespace misp_zeek::e2e {
namespace {

using nlohmann::json;
using std::chrono::seconds;

constexpr int kMatches = 5'000;

class Flood : public testing::TestWithParam<std::string> {};

TEST_P(Flood, OfOneIndicatorLosesNothingAndMispGetsTwoSightingsAMinute) {
  const std::string zeek = stack::find_zeek("auto");
  if (zeek.empty()) {
    GTEST_SKIP() << "no Zeek that this build's Broker speaks to";
  }
  ::setenv("FLOOD_MATCHES", std::to_string(kMatches).c_str(), 1);
  stack::Stack stack(
      {.zeek = zeek,
       .misp_arguments = {},
       .zeek_arguments = {MISP_ZEEK_SOURCE_DIR "/tests/support/zeek/flood.zeek", GetParam()},
       .settings = "",
       .start_limit = seconds(60),
       .state = true});
  stack.start_misp();
  const json event = stack.post("/events/add", {{"info", "flood"}, {"distribution", "3"}});
  const auto id = event.at("Event").at("id").get<std::string>();
  stack.post("/attributes/add/" + id,
             {{"type", "domain"}, {"value", "flood.example"}, {"to_ids", true}});
  stack.start_zeek();
  stack.start_service();
  const auto text = process::wait_for_file(stack.file("flood.json"), seconds(120));
  ASSERT_FALSE(text.empty()) << "the flood did not end";
  const json result = json::parse(text);
  stack.stop_service();
  const auto posted = stack.get("/sightings/index/" + id).size();
  EXPECT_EQ(result.at("matches"), kMatches);
  EXPECT_EQ(result.at("dropped"), 0);
  const auto slots = static_cast<std::size_t>(result.at("seconds").get<double>()) / 60 + 2;
  EXPECT_LE(posted, 2 * slots);
  EXPECT_GE(posted, GetParam() == "MISP::report_sightings=F" ? 0U : 1U);
  stack.keep_files(testing::Test::HasFailure());
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
