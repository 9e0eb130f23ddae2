// SPDX-License-Identifier: BSD-3-Clause
#include "core/base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace misp_zeek::text {
namespace {

constexpr std::string_view kWhiteSpace = " \t\n\r\v\f";

bool is_continuation(unsigned char c) { return (c & 0xc0U) == 0x80U; }

/// Bytes of the well-formed sequence at the start of `text`, 0 if there is none. The second byte's
/// range depends on the first one (Unicode, table 3-7).
std::size_t sequence_length(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = at(0);
  if (first < 0x80) return 1;
  std::size_t length = 0;
  if (first >= 0xc2 && first <= 0xdf) length = 2;
  if (first >= 0xe0 && first <= 0xef) length = 3;
  if (first >= 0xf0 && first <= 0xf4) length = 4;
  if (length == 0 || text.size() < length) return 0;
  std::uint8_t low = 0x80;
  std::uint8_t high = 0xbf;
  if (first == 0xe0) low = 0xa0;
  if (first == 0xed) high = 0x9f;
  if (first == 0xf0) low = 0x90;
  if (first == 0xf4) high = 0x8f;
  if (at(1) < low || at(1) > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (!is_continuation(at(i))) return 0;
  }
  return length;
}

struct Range {
  std::uint16_t from;
  std::uint16_t to;
};

bool is_in(std::uint32_t c, const Range& range) { return c >= range.from && c <= range.to; }

bool is_bidi_control(std::uint32_t c) {
  constexpr std::array<Range, 4> kControls = {
      {{0x061c, 0x061c}, {0x200e, 0x200f}, {0x202a, 0x202e}, {0x2066, 0x2069}}};
  return std::any_of(kControls.begin(), kControls.end(),
                     [&](const Range& range) { return is_in(c, range); });
}

bool is_blank_or_unseen(std::uint32_t c) {
  constexpr std::array<Range, 10> kOthers = {{{0x0009, 0x000d},
                                              {0x0020, 0x0020},
                                              {0x00a0, 0x00a0},
                                              {0x00ad, 0x00ad},
                                              {0x1680, 0x1680},
                                              {0x2000, 0x200d},
                                              {0x2028, 0x2029},
                                              {0x202f, 0x202f},
                                              {0x205f, 0x2064},
                                              {0x3000, 0x3000}}};
  return c == 0xfeff || is_bidi_control(c) ||
         std::any_of(kOthers.begin(), kOthers.end(),
                     [&](const Range& range) { return is_in(c, range); });
}

/// The character of one well-formed sequence.
std::uint32_t decoded(std::string_view sequence) {
  const auto first = static_cast<unsigned char>(sequence.front());
  std::uint32_t c = sequence.size() == 1 ? first : first & (0x7fU >> sequence.size());
  for (const char next : sequence.substr(1)) c = (c << 6) | (static_cast<unsigned>(next) & 0x3fU);
  return c;
}

/// The last sequence of well-formed text that is not empty.
std::string_view last_sequence(std::string_view text) {
  std::size_t start = text.size() - 1;
  while (start > 0 && is_continuation(static_cast<unsigned char>(text[start]))) --start;
  return text.substr(start);
}

}  // namespace

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return hex_value(c) >= 0; });
}

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kWhiteSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kWhiteSpace) - first + 1);
}

std::string_view trim_unicode(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0 || !is_blank_or_unseen(decoded(text.substr(0, length)))) break;
    text.remove_prefix(length);
  }
  while (!text.empty()) {
    const std::string_view last = last_sequence(text);
    if (sequence_length(last) != last.size() || !is_blank_or_unseen(decoded(last))) break;
    text.remove_suffix(last.size());
  }
  return text;
}

bool has_bidi_control(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0) return false;
    if (is_bidi_control(decoded(text.substr(0, length)))) return true;
    text.remove_prefix(length);
  }
  return false;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (is_upper(c)) c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string without(std::string_view text, char unwanted) {
  std::string out(text);
  std::erase(out, unwanted);
  return out;
}

bool starts_with_nocase(std::string_view text, std::string_view lower_prefix) {
  return lower(text.substr(0, lower_prefix.size())) == lower_prefix;
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::optional<unsigned> parse_decimal(std::string_view digits, unsigned max) {
  if (digits.empty() || !std::all_of(digits.begin(), digits.end(), is_digit)) return std::nullopt;
  unsigned value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || value > max) return std::nullopt;
  return value;
}

std::string short_line(std::string_view text, std::size_t max) {
  constexpr std::string_view kCut = "...";
  std::string line;
  std::size_t fits = 0;  // length of the longest prefix that leaves room for the mark
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    const auto lead = static_cast<unsigned char>(text.front());
    if (length == 0) {
      line += '?';
    } else if (lead < 0x20 || lead == 0x7f) {
      line += ' ';
    } else {
      line += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
    if (line.size() > max) {
      line.resize(fits);
      line += kCut;
      return line;
    }
    if (line.size() + kCut.size() <= max) {
      fits = line.size();
    }
  }
  return line;
}

}  // namespace misp_zeek::text
