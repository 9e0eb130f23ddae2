// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "app/config/keys.h"
#include "config/config_support.h"

namespace misp_zeek::app {
namespace {

using std::filesystem::perms;

const Environment kEnough = {{"MISP_ZEEK_MISP_API_KEY", kApiKey},
                             {"MISP_ZEEK_MISP_URL", "https://misp.example.org"},
                             {"MISP_ZEEK_MISP_FEED_ENDPOINT", "tcp://misp.example.org:50000"},
                             {"MISP_ZEEK_ZEEK_ADDRESS", "127.0.0.9"},
                             {"MISP_ZEEK_ZEEK_ALLOW_UNAUTHENTICATED", "true"}};

Result<LoadedConfig> load(Environment environment, std::vector<Flag> flags = {}) {
  return load_config({"", std::move(environment), std::move(flags)});
}

Environment with(Environment environment, const std::string& name, const std::string& value) {
  environment[name] = value;
  return environment;
}

TEST(ConfigSources, EnvironmentAloneIsEnough) {
  auto environment = with(kEnough, "MISP_ZEEK_ZEEK_PORT", "9999");
  environment["MISP_ZEEK_ZEEK_TLS"] = "false";
  environment["MISP_ZEEK_ZEEK_TRANSPORT"] = "broker";
  environment["MISP_ZEEK_HTTP_LISTEN"] = "0.0.0.0:80";
  environment["MISP_ZEEK_HTTP_ALLOWED_HOSTS"] = "a,b";
  environment["MISP_ZEEK_LOG_LEVEL"] = "debug";
  environment["MISP_ZEEK_FILTER_TYPES"] = "ip-dst, domain,!md5";
  environment["MISP_ZEEK_FILTER_FIXED_EVENTS"] = "1,2";
  environment["MISP_ZEEK_FILTER_MAX_AGE"] = "30d";
  environment["MISP_ZEEK_RECONCILE_MAX_SHRINK"] = "0.5";
  environment["MISP_ZEEK_MAPPING_TYPES"] = "sha512=file_hash,url=none";
  const auto loaded = load(environment);
  ASSERT_TRUE(loaded) << loaded.error().message;
  const Config& config = loaded->config;
  EXPECT_TRUE(loaded->warnings.empty());
  ASSERT_EQ(config.zeek.size(), 1U);
  EXPECT_EQ(config.zeek[0].address, "127.0.0.9");
  EXPECT_EQ(config.zeek[0].port, 9999);
  EXPECT_EQ(config.zeek[0].tls, false);
  EXPECT_EQ(config.http.listen, "0.0.0.0:80");
  EXPECT_EQ(config.log.level, log::Level::kDebug);
  EXPECT_EQ(config.filter.types, (std::vector<std::string>{"ip-dst", "domain", "!md5"}));
  EXPECT_EQ(config.filter.fixed_events, (std::vector<std::uint64_t>{1, 2}));
  EXPECT_EQ(config.filter.max_age, std::chrono::days(30));
  EXPECT_DOUBLE_EQ(config.reconcile.max_shrink, 0.5);
  EXPECT_EQ(config.mapping.overrides.at("url"), "none");
}

TEST(ConfigSources, FlagsAloneAreEnoughBesidesTheKey) {
  const auto loaded = load({{"MISP_ZEEK_MISP_API_KEY", kApiKey}},
                           {{"misp.url", "https://m", "--misp-url"},
                            {"misp.feed.endpoint", "tcp://m:1", "--feed"},
                            {"zeek", "127.0.0.1:1", "--zeek"},
                            {"zeek", "[::1]:2", "--zeek"},
                            {"zeek.tls", "false", "--set zeek.tls"},
                            {"zeek.transport", "websocket", "--set zeek.transport"},
                            {"mapping.types.sha512", "file_hash", "--set mapping.types.sha512"}});
  ASSERT_TRUE(loaded) << loaded.error().message;
  const auto& zeek = loaded->config.zeek;
  ASSERT_EQ(zeek.size(), 2U);
  EXPECT_EQ(zeek[0].name, "127.0.0.1:1");
  EXPECT_EQ(zeek[1].address, "::1");
  EXPECT_EQ(zeek[1].port, 2);
  EXPECT_EQ(zeek[0].tls, false);
  EXPECT_EQ(zeek[1].tls, false);
  EXPECT_EQ(loaded->config.mapping.overrides.at("sha512"), "file_hash");
}

TEST(ConfigSources, FlagsWinOverEnvironmentAndThatOverTheFile) {
  ConfigSources sources = sources_with_key();
  const std::string text = kMinimal + "[log]\nlevel = \"warn\"\nformat = \"json\"\n";
  EXPECT_EQ(load_or_throw(text, sources).config.log.level, log::Level::kWarn);
  sources.environment["MISP_ZEEK_LOG_LEVEL"] = "debug";
  EXPECT_EQ(load_or_throw(text, sources).config.log.level, log::Level::kDebug);
  sources.flags = {{"log.level", "trace", "--log-level"}};
  const Config config = load_or_throw(text, sources).config;
  EXPECT_EQ(config.log.level, log::Level::kTrace);
  EXPECT_EQ(config.log.format, log::Format::kJson);
}

TEST(ConfigSources, EveryKeyHasAVariable) {
  for (const auto& key : config_keys()) {
    // A value that no key takes shows that the variable is read.
    const std::string variable = variable_of(key.name);
    const auto loaded = load(with(kEnough, variable, "\x01"));
    const bool is_text =
        key.name.ends_with("_file") || key.name.ends_with("username") || key.name == "filter.tags";
    const std::string said = loaded ? "" : loaded.error().message;
    const bool taken = said.find("\"" + key.name + "\"") != std::string::npos;
    EXPECT_TRUE(taken || is_text) << variable << ": " << said;
    if (loaded) {
      EXPECT_TRUE(loaded->warnings.empty()) << loaded->warnings[0];
    }
  }
}

TEST(ConfigSources, VariablesOfZeekMeanTheFirstOrAll) {
  ConfigSources sources = sources_with_key();
  sources.environment["MISP_ZEEK_ZEEK_PORT"] = "9999";
  sources.environment["MISP_ZEEK_ZEEK_TRANSPORT"] = "broker";
  sources.environment["MISP_ZEEK_ZEEK_TLS"] = "false";
  const Config config =
      load_or_throw(kMinimal + "name = \"a\"\n[[zeek]]\nname = \"b\"\n", sources).config;
  ASSERT_EQ(config.zeek.size(), 2U);
  EXPECT_EQ(config.zeek[0].port, 9999);
  EXPECT_EQ(config.zeek[1].port, 0);
  EXPECT_EQ(config.zeek[0].tls, false);
  EXPECT_EQ(config.zeek[1].tls, false);
}

TEST(ConfigSources, ZeeksOfFlagsReplaceTheOthers) {
  ConfigSources sources = sources_with_key();
  sources.environment["MISP_ZEEK_ZEEK_PORT"] = "9999";
  sources.environment["MISP_ZEEK_ZEEK_TRANSPORT"] = "broker";
  sources.flags = {{"zeek", "sensor:1234", "--zeek"}, {"zeek", "second", "--zeek"}};
  const Config config = load_or_throw(kMinimal + "[[zeek]]\nname = \"b\"\n", sources).config;
  ASSERT_EQ(config.zeek.size(), 2U);
  EXPECT_EQ(config.zeek[0].address, "sensor");
  EXPECT_EQ(config.zeek[0].port, 1234);
  EXPECT_EQ(config.zeek[1].address, "second");
  EXPECT_EQ(config.zeek[1].name, "second");
  EXPECT_EQ(config.zeek[1].port, 0);
}

TEST(ConfigSources, NameVariableAndFlagOfAWrongValue) {
  EXPECT_EQ(load(with(kEnough, "MISP_ZEEK_ZEEK_PORT", "")).error().message,
            "MISP_ZEEK_ZEEK_PORT: key \"zeek.port\": is not a whole number; allowed: 0 to 65535\n");
  EXPECT_EQ(load(kEnough, {{"log.level", "loud", "--log-level"}}).error().message,
            "--log-level: key \"log.level\": \"loud\" is unknown; allowed: trace, debug, info, "
            "warn, error\n");
  EXPECT_EQ(
      load(kEnough, {{"log.levl", "info", "--set log.levl"}}).error().message,
      "--set log.levl: key \"log.levl\": is unknown (did you mean \"level\"?); allowed: level, "
      "format\n");
  EXPECT_EQ(load(kEnough, {{"zeek", "a sensor", "--zeek"}}).error().message,
            "--zeek: key \"zeek\": \"a sensor\" is not an address; allowed: ADDRESS or "
            "ADDRESS:PORT\n");
  EXPECT_EQ(load(with(kEnough, "MISP_ZEEK_MAPPING_TYPES", "sha512")).error().message,
            "MISP_ZEEK_MAPPING_TYPES: key \"mapping.types\": has the member \"sha512\", which is "
            "not TYPE=RULE; allowed: TYPE=RULE,TYPE=RULE\n");
}

TEST(ConfigSources, WithoutAFileProblemsAreOfTheConfiguration) {
  EXPECT_EQ(load({}).error().message.rfind("configuration: key \"misp.url\": is missing", 0), 0U);
}

TEST(ConfigSources, WarnOfAnUnknownVariable) {
  const auto loaded = load(with(kEnough, "MISP_ZEEK_MISP_ULR", "x"));
  ASSERT_TRUE(loaded);
  ASSERT_EQ(loaded->warnings.size(), 1U);
  EXPECT_EQ(loaded->warnings[0],
            "environment variable MISP_ZEEK_MISP_ULR is unknown and was ignored (did you mean "
            "\"MISP_ZEEK_MISP_URL\"?)");
}

// ---- secrets ----

TEST(ConfigSecrets, ComeFromAFile) {
  const TemporaryFolder folder;
  auto environment = kEnough;
  environment.erase("MISP_ZEEK_MISP_API_KEY");
  environment["MISP_ZEEK_MISP_API_KEY_FILE"] = folder.write("misp.key", "from-file\n");
  environment["MISP_ZEEK_MISP_FEED_USERNAME"] = "reader";
  environment["MISP_ZEEK_MISP_FEED_PASSWORD_FILE"] = folder.write("feed", "pass-from-file");
  const auto loaded = load(environment);
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->config.misp.api_key.reveal(), "from-file");
  EXPECT_EQ(loaded->config.feed.password.reveal(), "pass-from-file");
  EXPECT_TRUE(loaded->warnings.empty());
}

TEST(ConfigSecrets, ComeFromTheEnvironmentBeforeTheFileUnlessAFlagNamesIt) {
  const TemporaryFolder folder;
  const std::string file = folder.write("misp.key", "from-file");
  auto environment = with(kEnough, "MISP_ZEEK_MISP_API_KEY_FILE", file);
  EXPECT_EQ(load(environment)->config.misp.api_key.reveal(), kApiKey);
  const auto loaded = load(kEnough, {{"misp.api_key_file", file, "--set misp.api_key_file"}});
  EXPECT_EQ(loaded->config.misp.api_key.reveal(), "from-file");
}

TEST(ConfigSecrets, ComeFromSystemdsCredentials) {
  const TemporaryFolder folder;
  folder.write("misp.key", "from-credential\n");
  auto environment = with(kEnough, "CREDENTIALS_DIRECTORY", folder.file("."));
  environment.erase("MISP_ZEEK_MISP_API_KEY");
  const auto loaded = load(environment);
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->config.misp.api_key.reveal(), "from-credential");
}

