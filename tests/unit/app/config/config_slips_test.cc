// SPDX-License-Identifier: BSD-3-Clause
// What the operator is told of values that are well formed and cannot work.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "config/config_support.h"
#include "core/mapping/misp_types.h"

namespace misp_zeek::app {
namespace {

#define EXPECT_HAS(text, part) EXPECT_NE((text).find(part), std::string::npos) << (text)

TEST(ConfigSlips, ATypeThatMispDoesNotHave) {
  const auto rule_of = [](const std::string& type) {
    return kMinimal + "[mapping.types]\n\"" + type + "\" = \"address\"\n";
  };
  EXPECT_HAS(errors_of(rule_of("ip-dts")),
             "test.toml:7: key \"mapping.types.ip-dts\": \"ip-dts\" is no type of MISP (did you "
             "mean \"ip-dst\"?); allowed: ");
  EXPECT_HAS(errors_of(rule_of("IP-DST")), "(did you mean \"ip-dst\"?)");
  EXPECT_EQ(errors_of(rule_of("sha512")), "");
  EXPECT_EQ(errors_of(rule_of("uuid")), "");
  const auto unknown = load_or_throw(rule_of("of-a-later-misp"));
  ASSERT_EQ(unknown.warnings.size(), 1U);
  EXPECT_HAS(unknown.warnings[0], "it does nothing unless your MISP has it");

  const auto filter = [](const std::string& type) {
    return errors_of(kMinimal + "[filter]\ntypes = [\"" + type + "\"]\n");
  };
  EXPECT_HAS(filter("!ip-dts"), "is no type of MISP (did you mean \"ip-dst\"?)");
  EXPECT_HAS(filter("IP-DST"), "(did you mean \"ip-dst\"?)");
  EXPECT_HAS(filter("sha512"),
             "has no rule, so nothing of it is for Zeek; allowed: without it; or "
             "with its rule in [mapping.types], such as \"sha512\" = ");
  EXPECT_EQ(filter("!sha512"), "");
  auto sources = sources_with_key();
  sources.environment["MISP_ZEEK_MAPPING_TYPES"] = "ip-dts=address";
  EXPECT_HAS(errors_of(kMinimal, sources), "MISP_ZEEK_MAPPING_TYPES: key \"mapping.types.ip-dts\"");
}

TEST(ConfigSlips, TheKnownTypesAreMisps) {
  std::ifstream file(MISP_ZEEK_DESCRIBE_TYPES);
  const auto described = nlohmann::json::parse(file);
  const auto& types = described.contains("result") ? described["result"] : described;
  ASSERT_GT(types.at("types").size(), 100U);
  for (const std::string type : types.at("types")) {
    EXPECT_TRUE(mapping::is_misp_type(type)) << type;
  }
}

TEST(ConfigSlips, AKeyThatNoMispHas) {
  const TemporaryFolder folder;
  const auto error = [&](const std::string& content) {
    const std::string file = folder.write("misp.key", content);
    ConfigSources sources;
    sources.file = "test.toml";
    return errors_of("[misp]\nurl = \"https://m\"\napi_key_file = \"" + file +
                         "\"\nfeed.endpoint = \"\"\n[[zeek]]\n",
                     sources);
  };
  EXPECT_HAS(error("\"0123456789012345678901234567890123456789\"\n"),
             "test.toml:3: key \"misp.api_key_file\": gives a key with \" in it, which no key of "
             "MISP has; allowed: the key alone: no quotes, no name before it");
  EXPECT_HAS(error("api_key=0123"), "gives a key with = in it");
  EXPECT_HAS(error("0123\n4567\n"), "it has more than one line");
  EXPECT_HAS(error("01 23"), "it has white space in it");
  EXPECT_HAS(error("\xef\xbb\xbf"
                   "0123"),
             "byte order mark");
  EXPECT_EQ(error("\n 0123456789012345678901234567890123456789\r\n"), "");
  EXPECT_EQ(error("\"0123\"").find("0123"), std::string::npos);
}

TEST(ConfigSlips, APathThatIsNone) {
  const auto error = [](const std::string& path) {
    ConfigSources sources;
    sources.file = "test.toml";
    return errors_of("[misp]\nurl = \"https://m\"\napi_key_file = \"" + path +
                         "\"\nfeed.endpoint = \"\"\n[[zeek]]\n",
                     sources);
  };
  EXPECT_HAS(error("~/misp.key"), "(~ is not expanded: write the whole path)");
  EXPECT_HAS(error("hunter2"), "a secret itself belongs into a file");
  EXPECT_EQ(error("hunter2").find("hunter2"), std::string::npos);
}

TEST(ConfigSlips, AFileThatHoldsNoCertificate) {
  const TemporaryFolder folder;
  const std::string text = folder.write("text", "x\n");
  const auto with_ca = [](const std::string& file) {
    return errors_of("[misp]\nurl = \"https://m\"\nca_file = \"" + file +
                     "\"\nfeed.endpoint = \"\"\n[[zeek]]\n");
  };
  EXPECT_HAS(with_ca(text),
             "key \"misp.ca_file\": names a file that holds no certificate in PEM: " + text +
                 "; allowed: a file with -----BEGIN CERTIFICATE-----");
  EXPECT_HAS(with_ca("/etc"), "names a folder: /etc");
  const std::string http = "[http]\ntls_certificate = \"" + text + "\"\ntls_key = \"";
  EXPECT_HAS(errors_of(kMinimal + http + text + "\"\n"),
             "certificate in " + text + " cannot be used: there is none in PEM");
  EXPECT_HAS(errors_of(kMinimal + http + "/no/such.key\"\n"),
             "key \"http.tls_key\": names a file that cannot be read: /no/such.key: No such file");
  EXPECT_HAS(errors_of(kMinimal + "ca_file = \"" + text + "\"\ncertificate = \"" + text +
                       "\"\nkey = \"" + text + "\"\n"),
             "CA certificates in " + text + " cannot be used: ");
}

TEST(ConfigSlips, NoneOfThemIsHttpOnThisMachine) {
  for (const char* host : {"127.0.0.1:8080", "localhost", "[::1]:80"}) {
    const std::string misp = std::string("[misp]\nurl = \"http://") + host +
                             "\"\nverify_tls = false\nallow_http = true\n";
    const auto loaded = load_or_throw(misp + "feed.endpoint = \"\"\n[[zeek]]\n");
    EXPECT_TRUE(loaded.warnings.empty()) << loaded.warnings[0];
    auto sources = sources_with_key();
    sources.environment["MISP_ZEEK_SIGHTINGS_WEBHOOK_URL"] = std::string("http://") + host + "/x";
    EXPECT_TRUE(load_or_throw(kMinimal, sources).warnings.empty()) << host;
  }
}

TEST(ConfigSlips, AWebhookWithoutAHost) {
  for (const char* url : {"https://", "https:///path", "hooks.example.org/x"}) {
    auto sources = sources_with_key();
    sources.environment["MISP_ZEEK_SIGHTINGS_WEBHOOK_URL"] = url;
    EXPECT_HAS(errors_of(kMinimal, sources),
               "gives something that is no URL; allowed: https://HOST");
  }
}

}  // namespace
}  // namespace misp_zeek::app
