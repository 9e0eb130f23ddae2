// SPDX-License-Identifier: BSD-3-Clause
// Every file of tests/data/scenarios: histories that once failed, and those of public issues. All
// invariants of the model must hold, and what the file itself expects.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "model/world.h"

namespace misp_zeek::model {
namespace {

std::vector<std::string> names() {
  std::vector<std::string> result;
  for (const auto& file : std::filesystem::directory_iterator(MISP_ZEEK_TEST_DATA "/scenarios")) {
    if (file.path().extension() == ".scenario") {
      result.push_back(file.path().stem());
    }
  }
  std::sort(result.begin(), result.end());
  return result;
}

class Scenarios : public testing::TestWithParam<std::string> {};

TEST_P(Scenarios, Hold) {
  const auto scenario = load_scenario(MISP_ZEEK_TEST_DATA "/scenarios/" + GetParam() + ".scenario");
  ASSERT_TRUE(scenario) << scenario.error().message;
  EXPECT_FALSE(scenario->comment.empty()) << "the first line says what it is about";
  World world(*scenario);
  world.keep_trace();
  const std::string failure = world.run();
  std::string trace;
  for (const auto& line : world.trace()) {
    trace += line + "\n";
  }
  EXPECT_EQ(failure, "") << scenario->str() << "what happened:\n" << trace;
}

INSTANTIATE_TEST_SUITE_P(Files, Scenarios, testing::ValuesIn(names()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace misp_zeek::model
