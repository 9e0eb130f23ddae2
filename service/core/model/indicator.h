// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Zeek's side of an attribute: what `Intel::insert` gets. Names are those of
/// scripts/base/frameworks/intel/main.zeek.
namespace misp_zeek {

enum class IndicatorType : std::uint8_t {
  kAddr,
  kSubnet,
  kUrl,
  kSoftware,
  kEmail,
  kDomain,
  kUserName,
  kCertHash,
  kPubkeyHash,
  kFileHash,
  kFileName,
  kJa3,  ///< this one and the following need a package that computes them
  kJa4,
  kHassh,
};
inline constexpr std::size_t kIndicatorTypeCount = 14;

/// The enum's name in Zeek with its module, e.g. "Intel::ADDR".
std::string_view to_string(IndicatorType type);
/// The inverse; nullopt for any other name.
std::optional<IndicatorType> indicator_type_from(std::string_view name);

/// Identity of an indicator in Zeek. `indicator` is normalised as Zeek does it: lower case for
/// strings, canonical text for ADDR and SUBNET.
struct IndicatorKey {
  IndicatorType type = IndicatorType::kAddr;
  std::string indicator;
  auto operator<=>(const IndicatorKey&) const = default;
};

/// An indicator that an attribute maps to. A composite attribute maps to two.
struct Mapped {
  IndicatorKey key;
  /// Decimal port of `ip|port` and `hostname|port`, else empty.
  std::string port;
};

/// Identity of one metadata entry in Zeek, which keys metadata by `meta.source`, and the source is
/// "<owner>-<event id>": the same value in two events is two entries.
struct EntryKey {
  IndicatorKey key;
  std::uint64_t event_id = 0;
  auto operator<=>(const EntryKey&) const = default;
};

/// One entry with all that Zeek shows of it.
struct Item {
  EntryKey entry;
  std::string attribute_uuids;  ///< every supporting attribute, sorted, separated by ','
  std::string desc;             ///< the event's info, shortened, one line
  std::string url;              ///< link to the event in MISP
  std::string ports;            ///< ports of `ip|port`, sorted, separated by ','; often empty
  std::string tags;  ///< those that shall be shown, sorted, separated by ','; often empty
  bool report_sightings = true;
  std::string kind = "misp";                   ///< or "canary": set out by the site, not by MISP
  std::map<std::string, std::string> columns;  ///< further columns of intel.log by name
  bool operator==(const Item&) const = default;
};

/// The first 8 bytes, big endian, of SHA-256 over the item's fields as `proto/README.md` (section
/// "Digest") says.
std::uint64_t item_hash(const Item& item);

/// A Zeek's own key. Without one, who chooses values could choose some that cancel each other.
struct DigestKey {
  std::uint64_t mask = 0;
  std::uint64_t factor = 1;  ///< odd
  auto operator<=>(const DigestKey&) const = default;
  /// What an item adds to a digest by XOR. The Zeek package computes the same.
  std::uint64_t mix(std::uint64_t item_hash) const { return (item_hash ^ mask) * factor; }
};
/// Reads 32 lower-case hexadecimal digits, mask and factor; nullopt for anything else.
std::optional<DigestKey> digest_key_from(std::string_view text);

/// 16 lower-case hexadecimal digits.
std::string format_digest(std::uint64_t digest);

}  // namespace misp_zeek
