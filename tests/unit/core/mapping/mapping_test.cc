// SPDX-License-Identifier: BSD-3-Clause
#include "core/mapping/mapping.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "mapping/mapping_rows.h"

namespace misp_zeek {
namespace {

using test::check;
using test::shown;

constexpr std::string_view kMd5 = "d41d8cd98f00b204e9800998ecf8427e";

Mapping with(std::map<std::string, std::string> overrides) {
  MappingOptions options;
  options.overrides = std::move(overrides);
  auto mapping = Mapping::create(options);
  EXPECT_TRUE(mapping) << (mapping ? "" : mapping.error().message);
  return mapping.value_or(Mapping());
}

TEST(Mapping, SplitsCompositesIntoIndicatorsAndPorts) {
  check({
      {"ip-dst|port", "198.20.0.4|443", "ADDR 198.20.0.4 :443"},
      {"ip-src|port", " 2001:DB8::7 | 0053 ", "ADDR 2001:db8::7 :53"},
      {"ip-dst|port", "198.51.100.0/24|443", "SUBNET 198.51.100.0/24 :443"},
      {"hostname|port", "Host.example.com|8080", "DOMAIN host.example.com :8080"},
      {"domain|ip", "pair.example.com|203.0.113.9", "DOMAIN pair.example.com + ADDR 203.0.113.9"},
      {"domain|ip", "pair.example.com|::FFFF:203.0.113.9",
       "DOMAIN pair.example.com + ADDR 203.0.113.9"},
      {"filename|md5", "Setup.EXE|D41D8CD98F00B204E9800998ECF8427E",
       "FILE_HASH d41d8cd98f00b204e9800998ecf8427e"},
      {"filename|md5", "a|b|d41d8cd98f00b204e9800998ecf8427e",
       "FILE_HASH d41d8cd98f00b204e9800998ecf8427e"},
      {"malware-sample", "x.exe|204d6b1e6dffa6728e0cbf6968b475d9",
       "FILE_HASH 204d6b1e6dffa6728e0cbf6968b475d9"},
  });
}

TEST(Mapping, TakesEachGoodHalfOfADomainAndItsAddress) {
  check({
      {"domain|ip", "evil.example|0.0.0.0", "DOMAIN evil.example"},
      {"domain|ip", "evil.example|not-an-address", "DOMAIN evil.example"},
      {"domain|ip", "203.0.113.9|203.0.113.9", "ADDR 203.0.113.9"},
      {"domain|ip", "a b|203.0.113.9", "ADDR 203.0.113.9"},
      {"domain|ip", "a b|c d", "!bad_domain"},
      {"domain|ip", "evil.example", "!bad_composite"},
  });
  check(with({{"domain|ip", "domain_only"}}),
        {
            {"domain|ip", "evil.example|203.0.113.9", "DOMAIN evil.example"},
            {"domain|ip", "a b|203.0.113.9", "!bad_domain"},
        });
}

TEST(Mapping, TakesTheNameOfAHashedFileWhereARuleSaysSo) {
  const Mapping mapping =
      with({{"filename|md5", "file_name_hash"}, {"filename|sha512", "file_hash_only"}});
  check(mapping, {
                     {"filename|md5", "C:\\Temp\\Setup.EXE|d41d8cd98f00b204e9800998ecf8427e",
                      "FILE_NAME setup.exe + FILE_HASH d41d8cd98f00b204e9800998ecf8427e"},
                     {"filename|md5", "C:\\Temp\\|d41d8cd98f00b204e9800998ecf8427e",
                      "FILE_HASH d41d8cd98f00b204e9800998ecf8427e"},
                     {"filename|md5", "setup.exe|d41d", "!bad_hash"},
                     {"filename|sha512", "x|abcdef01", "FILE_HASH abcdef01"},
                 });
}

TEST(Mapping, RefusesACompositeOfWhichAPartIsMissingOrBad) {
  check({
      {"ip-dst|port", "198.20.0.4", "!bad_composite"},
      {"ip-dst|port", "198.20.0.4|", "!bad_composite"},
      {"ip-dst|port", "|443", "!bad_composite"},
      {"ip-dst|port", " | ", "!bad_composite"},
      {"ip-dst|port", "198.20.0.4:443", "!bad_composite"},
      {"ip-dst|port", "198.20.0.4|0", "!bad_port"},
      {"ip-dst|port", "198.20.0.4|65536", "!bad_port"},
      {"ip-dst|port", "198.20.0.4|99999999999999999999", "!bad_port"},
      {"ip-dst|port", "198.20.0.4|-1", "!bad_port"},
      {"ip-dst|port", "198.20.0.4|+80", "!bad_port"},
      {"ip-dst|port", "198.20.0.4|http", "!bad_port"},
      {"ip-dst|port", "198.20.0.4|80|81", "!bad_address"},
      {"ip-dst|port", "198.20.0.400|80", "!bad_address"},
      {"ip-dst|port", "198.20.0.4|8\t0", "!control_characters"},
      {"hostname|port", "a b|80", "!bad_domain"},
      {"hostname|port", "host.example.com|x", "!bad_port"},
      {"filename|md5", "setup.exe|d41d8cd98f00b204e9800998ecf8427", "!bad_hash"},
      {"filename|sha1", "setup.exe|d41d8cd98f00b204e9800998ecf8427e", "!bad_hash"},
      {"filename|sha256",
       "setup.exe|d41d8cd9\x01"
       "8f00b204e9800998ecf8427e",
       "!control_characters"},
      {"malware-sample", "x.exe", "!bad_composite"},
  });
}

TEST(Mapping, ChecksTypeThenEncodingThenEmptinessThenContent) {
  check({
      {"comment", "\xff", "!unmapped_type"},
      {"", "192.0.2.1", "!unmapped_type"},
      {"IP-DST", "192.0.2.1", "!unmapped_type"},
      {"filename", "\xff", "!invalid_utf8"},
      {"filename", "\xc0\xaf", "!invalid_utf8"},
      {"filename", "\xed\xa0\x80", "!invalid_utf8"},
      {"filename", "\xf4\x90\x80\x80", "!invalid_utf8"},
      {"filename", "abc\xe2\x82", "!invalid_utf8"},
      {"filename", "", "!empty"},
      {"filename", " \t\r\n ", "!empty"},
      {"filename", "a\tb", "!control_characters"},
      {"filename", std::string_view("a\0b", 3), "!control_characters"},
      {"filename", "a\x7f", "!control_characters"},
      {"ip-dst", "\t192.0.2.1\n", "ADDR 192.0.2.1"},
  });
}

TEST(Mapping, RefusesIndicatorsBeyondTheLengthLimit) {
  MappingOptions options;
  options.max_length = 16;
  const auto mapping = Mapping::create(options);
  ASSERT_TRUE(mapping);
  check(*mapping, {
                      {"filename", "0123456789abcdef", "FILE_NAME 0123456789abcdef"},
                      {"filename", "  0123456789abcdef  ", "FILE_NAME 0123456789abcdef"},
                      {"filename", "0123456789abcdefg", "!too_long"},
                      {"url", "http://example.com/abc#fragment", "URL example.com/abc"},
                      {"url", "http://example.com/abcdef", "!too_long"},
                      {"filename|md5", "a|d41d8cd98f00b204e9800998ecf8427e", "!too_long"},
                  });
  EXPECT_EQ(shown(Mapping().map("filename", std::string(2048, 'a'))),
            "FILE_NAME " + std::string(2048, 'a'));
  EXPECT_EQ(shown(Mapping().map("filename", std::string(2049, 'a'))), "!too_long");
  EXPECT_EQ(shown(Mapping().map("filename", std::string(10'000'000, ' '))), "!too_long");
}

TEST(Mapping, OverridesAddReplaceAndRemoveTypes) {
  const Mapping mapping = with({{"sha512", "file_hash"},
                                {"link", "url"},
                                {"md5", "none"},
                                {"text", "none"},
                                {"filename|sha512", "file_name_hash"},
                                {"pehash", "cert_hash"},
                                {"hostname", "file_name"}});
  const std::string sha512(128, 'A');
  EXPECT_EQ(shown(mapping.map("sha512", sha512)), "FILE_HASH " + std::string(128, 'a'));
  EXPECT_EQ(shown(mapping.map("filename|sha512", "f|" + sha512)),
            "FILE_NAME f + FILE_HASH " + std::string(128, 'a'));
  check(mapping, {
                     {"sha512", "abcdef0", "!bad_hash"},
                     {"sha512", "abcdef01", "FILE_HASH abcdef01"},
                     {"sha512", "3:abcdeg:01", "!bad_hash"},
                     {"link", "https://r.example/1", "URL r.example/1"},
                     {"md5", kMd5, "!unmapped_type"},
                     {"hostname", "A.example", "FILE_NAME a.example"},
                     {"pehash", "AA:BB:CC:DD:EE", "CERT_HASH aabbccddee"},
                     {"domain", "a.example", "DOMAIN a.example"},
                 });
  EXPECT_TRUE(mapping.knows("sha512"));
  EXPECT_FALSE(mapping.knows("md5"));
  EXPECT_FALSE(mapping.knows("text"));
}

TEST(Mapping, TakesJa4WhereARuleSaysSo) {
  check(with({{"text", "ja4"}}),
        {
            {"text", "t13d1516h2_8daaf6152771_B186095e22b6",
             "JA4 t13d1516h2_8daaf6152771_b186095e22b6"},
            {"text", "t130200_1301_234ea6891581", "JA4 t130200_1301_234ea6891581"},
            {"text", "a remark", "!bad_hash"},
            {"text", "x13d1516h2_8daaf6152771_b186095e22b6", "!bad_hash"},
        });
}

TEST(Mapping, EveryRuleNameIsAnAcceptedOverride) {
  for (const std::string& rule : Mapping::rule_names()) {
    EXPECT_EQ(with({{"text", rule}}).knows("text"), rule != "none") << rule;
  }
  EXPECT_TRUE(std::ranges::is_sorted(Mapping::rule_names()));
}

TEST(Mapping, AnUnknownRuleIsAConfigurationErrorThatNamesTheChoices) {
  MappingOptions options;
  options.overrides = {{"sha512", "hash"}};
  const auto mapping = Mapping::create(options);
  ASSERT_FALSE(mapping);
  EXPECT_EQ(mapping.error().code, ErrorCode::kInvalidConfig);
  for (const char* part : {"\"sha512\"", "\"hash\"", "file_hash", "none"}) {
    EXPECT_NE(mapping.error().message.find(part), std::string::npos) << mapping.error().message;
  }
}

TEST(Mapping, TypesListsWhatIsKnownSortedAndOnce) {
  const Mapping mapping = with({{"sha512", "file_hash"}, {"md5", "none"}, {"url", "url"}});
  const auto types = mapping.types();
  EXPECT_TRUE(std::ranges::is_sorted(types));
  EXPECT_EQ(std::ranges::adjacent_find(types), types.end());
  EXPECT_TRUE(std::ranges::binary_search(types, "sha512"));
  EXPECT_FALSE(std::ranges::binary_search(types, "md5"));
  EXPECT_EQ(std::ranges::count(types, "url"), 1);
  EXPECT_TRUE(std::ranges::all_of(types, [&](const auto& type) { return mapping.knows(type); }));
}

TEST(Reject, HasANameForMetrics) {
  EXPECT_EQ(to_string(Reject::kUnmappedType), "unmapped_type");
  EXPECT_EQ(to_string(Reject::kBroadNetwork), "broad_network");
  EXPECT_EQ(to_string(Reject::kBadComposite), "bad_composite");
}

TEST(Mapping, RefusesWhatLiesInAnExcludedNetwork) {
  MappingOptions options;
  options.exclude_networks = {"10.0.0.0/8", "192.168.7.9/16", "::/127", "fe80::/10", "203.0.113.5"};
  const auto mapping = Mapping::create(options);
  ASSERT_TRUE(mapping);
  check(*mapping, {
                      {"ip-dst", "10.0.0.0/8", "!excluded_network"},
                      {"ip-dst", "10.255.255.255", "!excluded_network"},
                      {"ip-dst", "::ffff:10.1.2.3", "!excluded_network"},
                      {"ip-dst", "11.0.0.0", "ADDR 11.0.0.0"},
                      {"ip-dst|port", "192.168.31.210|80", "!excluded_network"},
                      {"ip-dst", "192.0.0.0/8", "SUBNET 192.0.0.0/8"},
                      {"ip-dst", "::1", "!excluded_network"},
                      {"ip-dst", "::2", "ADDR ::2"},
                      {"ip-dst", "fe80::1", "!excluded_network"},
                      {"ip-dst", "203.0.113.5", "!excluded_network"},
                      {"ip-dst", "203.0.113.4/31", "SUBNET 203.0.113.4/31"},
                      {"domain|ip", "evil.example|192.168.1.1", "DOMAIN evil.example"},
                      {"url", "http://192.168.1.1/x", "!excluded_network"},
                      {"url", "http://[::1]:8080", "!excluded_network"},
                      {"url", "http://203.0.113.6/x", "URL 203.0.113.6/x"},
                  });
  options.exclude_networks = {"10.0.0.0/33"};
  EXPECT_EQ(Mapping::create(options).error().message, "\"10.0.0.0/33\" is no network");
}

TEST(Mapping, RefusesExcludedDomainsAndWhatIsBelow) {
  MappingOptions options;
  options.exclude_domains = {"Good.example"};
  const auto mapping = Mapping::create(options);
  ASSERT_TRUE(mapping);
  check(*mapping, {
                      {"domain", "good.example", "!excluded_domain"},
                      {"hostname", "a.b.good.example", "!excluded_domain"},
                      {"hostname", "notgood.example", "DOMAIN notgood.example"},
                      {"domain", "example", "DOMAIN example"},
                      {"hostname|port", "a.good.example|80", "!excluded_domain"},
                      {"domain|ip", "good.example|203.0.113.9", "ADDR 203.0.113.9"},
                      {"url", "http://www.good.example/x", "!excluded_domain"},
                  });
  options.exclude_domains = {"a b"};
  EXPECT_EQ(Mapping::create(options).error().message, "\"a b\" is no domain");
}

}  // namespace
}  // namespace misp_zeek
