// SPDX-License-Identifier: BSD-3-Clause
#include "core/base/visible_text.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "core/base/text.h"

namespace misp_zeek::text {
namespace {

/// A code point of well-formed UTF-8 and what is left behind it.
char32_t take_code_point(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  char32_t point = length == 1 ? first : first & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    point = (point << 6U) | (static_cast<unsigned char>(text[i]) & 0x3fU);
  }
  text.remove_prefix(length);
  return point;
}

/// Controls of C1, and Unicode's categories Cf, Zl and Zp.
bool is_invisible(char32_t point) {
  struct Range {
    char32_t first;
    char32_t last;
  };
  constexpr std::array kRanges = {
      Range{0x80, 0x9f},       Range{0xad, 0xad},       Range{0x600, 0x605},
      Range{0x61c, 0x61c},     Range{0x6dd, 0x6dd},     Range{0x70f, 0x70f},
      Range{0x890, 0x891},     Range{0x8e2, 0x8e2},     Range{0x180e, 0x180e},
      Range{0x200b, 0x200f},   Range{0x2028, 0x202e},   Range{0x2060, 0x206f},
      Range{0xfeff, 0xfeff},   Range{0xfff9, 0xfffb},   Range{0x110bd, 0x110bd},
      Range{0x110cd, 0x110cd}, Range{0x13430, 0x1343f}, Range{0x1bca0, 0x1bca3},
      Range{0x1d173, 0x1d17a}, Range{0xe0001, 0xe007f}};
  return std::any_of(kRanges.begin(), kRanges.end(), [&](const Range& range) {
    return point >= range.first && point <= range.last;
  });
}

}  // namespace

std::string visible(std::string_view text) {
  // As it is, but UTF-8, and '?' for what was not.
  const std::string valid =
      is_utf8(text) ? std::string(text) : short_line(text, 4 * text.size() + 4);
  std::string out;
  for (std::string_view left = valid; !left.empty();) {
    const std::string_view before = left;
    const char32_t point = take_code_point(left);
    if (point < 0x20 || point == 0x7f) {
      out += '?';
    } else if (is_invisible(point)) {
      std::array<char, 16> number{};
      std::snprintf(number.data(), number.size(), "<U+%04X>", static_cast<unsigned>(point));
      out += number.data();
    } else {
      out += before.substr(0, before.size() - left.size());
    }
  }
  return out;
}

}  // namespace misp_zeek::text
