// SPDX-License-Identifier: BSD-3-Clause
#include "app/config.h"

#include <gtest/gtest.h>

#include <string>

namespace misp_zeek::app {
namespace {

const Environment kKey = {{"MISP_ZEEK_MISP_API_KEY", "not-a-real-key"}};

const std::string kMinimal = R"([misp]
url = "https://misp.example.org"
[misp.feed]
endpoint = "tcp://misp.example.org:50000"
[[zeek]]
name = "sensor-1"
)";

std::string error_of(const std::string& text) {
  const auto config = load_config("test.toml", text, kKey);
  return config ? "" : config.error().message;
}

TEST(Config, TakesTheDocumentedDefaults) {
  const auto config = load_config("test.toml", kMinimal, kKey);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_TRUE(config->misp.verify_tls);
  EXPECT_TRUE(config->filter.to_ids);
  EXPECT_EQ(config->filter.max_age, std::chrono::hours(24 * 90));
  EXPECT_EQ(config->reconcile.interval, std::chrono::minutes(2));
  EXPECT_EQ(config->reconcile.full_interval, std::chrono::hours(6));
  EXPECT_EQ(config->zeek.at(0).port, 27760);
  EXPECT_EQ(config->http.listen, "127.0.0.1:9180");
}

TEST(Config, NamesFileLineAndKeyOfEveryProblem) {
  const std::string error = error_of(kMinimal + R"([filter]
to_ids = "yes"
max_age = "90 days"
published = "sometimes"
colour = "red"
)");
  EXPECT_NE(error.find("test.toml:8: key \"filter.to_ids\": must be true or false"),
            std::string::npos)
      << error;
  EXPECT_NE(error.find("test.toml:9: key \"filter.max_age\": \"90 days\" is not a duration"),
            std::string::npos)
      << error;
  EXPECT_NE(error.find("test.toml:10: key \"filter.published\": \"sometimes\" is not known; "
                       "allowed: any, published, ever_published"),
            std::string::npos)
      << error;
  EXPECT_NE(error.find("test.toml:11: key \"filter.colour\": is not known"), std::string::npos)
      << error;
}

TEST(Config, NamesTheLineOfASyntaxError) {
  EXPECT_EQ(error_of("[misp]\nurl = \n").rfind("test.toml:2: ", 0), 0U);
}

TEST(Config, NamesWhatIsMissing) {
  const auto config = load_config("test.toml", "", {});
  ASSERT_FALSE(config);
  for (const auto* key : {"misp.url", "misp.api_key_file", "misp.feed.endpoint", "zeek"}) {
    EXPECT_NE(config.error().message.find("key \"" + std::string(key) + "\""), std::string::npos)
        << key;
  }
}

TEST(Config, RefusesASecretFileThatCannotBeRead) {
  const auto config =
      load_config("test.toml", kMinimal, {{"MISP_ZEEK_MISP_API_KEY_FILE", "/no/such"}});
  ASSERT_FALSE(config);
  EXPECT_NE(config.error().message.find("cannot read the file /no/such"), std::string::npos);
}

TEST(Config, WorksFromTheEnvironmentAlone) {
  Environment environment = kKey;
  environment["MISP_ZEEK_MISP_URL"] = "https://misp.example.org";
  environment["MISP_ZEEK_MISP_FEED_ENDPOINT"] = "tcp://misp.example.org:50000";
  environment["MISP_ZEEK_ZEEK_ADDRESS"] = "192.0.2.1";
  environment["MISP_ZEEK_ZEEK_PORT"] = "9999";
  const auto config = load_config_file("", environment);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->zeek.at(0).address, "192.0.2.1");
  EXPECT_EQ(config->zeek.at(0).port, 9999);
}

TEST(Config, RefusesTwoZeeksOfOneName) {
  EXPECT_NE(error_of(kMinimal + "[[zeek]]\nname = \"sensor-1\"\n").find("a name of its own"),
            std::string::npos);
}

TEST(Config, NeverShowsTheKeyInAnError) {
  EXPECT_EQ(error_of("[misp]\nurl = 3\n").find("not-a-real-key"), std::string::npos);
}

TEST(Duration, ReadsUnitsAndRefusesTheRest) {
  EXPECT_EQ(parse_duration("90d").value().count(), 90 * 86'400);
  EXPECT_EQ(parse_duration("6h").value().count(), 21'600);
  EXPECT_EQ(parse_duration("0").value().count(), 0);
  for (const auto* text : {"", "5", "d", "-1s", "1w", "1m2s", "999999999999d"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

}  // namespace
}  // namespace misp_zeek::app
