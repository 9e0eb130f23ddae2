// SPDX-License-Identifier: BSD-3-Clause
#include "instance.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>
#include <string_view>
#include <utility>

namespace misp_zeek::misp_sim {
namespace {

/// An entry of the allowedlist is a PHP regular expression with its delimiters: `/^192\.0\.2\./i`.
/// Empty: not of that form.
std::function<bool(const std::string&)> parse_pattern(std::string_view text) {
  const auto end = text.empty() ? 0 : text.rfind(text.front());
  if (end == 0) return {};
  const auto modifiers = text.substr(end + 1);
  if (!modifiers.empty() && modifiers != "i") return {};
  auto flags = std::regex::ECMAScript | std::regex::optimize;
  if (modifiers == "i") flags |= std::regex::icase;
  try {
    return [pattern = std::regex(std::string(text.substr(1, end - 1)), flags)](
               const std::string& value) { return std::regex_search(value, pattern); };
  } catch (const std::regex_error&) {
    return {};
  }
}

}  // namespace

std::string Instance::change(const Json& settings) {
  if (has_field(settings, "allowedlist")) {
    decltype(allowedlist_) entries;
    for (const auto& text : as_texts(field(settings, "allowedlist"))) {
      entries.push_back(parse_pattern(text));
      if (!entries.back()) return "allowedlist: no regular expression with delimiters: " + text;
    }
    allowedlist_ = std::move(entries);
  }
  return {};
}

bool Instance::hides(const std::string& value) const {
  return std::any_of(allowedlist_.begin(), allowedlist_.end(),
                     [&](const auto& hits) { return hits(value); });
}

}  // namespace misp_zeek::misp_sim
