// SPDX-License-Identifier: BSD-3-Clause
#include "app/config/config.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "config/config_support.h"

namespace misp_zeek::app {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(Config, TakesTheDocumentedDefaults) {
  const Config config = load_or_throw(kMinimal).config;
  EXPECT_EQ(config.misp.url, "https://misp.example.org");
  EXPECT_EQ(config.misp.api_key.reveal(), kApiKey);
  EXPECT_TRUE(config.misp.verify_tls);
  EXPECT_EQ(config.misp.ca_file, "");
  EXPECT_EQ(config.misp.proxy, "");
  EXPECT_EQ(config.misp.connect_timeout, seconds(10));
  EXPECT_EQ(config.misp.request_timeout, seconds(120));
  EXPECT_EQ(config.misp.page_size, 10'000U);
  EXPECT_EQ(config.misp.parallel, 2U);
  EXPECT_DOUBLE_EQ(config.misp.max_load, 0.3);
  EXPECT_EQ(config.limits.max_growth, 100'000U);
  EXPECT_EQ(config.feed.endpoints, std::vector<std::string>{"tcp://misp.example.org:50000"});
  EXPECT_EQ(config.feed.max_queue, 100'000U);
  EXPECT_TRUE(config.filter.to_ids);
  EXPECT_EQ(config.filter.published, PublishedMode::kAny);
  EXPECT_EQ(config.filter.max_age, hours(24 * 90));
  EXPECT_FALSE(config.filter.enforce_warninglist);
  EXPECT_EQ(config.filter.visibility, VisibilityMode::kAuto);
  EXPECT_EQ(config.mapping.max_length, 2'048U);
  EXPECT_EQ(config.mapping.min_prefix_v4, 8);
  EXPECT_EQ(config.mapping.min_prefix_v6, 16);
  EXPECT_EQ(config.reconcile.interval, minutes(2));
  EXPECT_EQ(config.reconcile.full_interval, hours(6));
  EXPECT_DOUBLE_EQ(config.reconcile.max_shrink, 0.2);
  ASSERT_EQ(config.zeek.size(), 1U);
  EXPECT_EQ(config.zeek[0].name, "zeek");
  EXPECT_EQ(config.zeek[0].transport, Transport::kAuto);
  EXPECT_EQ(config.zeek[0].address, "127.0.0.1");
  EXPECT_EQ(config.zeek[0].port, 0);
  EXPECT_FALSE(config.zeek[0].tls.has_value());
  EXPECT_EQ(config.http.listen, "127.0.0.1:9180");
  EXPECT_EQ(config.state.path, "");
  EXPECT_EQ(config.log.level, log::Level::kInfo);
  EXPECT_EQ(config.log.format, log::Format::kLogfmt);
}

TEST(Config, ReadsEveryKindOfValue) {
  const Config config = load_or_throw(R"(
misp.url = "http://[2001:db8::1]:8080/misp/"
misp.allow_http = true
misp.verify_tls = false
misp.connect_timeout = "250ms"
misp.feed.endpoint = "ipc:///run/misp.sock"
misp.feed.visibility = "lookup"
log = { level = "trace", format = "json" }
[filter]
published = "ever_published"
types = ["ip-dst", "!md5"]
event_ids = [12, "!13"]
fixed_events = [7, "8"]
max_age = "0"
[mapping.types]
"sha512" = "file_hash"
"ip-src|port" = "none"
[reconcile]
max_shrink = 1
[[zeek]]
name = "a"
[[zeek]]
name = "b"
transport = "broker"
port = 1
tls = false
)")
                            .config;
  EXPECT_EQ(config.misp.url, "http://[2001:db8::1]:8080/misp");
  EXPECT_FALSE(config.misp.verify_tls);
  EXPECT_EQ(config.misp.connect_timeout, milliseconds(250));
  EXPECT_EQ(config.feed.endpoints, std::vector<std::string>{"ipc:///run/misp.sock"});
  EXPECT_EQ(config.filter.visibility, VisibilityMode::kLookup);
  EXPECT_EQ(config.filter.published, PublishedMode::kEverPublished);
  EXPECT_EQ(config.filter.types, (std::vector<std::string>{"ip-dst", "!md5"}));
  EXPECT_EQ(config.filter.event_ids, (std::vector<std::string>{"12", "!13"}));
  EXPECT_EQ(config.filter.fixed_events, (std::vector<std::uint64_t>{7, 8}));
  EXPECT_EQ(config.filter.max_age, seconds(0));
  EXPECT_EQ(config.mapping.overrides.at("sha512"), "file_hash");
  EXPECT_EQ(config.mapping.overrides.at("ip-src|port"), "none");
  EXPECT_DOUBLE_EQ(config.reconcile.max_shrink, 1.0);
  EXPECT_EQ(config.log.level, log::Level::kTrace);
  EXPECT_EQ(config.log.format, log::Format::kJson);
  ASSERT_EQ(config.zeek.size(), 2U);
  EXPECT_EQ(config.zeek[0].name, "a");
  EXPECT_EQ(config.zeek[1].name, "b");
  EXPECT_EQ(config.zeek[1].port, 1);
  EXPECT_EQ(config.zeek[1].tls, false);
}

TEST(Config, WithoutAFeedPollsOften) {
  const auto with = [](const std::string& lines) {
    return load_or_throw("misp.url = \"https://m\"\n" + lines + "[[zeek]]\n").config;
  };
  const Config none = with("misp.feed.endpoint = \"\"\n");
  EXPECT_TRUE(none.feed.endpoints.empty());
  EXPECT_EQ(none.reconcile.interval, seconds(15));
  EXPECT_EQ(none.reconcile.full_interval, hours(1));
  const Config given = with(
      "misp.feed.endpoint = []\nreconcile.interval = \"1m\"\nreconcile.full_interval = \"2h\"\n");
  EXPECT_TRUE(given.feed.endpoints.empty());
  EXPECT_EQ(given.reconcile.interval, minutes(1));
  EXPECT_EQ(given.reconcile.full_interval, hours(2));
  EXPECT_EQ(load_or_throw(to_toml(none)).config.reconcile.interval, seconds(15));
}

TEST(Config, TakesSeveralEndpoints) {
  const Config config = load_or_throw(
                            "misp.url = \"https://m\"\nmisp.feed.endpoint = [\"tcp://a:1\", "
                            "\"tcp://b:2\"]\n[[zeek]]\n")
                            .config;
  EXPECT_EQ(config.feed.endpoints, (std::vector<std::string>{"tcp://a:1", "tcp://b:2"}));
  EXPECT_EQ(load_or_throw(to_toml(config)).config.feed.endpoints, config.feed.endpoints);
}

TEST(Config, CanBeWrittenAndReadAgain) {
  Config config = load_or_throw(kMinimal).config;
  config.misp.proxy = "socks5h://proxy:1080";
  config.filter.tags = {"with \"quotes\"", "back\\slash", "line\nfeed", "!not"};
  config.filter.fixed_events = {1, 2};
  config.mapping.overrides = {{"sha512", "file_hash"}};
  config.reconcile.max_shrink = 0.125;
  config.misp.connect_timeout = milliseconds(1'500);
  config.zeek.push_back(config.zeek.front());
  config.zeek.back().name = "second";
  const std::string text = to_toml(config);
  const Config again = load_or_throw(text).config;
  EXPECT_EQ(to_toml(again), text);
  EXPECT_EQ(again.filter.tags, config.filter.tags);
  EXPECT_EQ(again.misp.connect_timeout, milliseconds(1'500));
  EXPECT_EQ(again.zeek.at(1).name, "second");
}

TEST(Config, WritesNoSecret) {
  EXPECT_EQ(to_toml(load_or_throw(kMinimal).config).find(kApiKey), std::string::npos);
}

TEST(Config, WarnsOfWhatIsAllowedButWeak) {
  const auto loaded = load_or_throw(
      "misp.url = \"http://misp.example.org\"\nmisp.allow_http = true\nmisp.feed.endpoint = "
      "\"tcp://m:1\"\n"
      "[[zeek]]\ntls = false\nca_file = \"/etc/ca.pem\"\n");
  ASSERT_EQ(loaded.warnings.size(), 2U);
  EXPECT_EQ(loaded.warnings[0],
            "test.toml:1: key \"misp.url\": http:// sends the API key unencrypted");
  EXPECT_EQ(loaded.warnings[1],
            "test.toml:5: key \"zeek.tls\": is false, so the certificate files are not used");
  EXPECT_TRUE(load_or_throw(kMinimal).warnings.empty());
}

TEST(Config, WantsAWordForHttpToAnotherMachine) {
  const auto with = [](const std::string& url) {
    return "misp.url = \"" + url + "\"\nmisp.feed.endpoint = \"tcp://m:1\"\n[[zeek]]\n";
  };
  for (const auto* url : {"http://misp.example.org", "http://192.0.2.1:8080/misp",
                          "http://[2001:db8::1]", "http://127.0.0.1.example.org"}) {
    EXPECT_EQ(
        errors_of(with(url)),
        "test.toml:1: key \"misp.url\": http:// sends the API key unencrypted to another "
        "machine; allowed: https://; or misp.allow_http = true where nobody can listen on the "
        "way\n")
        << url;
  }
  for (const auto* url :
       {"http://127.0.0.1:8080", "http://localhost/misp", "http://[::1]:80/", "http://[::1]"}) {
    EXPECT_TRUE(load_or_throw(with(url)).warnings.empty()) << url;
  }
}

TEST(Config, ReadsAFile) {
  const TemporaryFolder folder;
  ConfigSources sources = sources_with_key();
  sources.file = folder.write("misp-zeek.toml", kMinimal);
  const auto loaded = load_config(sources);
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->config.misp.url, "https://misp.example.org");
}

TEST(Config, SaysWhyAFileCannotBeRead) {
  const TemporaryFolder folder;
  ConfigSources sources = sources_with_key();
  sources.file = folder.file("absent.toml");
  EXPECT_EQ(load_config(sources).error().message,
            sources.file + ": cannot be read: No such file or directory\n");
  sources.file = folder.file("");
  EXPECT_EQ(load_config(sources).error().message,
            sources.file + ": cannot be read: Is a directory\n");
  sources.file = folder.write("huge.toml", std::string(1024 * 1024 + 1, '#'));
  EXPECT_EQ(load_config(sources).error().message, sources.file + ": is longer than 1 MiB\n");
}

}  // namespace
}  // namespace misp_zeek::app
