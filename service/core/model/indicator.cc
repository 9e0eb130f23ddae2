// SPDX-License-Identifier: BSD-3-Clause
#include "core/model/indicator.h"

#include <openssl/evp.h>

#include <array>
#include <cstdlib>

namespace misp_zeek {
namespace {

/// In the order of IndicatorType.
constexpr std::array<std::string_view, kIndicatorTypeCount> kTypeNames = {
    "Intel::ADDR",        "Intel::SUBNET",    "Intel::URL",       "Intel::SOFTWARE",
    "Intel::EMAIL",       "Intel::DOMAIN",    "Intel::USER_NAME", "Intel::CERT_HASH",
    "Intel::PUBKEY_HASH", "Intel::FILE_HASH", "Intel::FILE_NAME", "Intel::JA3",
    "Intel::JA4",         "Intel::HASSH",
};

std::string digest_input(const Item& item) {
  const std::string event_id = std::to_string(item.entry.event_id);
  const std::array<std::string_view, 10> fields = {to_string(item.entry.key.type),
                                                   item.entry.key.indicator,
                                                   event_id,
                                                   item.attribute_uuids,
                                                   item.desc,
                                                   item.url,
                                                   item.ports,
                                                   item.tags,
                                                   item.report_sightings ? "T" : "F",
                                                   item.kind};
  std::string text;
  for (const std::string_view field : fields) {
    if (!text.empty()) text += '\n';
    text += field;
  }
  for (const auto& [name, value] : item.columns) {
    text.append("\n").append(name).append("\n").append(value);
  }
  return text;
}

std::optional<std::uint64_t> hex_number(std::string_view text) {
  std::uint64_t number = 0;
  for (const char c : text) {
    const auto digit = std::string_view("0123456789abcdef").find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    number = number << 4 | digit;
  }
  return number;
}

}  // namespace

std::string_view to_string(IndicatorType type) {
  return kTypeNames.at(static_cast<std::size_t>(type));
}

std::optional<IndicatorType> indicator_type_from(std::string_view name) {
  for (std::size_t i = 0; i < kTypeNames.size(); ++i) {
    if (kTypeNames.at(i) == name) return static_cast<IndicatorType>(i);
  }
  return std::nullopt;
}

std::uint64_t item_hash(const Item& item) {
  const std::string text = digest_input(item);
  std::array<unsigned char, EVP_MAX_MD_SIZE> sum{};
  if (EVP_Digest(text.data(), text.size(), sum.data(), nullptr, EVP_sha256(), nullptr) != 1) {
    // libcrypto without SHA-256: no digest can be computed, and none may be made up.
    std::abort();
  }
  std::uint64_t hash = 0;
  for (std::size_t i = 0; i < sizeof hash; ++i) hash = (hash << 8) | sum.at(i);
  return hash;
}

std::optional<DigestKey> digest_key_from(std::string_view text) {
  if (text.size() != 32) return std::nullopt;
  const auto mask = hex_number(text.substr(0, 16));
  const auto factor = hex_number(text.substr(16));
  if (!mask || !factor || *factor % 2 == 0) return std::nullopt;
  return DigestKey{*mask, *factor};
}

std::string format_digest(std::uint64_t digest) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out(16, '0');
  for (auto it = out.rbegin(); it != out.rend(); ++it, digest >>= 4) *it = kDigits[digest & 0xf];
  return out;
}

}  // namespace misp_zeek
