// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace misp_zeek::misp_sim {

/// What MISP knows about an attribute type (`sane_defaults` of attributes/describeTypes,
/// MISP 2.5.1).
struct TypeInfo {
  std::string_view name;
  std::string_view default_category;
  bool to_ids;
};

[[nodiscard]] std::span<const TypeInfo> all_types();
/// nullptr: no such type.
[[nodiscard]] const TypeInfo* find_type(std::string_view name);

/// The value of an attribute as MISP stores it, or the text of its validation error.
struct StoredValue {
  std::string value1;
  std::string value2;  ///< "" unless the type is composite
  std::string error;   ///< "" when the value is valid
};

/// Trims, normalises (lower case, punycode, canonical IPv6 ...) and checks `value`, the way MISP
/// does for the types that matter to a network sensor; other types are only trimmed.
[[nodiscard]] StoredValue store_value(std::string_view type, std::string_view value);

/// ASCII only.
[[nodiscard]] std::string to_lower(std::string_view text);

/// A decimal number without sign, e.g. an id; nullopt: something else.
[[nodiscard]] std::optional<std::uint64_t> parse_id(std::string_view text);

/// True if IPv4 `address` lies in IPv4 `network` (`10.0.0.0/8`); false for anything malformed.
[[nodiscard]] bool cidr_contains(std::string_view network, std::string_view address);

/// SQL LIKE with `%` for any text, case-insensitive as MISP's collation.
[[nodiscard]] bool like(std::string_view text, std::string_view pattern);

/// `2024-10-01T10:00:00+02:00` or `2024-10-01T08:00:00Z` as MISP writes it:
/// `2024-10-01T08:00:00.000000+00:00`. nullopt: not such a time.
[[nodiscard]] std::optional<std::string> stored_seen(std::string_view text);

/// Seconds since 1970 of "now - 1h" (units s, m, h, d), of a decimal number, or of a date
/// `YYYY-MM-DD`; nullopt: none of these.
[[nodiscard]] std::optional<std::int64_t> parse_time(std::string_view text, std::int64_t now);

/// `YYYY-MM-DD` in UTC.
[[nodiscard]] std::string date_of(std::int64_t time);

}  // namespace misp_zeek::misp_sim