TEST(ConfigSecrets, WarnOfAFileThatEverybodyCanRead) {
  const TemporaryFolder folder;
  const std::string file =
      folder.write("misp.key", "from-file", perms::owner_read | perms::others_read);
  auto environment = kEnough;
  environment.erase("MISP_ZEEK_MISP_API_KEY");
  const auto loaded = load(environment, {{"misp.api_key_file", file, "--set misp.api_key_file"}});
  ASSERT_TRUE(loaded) << loaded.error().message;
  ASSERT_EQ(loaded->warnings.size(), 1U);
  EXPECT_EQ(loaded->warnings[0], "--set misp.api_key_file: key \"misp.api_key_file\": " + file +
                                     " can be read by every user of this machine; chmod o-r it");
}

TEST(ConfigSecrets, NameFileAndLineWhenTheFileIsMissing) {
  ConfigSources sources;
  sources.file = "test.toml";
  EXPECT_EQ(errors_of("[misp]\nurl = \"https://m\"\napi_key_file = \"/no/such\"\n"
                      "feed.endpoint = \"tcp://m:1\"\n[[zeek]]\n",
                      sources),
            "test.toml:3: key \"misp.api_key_file\": names a file /no/such that cannot be read: No "
            "such file or directory; allowed: a file with one word of visible ASCII\n");
}

