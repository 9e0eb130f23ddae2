// SPDX-License-Identifier: BSD-3-Clause
#include "app/config/values.h"

#include <array>
#include <charconv>
#include <system_error>

namespace misp_zeek::app {
namespace {

using std::chrono::milliseconds;

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
};
constexpr std::array kUnits = {Unit{"d", 86'400'000}, Unit{"h", 3'600'000}, Unit{"m", 60'000},
                               Unit{"s", 1'000}, Unit{"ms", 1}};
constexpr std::int64_t kLongest = 36'500 * kUnits.front().milliseconds;

template <typename T>
std::optional<T> parse_whole(std::string_view text) {
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

Problem read_member(const Scalar& member, std::vector<std::string>& into) {
  if (const auto* number = std::get_if<std::int64_t>(&member)) {
    into.push_back(std::to_string(*number));
    return std::nullopt;
  }
  const auto* text = std::get_if<std::string>(&member);
  if (text == nullptr) {
    return "has a member that is neither a string nor a whole number";
  }
  if (text->empty() || *text == "!") {
    return "has an empty member";
  }
  into.push_back(*text);
  return std::nullopt;
}

/// A value as it may stand in a message; "..." for what has no short form.
std::string plain(const Value& value) {
  if (const auto* flag = std::get_if<bool>(&value)) {
    return *flag ? "true" : "false";
  }
  const auto* number = std::get_if<std::int64_t>(&value);
  return number == nullptr ? "..." : std::to_string(*number);
}

/// The value as the one member of a list.
std::string in_list(const Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  if (text != nullptr) {
    return "[" + toml_string(*text) + "]";
  }
  return std::holds_alternative<std::int64_t>(value) ? "[" + plain(value) + "]" : "[\"...\"]";
}

List split(std::string_view text) {
  List list;
  if (trimmed(text).empty()) {
    return list;
  }
  for (;;) {
    const auto comma = text.find(',');
    list.members.emplace_back(std::string(trimmed(text.substr(0, comma))));
    if (comma == std::string_view::npos) {
      return list;
    }
    text.remove_prefix(comma + 1);
  }
}

}  // namespace

Problem read_bool(const Value& value, bool& into) {
  const auto* text = std::get_if<Text>(&value);
  if (const auto* flag = std::get_if<bool>(&value)) {
    into = *flag;
  } else if (text != nullptr && (text->text == "true" || text->text == "false")) {
    into = text->text == "true";
  } else {
    return "is not a truth value";
  }
  return std::nullopt;
}

Problem read_string(const Value& value, std::string& into) {
  if (const auto* text = std::get_if<Text>(&value)) {
    into = text->text;
  } else if (const auto* string = std::get_if<std::string>(&value)) {
    into = *string;
  } else {
    return "is not a string: text needs quotes, as in \"" + plain(value) + "\"";
  }
  return std::nullopt;
}

Problem read_integer(const Value& value, std::int64_t low, std::int64_t high, std::int64_t& into) {
  std::optional<std::int64_t> number;
  if (const auto* text = std::get_if<Text>(&value)) {
    number = parse_whole<std::int64_t>(text->text);
  } else if (const auto* whole = std::get_if<std::int64_t>(&value)) {
    number = *whole;
  }
  if (!number) {
    return std::holds_alternative<std::string>(value)
               ? "is text: write the whole number without quotes"
               : "is not a whole number";
  }
  if (*number < low || *number > high) {
    return std::to_string(*number) + " is out of range";
  }
  into = *number;
  return std::nullopt;
}

Problem read_real(const Value& value, double low, double high, double& into) {
  std::optional<double> number;
  if (const auto* text = std::get_if<Text>(&value)) {
    number = parse_whole<double>(text->text);
  } else if (const auto* real = std::get_if<double>(&value)) {
    number = *real;
  } else if (const auto* whole = std::get_if<std::int64_t>(&value)) {
    number = static_cast<double>(*whole);
  }
  if (!number) {
    return std::holds_alternative<std::string>(value) ? "is text: write the number without quotes"
                                                      : "is not a number";
  }
  const bool in_range = *number >= low && *number <= high;  // false for "nan", too
  if (!in_range) {
    return "is out of range";
  }
  into = *number;
  return std::nullopt;
}

Problem read_list(const Value& value, std::vector<std::string>& into) {
  List from_text;
  const auto* list = std::get_if<List>(&value);
  if (const auto* text = std::get_if<Text>(&value)) {
    from_text = split(text->text);
    list = &from_text;
  }
  if (list == nullptr) {
    return "is not a list: write " + in_list(value);
  }
  std::vector<std::string> members;
  for (const Scalar& member : list->members) {
    if (auto problem = read_member(member, members)) {
      return problem;
    }
  }
  into = std::move(members);
  return std::nullopt;
}

std::optional<milliseconds> parse_duration(std::string_view text) {
  if (text == "0") {
    return milliseconds(0);
  }
  const auto unit_at = text.find_first_not_of("0123456789");
  const auto number = parse_whole<std::uint32_t>(text.substr(0, unit_at));
  if (!number || unit_at == std::string_view::npos) {
    return std::nullopt;
  }
  for (const Unit& unit : kUnits) {
    if (text.substr(unit_at) == unit.name && *number <= kLongest / unit.milliseconds) {
      return milliseconds(*number * unit.milliseconds);
    }
  }
  return std::nullopt;
}

std::string show_duration(milliseconds duration) {
  if (duration.count() == 0) {
    return "0";
  }
  for (const Unit& unit : kUnits) {
    if (duration.count() % unit.milliseconds == 0) {
      return std::to_string(duration.count() / unit.milliseconds) + std::string(unit.name);
    }
  }
  return "0";
}

Problem read_duration(const Value& value, milliseconds low, milliseconds high, milliseconds& into) {
  std::string text;
  if (read_string(value, text)) {
    return "is not a string with a number and a unit";
  }
  const auto duration = parse_duration(text);
  if (!duration) {
    const bool bare = !text.empty() && parse_whole<std::uint64_t>(text).has_value();
    return "\"" + text + "\" " + (bare ? "has no unit" : "is not a duration");
  }
  if (*duration < low || *duration > high) {
    return "\"" + text + "\" is out of range";
  }
  into = *duration;
  return std::nullopt;
}

}  // namespace misp_zeek::app
