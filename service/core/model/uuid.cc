// SPDX-License-Identifier: BSD-3-Clause
#include "core/model/uuid.h"

#include <cstring>

#include "core/base/text.h"

namespace misp_zeek {
namespace {

constexpr std::size_t kUuidLength = 36;

bool is_dash_position(std::size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

}  // namespace

std::optional<Uuid> Uuid::parse(std::string_view text) {
  if (text.size() != kUuidLength) return std::nullopt;
  Uuid uuid;
  std::size_t digit = 0;
  for (std::size_t i = 0; i < kUuidLength; ++i) {
    if (is_dash_position(i)) {
      if (text[i] != '-') return std::nullopt;
      continue;
    }
    const int value = text::hex_value(text[i]);
    if (value < 0) return std::nullopt;
    auto& byte = uuid.bytes.at(digit / 2);
    byte = static_cast<std::uint8_t>((byte << 4) | value);
    ++digit;
  }
  return uuid;
}

std::string Uuid::str() const {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(kUuidLength);
  for (const std::uint8_t byte : bytes) {
    if (is_dash_position(out.size())) out += '-';
    out += kDigits[byte >> 4];
    out += kDigits[byte & 0xf];
  }
  return out;
}

}  // namespace misp_zeek

std::size_t std::hash<misp_zeek::Uuid>::operator()(const misp_zeek::Uuid& uuid) const noexcept {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  std::memcpy(&high, uuid.bytes.data(), sizeof high);
  std::memcpy(&low, uuid.bytes.data() + sizeof high, sizeof low);
  // Time-based UUIDs of one host share their low half: the multiplication spreads both halves.
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15U;
  std::uint64_t mixed = (high ^ (low * kOdd)) * kOdd;
  mixed ^= mixed >> 32;
  return static_cast<std::size_t>(mixed);
}
