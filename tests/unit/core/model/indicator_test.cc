// SPDX-License-Identifier: BSD-3-Clause
#include "core/model/indicator.h"

#include <gtest/gtest.h>

#include <set>

namespace misp_zeek {
namespace {

Item example() {
  Item item;
  item.entry.key = {IndicatorType::kDomain, "evil.example.com"};
  item.entry.event_id = 42;
  item.attribute_uuids = "11111111-1111-1111-1111-111111111111";
  item.desc = "Phishing wave";
  item.url = "https://misp.example.com/events/view/42";
  item.report_sightings = true;
  return item;
}

TEST(IndicatorType, NamesAreZeeksAndReadBack) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kIndicatorTypeCount; ++i) {
    const auto type = static_cast<IndicatorType>(i);
    names.insert(to_string(type));
    EXPECT_EQ(indicator_type_from(to_string(type)), type);
  }
  EXPECT_EQ(names, (std::set<std::string_view>{
                       "Intel::ADDR", "Intel::SUBNET", "Intel::URL", "Intel::SOFTWARE",
                       "Intel::EMAIL", "Intel::DOMAIN", "Intel::USER_NAME", "Intel::CERT_HASH",
                       "Intel::PUBKEY_HASH", "Intel::FILE_HASH", "Intel::FILE_NAME", "Intel::JA3",
                       "Intel::JA4", "Intel::HASSH"}));
  EXPECT_EQ(to_string(IndicatorType::kAddr), "Intel::ADDR");
  EXPECT_EQ(to_string(IndicatorType::kFileName), "Intel::FILE_NAME");
}

TEST(IndicatorType, IsUnknownWithoutModuleOrInOtherCase) {
  for (const char* name :
       {"", "ADDR", "intel::ADDR", "Intel::addr", "Intel::JA5", "Intel::ADDR "}) {
    EXPECT_FALSE(indicator_type_from(name)) << name;
  }
}

// Expected values: sha256sum over the joined fields, first 16 digits.
TEST(ItemHash, IsTheStartOfTheSha256OfTheFieldsInOrder) {
  EXPECT_EQ(item_hash(example()), 0x1dc40a9d10c9a196U);

  Item all;
  all.entry.key = {IndicatorType::kAddr, "2001:db8::7"};
  all.entry.event_id = 7;
  all.attribute_uuids = "aa,bb";
  all.desc = "caf\xc3\xa9";
  all.url = "https://m/events/view/7";
  all.ports = "53,443";
  all.tags = "tlp:red,x";
  all.report_sightings = false;
  all.kind = "canary";
  all.columns = {{"b", "2"}, {"a", "1"}};
  EXPECT_EQ(item_hash(all), 0x2b2d0cde90717409U);
}

TEST(ItemHash, KeepsThePlaceOfEmptyFields) {
  Item item;
  item.entry.key = {IndicatorType::kFileName, "a"};
  EXPECT_EQ(item_hash(item), 0xbae01af9c4fe7d3dU);
}

TEST(ItemHash, DependsOnEveryField) {
  std::set<std::uint64_t> hashes = {item_hash(example())};
  const auto change = [&](auto edit) {
    Item item = example();
    edit(item);
    hashes.insert(item_hash(item));
  };
  change([](Item& item) { item.entry.key.type = IndicatorType::kUrl; });
  change([](Item& item) { item.entry.key.indicator += "x"; });
  change([](Item& item) { item.entry.event_id = 43; });
  change([](Item& item) { item.attribute_uuids.clear(); });
  change([](Item& item) { item.desc += "."; });
  change([](Item& item) { item.url.clear(); });
  change([](Item& item) { item.ports = "80"; });
  change([](Item& item) { item.tags = "tlp:red"; });
  change([](Item& item) { item.report_sightings = false; });
  change([](Item& item) { item.kind = "canary"; });
  change([](Item& item) { item.columns["a"] = "b"; });
  EXPECT_EQ(hashes.size(), 12U);
}

TEST(DigestKey, IsReadFromItsTextAndKeepsPairsFromCancelling) {
  const auto key = digest_key_from("00000000000000050000000000000007");
  ASSERT_TRUE(key);
  EXPECT_EQ(key->mix(1), (1U ^ 5U) * 7U);
  EXPECT_NE(key->mix(1) ^ key->mix(2) ^ key->mix(3), 0U) << "1 ^ 2 ^ 3 is 0";
  for (const char* text :
       {"", "0", "00000000000000050000000000000006", "0000000000000005000000000000000G",
        "000000000000000500000000000000070"}) {
    EXPECT_FALSE(digest_key_from(text)) << text;
  }
}

TEST(FormatDigest, IsSixteenLowerCaseDigits) {
  EXPECT_EQ(format_digest(0), "0000000000000000");
  EXPECT_EQ(format_digest(0xABCDEFU), "0000000000abcdef");
  EXPECT_EQ(format_digest(0xfedcba9876543210U), "fedcba9876543210");
}

}  // namespace
}  // namespace misp_zeek
