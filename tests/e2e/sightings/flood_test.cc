// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "process/process.h"
#include "process/temporary_folder.h"
#include "stack/stack.h"

namespace misp_zeek::e2e {
namespace {

using nlohmann::json;
using std::chrono::seconds;

/// Sees one name a thousand times a second, for some seconds from when Zeek holds it, and writes
/// down what that did to the main loop.
constexpr const char* kScript = R"(module MISP;
global flood: event();
global started = double_to_time(0.0);
global last_round = double_to_time(0.0);
global longest_gap = 0sec;
global done = 0;
event flood()
	{
	local now = current_time();
	if ( now - last_round > longest_gap )
		longest_gap = now - last_round;
	last_round = now;
	while ( done < double_to_count(1000.0 * interval_to_double(now - started)) )
		{
		Intel::seen(Intel::Seen($indicator="flood.example", $indicator_type=Intel::DOMAIN,
		                        $where=Intel::IN_ANYWHERE));
		++done;
		}
	if ( now - started < double_to_interval(to_double(getenv("FLOOD_SECONDS"))) )
		{
		schedule 5msec { MISP::flood() };
		return;
		}
	local out = open("flood.json.tmp");
	print out, fmt("{\"matches\":%d,\"longest_gap_ms\":%.1f,\"waiting\":%d,\"dropped\":%d}", done,
	                1000.0 * interval_to_double(longest_gap), |waiting|, dropped_sightings);
	close(out);
	rename("flood.json.tmp", "flood.json");
	}
event MISP::ping_v1(session: string, nonce: count) &priority=-10
	{
	if ( item_count() == 0 || started > double_to_time(0.0) )
		return;
	started = current_time();
	last_round = started;
	schedule 5msec { MISP::flood() };
	}
)";

class Flood : public testing::TestWithParam<std::string> {};

TEST_P(Flood, OfOneIndicatorLeavesZeekAndMispUnharmed) {
  const std::string zeek = stack::find_zeek("auto");
  if (zeek.empty()) {
    GTEST_SKIP() << "no Zeek that this build's Broker speaks to";
  }
  ::setenv("FLOOD_SECONDS", "5", 0);
  const int length = std::atoi(std::getenv("FLOOD_SECONDS"));
  const process::TemporaryFolder folder;
  stack::Stack stack({.zeek = zeek,
                      .misp_arguments = {},
                      .zeek_arguments = {folder.write("flood.zeek", kScript), GetParam()},
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
  const auto text = process::wait_for_file(stack.file("flood.json"), seconds(length + 60));
  ASSERT_FALSE(text.empty()) << "the flood did not end";
  const json result = json::parse(text);
  stack.stop_service();
  const auto posted = stack.get("/sightings/index/" + id).size();
  std::printf(
      "%s: %d matches in %d s, longest gap of Zeek's main loop %.1f ms, %d wait, %d "
      "dropped, %zu sightings in MISP\n",
      GetParam().c_str(), result.at("matches").get<int>(), length,
      result.at("longest_gap_ms").get<double>(), result.at("waiting").get<int>(),
      result.at("dropped").get<int>(), posted);
  EXPECT_GE(result.at("matches").get<int>(), 1000 * length - 100);
  EXPECT_EQ(result.at("dropped"), 0);
  // Two for each slot of a minute that the flood touched.
  EXPECT_LE(posted, 2U * (static_cast<std::size_t>(length) / 60 + 2));
  if (GetParam() != "MISP::report_sightings=F") {
    EXPECT_GE(posted, 1U);
  }
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
