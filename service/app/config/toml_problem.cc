// SPDX-License-Identifier: BSD-3-Clause
#include "app/config/toml_problem.h"

#include <algorithm>
#include <array>

#include "app/config/syntax.h"
#include "core/base/text.h"

namespace misp_zeek::app {
namespace {

constexpr std::size_t kMaxShown = 80;

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// The line in question, and the section that it is in.
struct Place {
  std::string_view line;
  std::string section;
};

Place place_of(std::string_view text, std::size_t wanted) {
  Place place;
  for (std::size_t number = 1; number <= wanted && !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    place.line = text::trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (number < wanted && place.line.starts_with('[')) {
      const auto begin = std::min(place.line.find_first_not_of('['), place.line.size());
      place.section = text::trim(place.line.substr(begin, place.line.find(']') - begin));
    }
  }
  return place;
}

std::string about_header(std::string_view reason) {
  if (has(reason, "as table")) {
    return "each Zeek has a section [[zeek]]";
  }
  if (has(reason, "redefine")) {
    return "the section is there already: write its keys below the first one";
  }
  return "a section is [NAME], or [[zeek]], alone on its line";
}

bool is_truth_value(std::string_view value) {
  constexpr std::array<std::string_view, 6> kWords = {"true", "false", "yes", "no", "on", "off"};
  return std::find(kWords.begin(), kWords.end(), text::lower(value)) != kWords.end();
}

std::string about_value(std::string_view name, std::string_view value, std::string_view reason,
                        std::string_view allowed) {
  const bool show = !allowed.empty() && !name.ends_with("_file") && value.size() <= kMaxShown;
  if (has(reason, "redefine")) {
    return "the key is there already: remove one of the two";
  }
  if (value.empty() || value.starts_with('#')) {
    return "a value is missing after the =";
  }
  if (is_truth_value(value) || allowed == "true or false") {
    return "write true or false, in small letters and without quotes";
  }
  if (value.starts_with('[')) {
    return "a list is [\"a\", \"b\"] or [1, 2]: text in quotes, commas in between, ] at the end";
  }
  if (has(reason, "escape sequence")) {
    return "a backslash in quotes is written twice";
  }
  if (has(reason, "leading zero") || has(reason, "representable")) {
    return "write the number without leading zeroes, and below 2^63";
  }
  if (value.starts_with('"') || value.starts_with('\'')) {
    return has(reason, "comment or whitespace")
               ? "nothing follows a value but a comment after #; each key has a line of its own"
               : "the quotes do not end, or have a control character between them";
  }
  if (static_cast<unsigned char>(value.front()) >= 0x80) {
    return "text needs straight quotes: \"...\"";
  }
  if (!allowed.empty() && text::is_digit(allowed.front())) {
    return "a number has digits and a decimal point, and nothing else";
  }
  return "text needs quotes, as in " + std::string(name) + " = " +
         (show ? toml_string(text::trim(value.substr(0, value.find('#')))) : "\"...\"");
}

}  // namespace

std::string toml_problem(std::string_view text, std::size_t line, std::string_view reason,
                         const AllowedOf& allowed_of) {
  constexpr std::string_view kPrefix = "Error while parsing ";
  const std::string detail =
      " (" + std::string(reason.starts_with(kPrefix) ? reason.substr(kPrefix.size()) : reason) +
      ")";
  if (has(reason, "utf-8")) {
    return "save the file as UTF-8" + detail;
  }
  const auto [content, section] = place_of(text, line);
  const auto equals = content.find('=');
  if (has(reason, "parsing array") && content.starts_with('[')) {
    return "the list above does not end: close it with ]" + detail;
  }
  if (content.starts_with('[')) {
    return about_header(reason) + detail;
  }
  const auto name = text::trim(content.substr(0, std::min(equals, content.size())));
  if (equals == std::string_view::npos || name.empty() || has(reason, "expected '='")) {
    return "a line is KEY = VALUE, [SECTION], or a comment after #; a key with other characters "
           "than letters, digits, - and _ needs quotes" +
           detail;
  }
  const std::string key = section.empty() ? std::string(name) : section + "." + std::string(name);
  const std::string allowed = allowed_of(key);
  const auto value = text::trim(content.substr(equals + 1));
  return "key \"" + key + "\": " + about_value(name, value, reason, allowed) +
         (allowed.empty() ? "" : "; allowed: " + allowed) + detail;
}

}  // namespace misp_zeek::app
