// SPDX-License-Identifier: BSD-3-Clause
#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "core/base/text.h"
#include "core/mapping/normalise.h"

namespace misp_zeek::normalise {
namespace {

constexpr unsigned kBitsV4 = 32;
constexpr unsigned kBitsV6 = 128;
/// Zeek keeps every address in 128 bits, IPv4 below ::ffff:0:0/96.
constexpr unsigned kMappedPrefix = kBitsV6 - kBitsV4;
using Bytes = std::array<std::uint8_t, kBitsV6 / 8>;
constexpr Bytes kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

struct Parsed {
  Bytes bytes{};
  bool written_as_v4 = false;
};

bool same_prefix(const Bytes& a, const Bytes& b, unsigned prefix) {
  const auto* end = a.begin() + prefix / 8;
  if (!std::equal(a.begin(), end, b.begin())) return false;
  const unsigned rest = prefix % 8;
  if (rest == 0) return true;
  const auto difference = static_cast<unsigned>(*end ^ b.at(prefix / 8));
  return (difference >> (8 - rest)) == 0;
}

bool is_v4(const Bytes& bytes) { return same_prefix(bytes, kMapped, kMappedPrefix); }

std::optional<Parsed> parse(std::string_view text) {
  // A zone names an interface of who wrote it.
  if (text.find(':') != std::string_view::npos) text = text.substr(0, text.find('%'));
  // inet_pton() needs a final zero, and takes nothing longer than this.
  std::array<char, INET6_ADDRSTRLEN> input{};
  if (text.size() >= input.size()) return std::nullopt;
  std::copy(text.begin(), text.end(), input.begin());
  Parsed parsed;
  if (inet_pton(AF_INET6, input.data(), parsed.bytes.data()) == 1) return parsed;
  parsed.bytes = kMapped;
  parsed.written_as_v4 = true;
  if (inet_pton(AF_INET, input.data(), parsed.bytes.data() + kMappedPrefix / 8) == 1) return parsed;
  return std::nullopt;
}

std::string print(int family, const std::uint8_t* bytes) {
  std::array<char, INET6_ADDRSTRLEN> out{};
  inet_ntop(family, bytes, out.data(), out.size());
  return out.data();
}

std::string print(const Bytes& bytes) {
  const std::uint8_t* v4 = bytes.data() + kMappedPrefix / 8;
  if (is_v4(bytes)) return print(AF_INET, v4);
  // Zeek writes the IPv4 part of ::ffff:0:0:0/96 (SIIT) with dots, libc does not.
  constexpr Bytes kTranslated = {0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (same_prefix(bytes, kTranslated, kMappedPrefix)) return "::ffff:0:" + print(AF_INET, v4);
  return print(AF_INET6, bytes.data());
}

void clear_host_bits(Bytes& bytes, unsigned prefix) {
  for (unsigned i = 0; i < bytes.size(); ++i) {
    const unsigned kept = std::clamp(prefix, 8 * i, 8 * i + 8) - 8 * i;
    bytes.at(i) = static_cast<std::uint8_t>(bytes.at(i) & (0xff00U >> kept));
  }
}

bool is_unspecified(const Bytes& bytes) {
  return std::all_of(bytes.begin() + kMappedPrefix / 8, bytes.end(),
                     [](std::uint8_t byte) { return byte == 0; }) &&
         (is_v4(bytes) || same_prefix(bytes, Bytes{}, kMappedPrefix));
}

tl::expected<IndicatorKey, Reject> single(const Bytes& bytes) {
  if (is_unspecified(bytes)) return tl::unexpected(Reject::kBadAddress);
  return IndicatorKey{IndicatorType::kAddr, print(bytes)};
}

/// `prefix` counts from the start of the 128 bits.
tl::expected<IndicatorKey, Reject> network(Bytes bytes, unsigned prefix,
                                           const MappingOptions& options) {
  if (prefix == kBitsV6) return single(bytes);
  clear_host_bits(bytes, prefix);
  const bool v4 = prefix >= kMappedPrefix && is_v4(bytes);
  const unsigned shown = v4 ? prefix - kMappedPrefix : prefix;
  const bool holds_all_v4 = prefix <= kMappedPrefix && same_prefix(bytes, kMapped, prefix);
  if (static_cast<int>(shown) < (v4 ? options.min_prefix_v4 : options.min_prefix_v6) ||
      (holds_all_v4 && options.min_prefix_v4 > 0)) {
    return tl::unexpected(Reject::kBroadNetwork);
  }
  return IndicatorKey{IndicatorType::kSubnet, print(bytes) + "/" + std::to_string(shown)};
}

}  // namespace

std::optional<mapping::Network> network_of(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto parsed = parse(text.substr(0, slash));
  if (!parsed) return std::nullopt;
  if (slash == std::string_view::npos) return mapping::Network{parsed->bytes, kBitsV6};
  const unsigned offset = parsed->written_as_v4 ? kMappedPrefix : 0;
  const auto prefix = text::parse_decimal(text.substr(slash + 1), kBitsV6 - offset);
  if (!prefix) return std::nullopt;
  return mapping::Network{parsed->bytes, *prefix + offset};
}

bool lies_in(const IndicatorKey& key, const mapping::Network& network) {
  const auto own = network_of(key.indicator);
  return own && own->prefix >= network.prefix &&
         same_prefix(own->bytes, network.bytes, network.prefix);
}

tl::expected<IndicatorKey, Reject> address(std::string_view text, const MappingOptions& options) {
  const std::size_t slash = text.find('/');
  const auto parsed = parse(text.substr(0, slash));
  if (!parsed) return tl::unexpected(Reject::kBadAddress);
  if (slash == std::string_view::npos) return single(parsed->bytes);
  const unsigned offset = parsed->written_as_v4 ? kMappedPrefix : 0;
  const auto prefix = text::parse_decimal(text.substr(slash + 1), kBitsV6 - offset);
  if (!prefix) return tl::unexpected(Reject::kBadAddress);
  return network(parsed->bytes, *prefix + offset, options);
}

}  // namespace misp_zeek::normalise
