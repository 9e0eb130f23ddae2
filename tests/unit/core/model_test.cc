// SPDX-License-Identifier: BSD-3-Clause
// Random histories of MISP operations against a naive rebuild of what Zeek must hold. A failing
// history is shrunk and printed with its seed.
#include <gtest/gtest.h>

#include "model/world.h"

namespace misp_zeek::model {
namespace {

FilterOptions filter_of(std::uint32_t seed) {
  FilterOptions filter;
  switch (seed % 6) {
    case 1:
      filter.max_age = std::chrono::seconds(40);
      break;
    case 2:
      filter.tags = {"good", "!bad"};
      break;
    case 3:
      filter.published = PublishedMode::kPublished;
      break;
    case 4:
      filter.published = PublishedMode::kEverPublished;
      break;
    case 5:
      filter.visibility = VisibilityMode::kConfirm;
      filter.fixed_events = {1};
      break;
    default:
      break;
  }
  return filter;
}

void run_histories(std::uint32_t from, std::uint32_t to, const Faults& faults) {
  for (std::uint32_t seed = from; seed < to; ++seed) {
    Scenario scenario;
    scenario.seed = seed;
    scenario.filter = filter_of(seed);
    scenario.faults = faults;
    const std::string problem = run_and_shrink(scenario);
    ASSERT_EQ(problem, "");
  }
}

TEST(Model, ZeekFollowsMispWhenNothingGoesWrong) { run_histories(1, 3000, {}); }

TEST(Model, LateCommitsAndMixedTopicsChangeNothing) {
  Faults faults;
  faults.max_commit_delay = 1'500;
  faults.max_feed_delay = 400;
  run_histories(1, 3000, faults);
}

TEST(Model, LossOnEveryHopIsRepaired) {
  Faults faults;
  faults.max_commit_delay = 1'500;
  faults.max_feed_delay = 400;
  faults.lose_message = 0.05;
  faults.duplicate_message = 0.05;
  faults.feed_cut = 0.003;
  faults.rest_error = 0.1;
  faults.lose_to_zeek = 0.01;
  faults.link_cut = 0.003;
  faults.zeek_restart = 0.002;
  faults.zeek_loses = 0.001;
  faults.silent_change = 0.05;
  run_histories(1, 6000, faults);
}

}  // namespace
}  // namespace misp_zeek::model
