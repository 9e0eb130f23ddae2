// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>

#include "core/base/text.h"
#include "core/mapping/mapping.h"
#include "mapping/mapping_rows.h"

namespace misp_zeek {
namespace {

using Random = std::mt19937_64;

constexpr std::size_t kRounds = 4000;

/// Good values of every kind, to start mutations from.
constexpr std::array<std::string_view, 16> kSeeds = {
    "198.51.100.7/24",
    "2001:db8::7|443",
    "::ffff:1.2.3.4/104",
    "pair.example.com|203.0.113.9",
    "host.example.com|8080",
    "b\xc3\xbc"
    "cher.example",
    "http://user@Evil.example.com:8080/a/%20b?c=d#e",
    "https://[2001:db8::1]:443/x",
    "<Bad.Guy@example.com>",
    "Mozilla/5.0 (X11)",
    "setup.exe|d41d8cd98f00b204e9800998ecf8427e",
    "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD",
    "MD5:aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:99",
    "d41d8cd98f00b204e9800998ecf8427e",
};
constexpr std::string_view kTelling = "|./:@%#?[]<> \t\\-_*x0A\xc3\xbc\xff";

std::size_t below(Random& random, std::size_t bound) {
  return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random);
}

std::string random_bytes(Random& random) {
  std::string out(below(random, 40), '\0');
  for (char& c : out) c = static_cast<char>(below(random, 256));
  return out;
}

std::string mutated(Random& random, std::size_t max_changes = 4) {
  std::string out(kSeeds.at(below(random, kSeeds.size())));
  for (std::size_t n = below(random, max_changes); n > 0; --n) {
    const std::size_t at = below(random, out.size() + 1);
    const char c = kTelling[below(random, kTelling.size())];
    const std::size_t kind = below(random, 3);
    if (kind == 0 || at == out.size()) {
      out.insert(at, 1, c);
    } else if (kind == 1) {
      out[at] = c;
    } else {
      out.erase(at, 1);
    }
  }
  return out;
}

std::string_view plain_type(const IndicatorKey& key) {
  switch (key.type) {
    case IndicatorType::kAddr:
    case IndicatorType::kSubnet:
      return "ip-dst";
    case IndicatorType::kUrl:
      return "url";
    case IndicatorType::kSoftware:
      return "user-agent";
    case IndicatorType::kEmail:
      return "email";
    case IndicatorType::kDomain:
      return "domain";
    case IndicatorType::kUserName:
      return "eppn";
    case IndicatorType::kCertHash:
      return "x509-fingerprint-sha1";
    case IndicatorType::kPubkeyHash:
      return "ssh-fingerprint";
    case IndicatorType::kFileHash:
      if (key.indicator.size() == 32) return "md5";
      return key.indicator.size() == 40 ? "sha1" : "sha256";
    case IndicatorType::kFileName:
      return "filename";
    case IndicatorType::kJa3:
      return "ja3-fingerprint-md5";
    case IndicatorType::kHassh:
      return "hassh-md5";
    case IndicatorType::kJa4:
      return "";  // no type by default
  }
  return "";
}

/// What the contract demands of every indicator. Returns the number of indicators checked.
std::size_t check_invariants(const Mapping& mapping, std::string_view type,
                             const std::string& value) {
  const auto result = mapping.map(type, value);
  if (!result) {
    EXPECT_NE(to_string(result.error()), "unknown");
    return 0;
  }
  EXPECT_FALSE(result->empty());
  for (const Mapped& mapped : *result) {
    const std::string& indicator = mapped.key.indicator;
    EXPECT_FALSE(indicator.empty());
    EXPECT_LE(indicator.size(), MappingOptions{}.max_length);
    EXPECT_FALSE(text::has_control(indicator));
    EXPECT_TRUE(text::is_utf8(indicator));
    EXPECT_EQ(text::lower(indicator), indicator);
    if (!mapped.port.empty()) {
      EXPECT_TRUE(text::parse_decimal(mapped.port, 65535).value_or(0) > 0) << mapped.port;
    }
    // A URL has several spellings, of which one may be another URL's; so has a mail address.
    if (mapped.key.type == IndicatorType::kUrl) continue;
    if (mapped.key.type == IndicatorType::kEmail && result->size() > 1) continue;
    const auto again = mapping.map(plain_type(mapped.key), indicator);
    EXPECT_EQ(test::shown(again), test::shown({{Mapped{mapped.key, ""}}}));
  }
  return result->size();
}

class MappingProperties : public testing::TestWithParam<std::uint64_t> {};

TEST_P(MappingProperties, HoldForMutationsOfGoodValues) {
  Random random(GetParam());
  const Mapping mapping;
  const auto types = mapping.types();
  std::size_t checked = 0;
  for (std::size_t i = 0; i < kRounds; ++i) {
    const std::string& type = types.at(below(random, types.size()));
    const std::string value = mutated(random);
    SCOPED_TRACE(type + " \"" + value + "\"");
    checked += check_invariants(mapping, type, value);
    if (HasFailure()) return;
  }
  EXPECT_GT(checked, kRounds / 10);  // otherwise the values are too wild to prove anything
}

TEST_P(MappingProperties, HoldForRandomBytes) {
  Random random(GetParam());
  const Mapping mapping;
  for (const std::string& type : mapping.types()) {
    for (std::size_t i = 0; i < kRounds / 20; ++i) {
      const std::string value = random_bytes(random);
      SCOPED_TRACE(type + " " + testing::PrintToString(value));
      check_invariants(mapping, type, value);
      if (HasFailure()) return;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, MappingProperties, testing::Values(1U, 20240826U, 77'777U));

}  // namespace
}  // namespace misp_zeek