TEST(ConfigSecrets, DoNotRepeatAKeyThatStandsWhereItsFileShould) {
  ConfigSources sources;
  sources.file = "test.toml";
  const std::string error = errors_of("misp.api_key_file = \"" + kApiKey + "\"\n", sources);
  EXPECT_NE(error.find("test.toml:1: key \"misp.api_key_file\": names a file that cannot be read"),
            std::string::npos)
      << error;
  EXPECT_EQ(error.find(kApiKey), std::string::npos) << error;
}

TEST(ConfigSecrets, MustBeUsable) {
  EXPECT_EQ(load(with(kEnough, "MISP_ZEEK_MISP_API_KEY", "")).error().message,
            "MISP_ZEEK_MISP_API_KEY: key \"misp.api_key_file\": is empty; allowed: one word of "
            "visible ASCII\n");
  const std::string error =
      load(with(kEnough, "MISP_ZEEK_MISP_API_KEY", "hunter2\nX-Evil: 1")).error().message;
  EXPECT_NE(error.find("is not one word of visible ASCII characters"), std::string::npos);
  EXPECT_EQ(error.find("hunter2"), std::string::npos);
}

TEST(ConfigSecrets, OfTheFeedNeedUserAndPassword) {
  EXPECT_EQ(load(with(kEnough, "MISP_ZEEK_MISP_FEED_USERNAME", "reader")).error().message,
            "MISP_ZEEK_MISP_FEED_USERNAME: key \"misp.feed.username\": is set without a password; "
            "allowed: with misp.feed.password_file or MISP_ZEEK_MISP_FEED_PASSWORD\n");
  EXPECT_EQ(load(with(kEnough, "MISP_ZEEK_MISP_FEED_PASSWORD", "pass")).error().message,
            "configuration: key \"misp.feed.username\": is empty although there is a password; "
            "allowed: the user that the password is of\n");
}

