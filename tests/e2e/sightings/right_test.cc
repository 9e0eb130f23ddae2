// SPDX-License-Identifier: BSD-3-Clause
// A role of MISP without the right to add sightings, which is given and taken while the service
// runs.
#include <gtest/gtest.h>

#include <chrono>
#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "process/waiting.h"
#include "stack/stack.h"
#include "zeek_sim/zeek_sim.h"

namespace misp_zeek::e2e {
namespace {

using nlohmann::json;
using process::eventually;
using std::chrono::seconds;

std::size_t times_in(const std::string& file, const std::string& words) {
  std::size_t times = 0;
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) {
    times += line.find(words) == std::string::npos ? 0 : 1;
  }
  return times;
}

TEST(SightingRight, ThatIsMissingIsSaidOnceAndAllElseGoesOn) {
  stack::Stack stack({.zeek = "",
                      .misp_arguments = {"--empty"},
                      .zeek_arguments = {},
                      .settings = "[sightings]\naggregate = \"1s\"\nmax_per_second = 1000\n",
                      .start_limit = seconds(40),
                      .state = true});
  stack.start_misp();
  stack.post("/sim/faults", {{"sighting_right", false}});
  const json event = stack.post("/events/add", {{"info", "right"}, {"distribution", "3"}});
  const auto id = event.at("Event").at("id").get<std::string>();
  const auto add = [&](const std::string& value) {
    stack.post("/attributes/add/" + id, {{"type", "domain"}, {"value", value}, {"to_ids", true}});
  };
  add("c2.example");
  auto zeek = sim::ZeekSim::start(
      {.address = "127.0.0.1", .port = 0, .tls = {}, .disable_tls = true, .package = {}});
  ASSERT_TRUE(zeek) << zeek.error().message;
  stack.route({0, 0, (*zeek)->port()});
  stack.start_service();
  stack.wait_until_ready(seconds(60));
  for (std::uint64_t n = 0; n < 20; ++n) {
    contract::Sighting sighting;
    sighting.attribute_uuids = (*zeek)->items().front().attribute_uuids;
    sighting.seen_at = static_cast<std::uint64_t>(std::time(nullptr)) - 3'600 + n;
    (*zeek)->see(std::move(sighting));
  }
  EXPECT_TRUE(eventually([&] { return (*zeek)->waiting_sightings() == 0; }))
      << "stored all the same";
  add("another.example");
  EXPECT_TRUE(eventually([&] { return (*zeek)->items().size() == 2; })) << "indicators go on";
  EXPECT_TRUE(stack.ready().at("ready").get<bool>());
  EXPECT_EQ(times_in(stack.file("misp-zeek.log"), "lacks the right to add"), 1U);
  EXPECT_EQ(stack.get("/sim/stats").at("requests").value("sightings/add", 0), 0)
      << "nothing is tried";

  // Given while the service is away, the right is there at the next start.
  stack.stop_service();
  stack.post("/sim/faults", {{"sighting_right", true}});
  stack.start_service();
  EXPECT_TRUE(eventually([&] { return stack.get("/sightings/index/" + id).size() == 20; }));
  stack.stop_service();
  stack.keep_files(testing::Test::HasFailure());
}

}  // namespace
}  // namespace misp_zeek::e2e
