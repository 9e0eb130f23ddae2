// SPDX-License-Identifier: BSD-3-Clause
// Random histories of MISP with faults, against a naive rebuild of what every Zeek must hold. See
// tests/support/model/world.h for what is simulated and invariants.h for what must hold.
#include <gtest/gtest.h>

#include <cstdint>
#include <iostream>

#include "model/history.h"
#include "model/shrink.h"
#include "model/world.h"

namespace misp_zeek::model {
namespace {

constexpr std::uint32_t kHistories = 1'500;

/// Parts, so that they run side by side.
class Model : public testing::TestWithParam<std::uint32_t> {};

TEST_P(Model, EveryZeekFollowsMispThroughFaults) {
  const std::uint32_t first = 1 + GetParam() * kHistories;
  std::cout << "seeds " << first << " to " << first + kHistories - 1 << "\n";
  for (std::uint32_t seed = first; seed < first + kHistories; ++seed) {
    ASSERT_EQ(run_and_shrink(random_history(seed)), "");
  }
}

INSTANTIATE_TEST_SUITE_P(Histories, Model, testing::Range(0U, 8U));

std::vector<std::string> trace_of(std::uint32_t seed) {
  World world(random_history(seed));
  world.keep_trace();
  EXPECT_EQ(world.run(), "");
  return world.trace();
}

TEST(ModelDriver, TheSameSeedGivesTheSameHistory) {
  for (const std::uint32_t seed : {2U, 11U, 23U}) {
    const auto first = trace_of(seed);
    EXPECT_GT(first.size(), 100U);
    EXPECT_EQ(first, trace_of(seed));
  }
  EXPECT_NE(trace_of(2), trace_of(8));
}

TEST(ModelDriver, AHistoryIsTheSameAfterWritingAndReadingIt) {
  const Scenario history = random_history(5);
  const auto read = parse_scenario(history.str());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->str(), history.str());
}

TEST(ModelDriver, RefusesALineThatItDoesNotUnderstand) {
  for (const char* text : {"set colour red\n", "soon event.add e1\n", "20 event.add e1\n10 x\n"}) {
    const auto read = parse_scenario(text);
    ASSERT_FALSE(read) << text;
    EXPECT_NE(read.error().message.find("line "), std::string::npos);
  }
}

TEST(ModelDriver, ShrinksAFailureToWhatItNeeds) {
  Scenario scenario = random_history(5);
  const auto steps = scenario.steps.size();
  const SteadyMs end = scenario.steps.back().at + 60'000;
  scenario.steps.push_back({end, "event.add", {"e900"}, {}});
  scenario.steps.push_back(
      {end, "attribute.add", {"a900", "e900", "ip-dst", "192.0.2.9", "to_ids"}, {}});
  scenario.steps.push_back({end + 60'000, "attribute.delete", {"a900"}, {}});
  scenario.steps.push_back({end + 90'000, "expect.present", {"a900"}, {}});
  const Scenario smallest = shrink(scenario);
  EXPECT_GT(steps, 20U);
  EXPECT_EQ(smallest.str(), std::to_string(end + 90'000) + " expect.present a900\n");
}

}  // namespace
}  // namespace misp_zeek::model