TEST(ConfigSecrets, OfTheWebhookIsAUrlThatNoMessageRepeats) {
  const std::string url = "https://hooks.example.org/services/T000/hunter2";
  EXPECT_TRUE(load(kEnough)->config.sightings.webhook.url.empty()) << "off by default";
  EXPECT_EQ(load(with(kEnough, "MISP_ZEEK_SIGHTINGS_WEBHOOK_URL", url))
                ->config.sightings.webhook.url.reveal(),
            url);
  const TemporaryFolder folder;
  folder.write("webhook.url", url + "\n");
  EXPECT_EQ(load(with(kEnough, "CREDENTIALS_DIRECTORY", folder.file(".")))
                ->config.sightings.webhook.url.reveal(),
            url);
  const auto named = load(with(kEnough, "MISP_ZEEK_SIGHTINGS_WEBHOOK_URL_FILE",
                               folder.write("url", "hooks.example.org/hunter2")));
  ASSERT_FALSE(named);
  EXPECT_EQ(named.error().message,
            "MISP_ZEEK_SIGHTINGS_WEBHOOK_URL_FILE: key \"sightings.webhook.url_file\": gives "
            "something that is no URL; allowed: https://HOST/PATH\n");
  auto off = with(kEnough, "MISP_ZEEK_SIGHTINGS_WEBHOOK_URL", url);
  off["MISP_ZEEK_SIGHTINGS_ENABLED"] = "false";
  const auto loaded = load(off);
  ASSERT_TRUE(loaded);
  ASSERT_EQ(loaded->warnings.size(), 1U);
  EXPECT_EQ(loaded->warnings[0].find("hunter2"), std::string::npos);
  EXPECT_EQ(to_toml(loaded->config).find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace misp_zeek::app
