// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "app/config/keys.h"
#include "app/config/toml.h"
#include "config/config_support.h"

namespace misp_zeek::app {
namespace {

std::string read_sample() {
  std::ifstream stream(MISP_ZEEK_SAMPLE);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

TEST(SampleConfiguration, HoldsTheDefaults) {
  Config expected;
  expected.misp.url = "https://misp.example.org";
  expected.misp.api_key_file = "/etc/misp-zeek/misp.key";
  expected.feed.endpoint = "tcp://misp.example.org:50000";
  expected.zeek.emplace_back();
  const auto loaded = load_config_text(read_sample(), sources_with_key());
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(to_toml(loaded->config), to_toml(expected));
  EXPECT_TRUE(loaded->warnings.empty());
}

TEST(SampleConfiguration, HoldsEveryKey) {
  const auto entries = parse_toml(read_sample(), section_names());
  ASSERT_TRUE(entries) << entries.error().message;
  const auto has = [&](const std::string& key, bool zeek) {
    return std::any_of(entries->begin(), entries->end(), [&](const Entry& entry) {
      return entry.key == key && entry.zeek.has_value() == zeek;
    });
  };
  for (const auto& key : config_keys()) {
    EXPECT_TRUE(has(key.name, false)) << key.name;
  }
  for (const auto& key : zeek_keys()) {
    EXPECT_TRUE(has(key.name, true)) << key.name;
  }
  EXPECT_NE(read_sample().find("\n[mapping.types]\n"), std::string::npos);
}

TEST(SampleConfiguration, NamesEveryRuleOfTheMapping) {
  const std::string sample = read_sample();
  for (const auto& rule : Mapping::rule_names()) {
    const auto at = sample.find(rule, sample.find("# Other rules"));
    EXPECT_LT(at, sample.find("[mapping.types]")) << rule;
  }
}

TEST(SampleConfiguration, ExplainsEveryKeyInTheLinesAbove) {
  std::istringstream lines(read_sample());
  std::string line;
  std::string before;
  while (std::getline(lines, line)) {
    const bool is_key = !line.empty() && line[0] != '#' && line[0] != '[';
    // Some keys share one comment.
    EXPECT_TRUE(!is_key || before.starts_with('#') || before.find(" = ") != std::string::npos)
        << line;
    before = line;
  }
}

}  // namespace
}  // namespace misp_zeek::app
