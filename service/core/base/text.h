// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

/// Bytes as Zeek treats them: no locale, only ASCII has case and is white space.
namespace misp_zeek::text {

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
inline bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
inline bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
/// Value of a hexadecimal digit, -1 for anything else.
int hex_value(char c);
bool is_hex(std::string_view text);

/// Without white space (space, tab, line feed, carriage return, VT, FF) at both ends.
std::string_view trim(std::string_view text);
/// trim(), and without the blanks that Unicode has besides (U+00A0 and the like), and without
/// characters that nobody sees (zero width, bidirectional controls), at both ends. For UTF-8.
std::string_view trim_unicode(std::string_view text);
/// A character that turns the direction of writing, as U+202E.
bool has_bidi_control(std::string_view text);
/// As Zeek's to_lower(): A to Z only.
std::string lower(std::string_view text);
std::string without(std::string_view text, char unwanted);
bool starts_with_nocase(std::string_view text, std::string_view lower_prefix);

/// A byte below 0x20, or 0x7f.
bool has_control(std::string_view text);
/// Well-formed UTF-8: no overlong forms, surrogates or values above U+10FFFF.
bool is_utf8(std::string_view text);

/// A number of decimal digits alone, at most `max`; nullopt otherwise.
std::optional<unsigned> parse_decimal(std::string_view digits, unsigned max);

/// One line of at most `max` bytes, valid UTF-8: control characters become spaces, broken sequences
/// '?', a cut is marked by "...".
std::string short_line(std::string_view text, std::size_t max);

}  // namespace misp_zeek::text
