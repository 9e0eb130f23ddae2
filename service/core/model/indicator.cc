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
    "Intel::PUBKEY_HASH", "Intel::FILE_HASH", "Intel::FILE_NAME",
};

std::string digest_input(const Item& item) {
  const std::string event_id = std::to_string(item.entry.event_id);
  const std::array<std::string_view, 9> fields = {to_string(item.entry.key.type),
                                                  item.entry.key.indicator,
                                                  event_id,
                                                  item.attribute_uuids,
                                                  item.desc,
                                                  item.url,
                                                  item.ports,
                                                  item.tags,
                                                  item.report_sightings ? "T" : "F"};
  std::string text;
  for (const std::string_view field : fields) {
    if (!text.empty()) text += '\n';
    text += field;
  }
  return text;
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

std::string format_digest(std::uint64_t digest) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out(16, '0');
  for (auto it = out.rbegin(); it != out.rend(); ++it, digest >>= 4) *it = kDigits[digest & 0xf];
  return out;
}

}  // namespace misp_zeek
