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
  const auto loaded = load_config_text(read_sample(), without_the_word());
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(to_toml(loaded->config), to_toml(expected));
  ASSERT_EQ(loaded->warnings.size(), 1U) << "certificates are the user's to make";
  EXPECT_NE(loaded->warnings[0].find("\"zeek.address\": without certificates"), std::string::npos);
}

}  // namespace
}  // namespace misp_zeek::app
