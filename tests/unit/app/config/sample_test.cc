// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

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
  expected.feed.endpoints = {"tcp://misp.example.org:50000"};
  expected.zeek.emplace_back();
  const auto loaded = load_config_text(read_sample(), sources_with_key());
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(to_toml(loaded->config), to_toml(expected));
  EXPECT_TRUE(loaded->warnings.empty());
}

}  // namespace
}  // namespace misp_zeek::app
