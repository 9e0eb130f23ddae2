// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "app/config/syntax.h"

/// Values of configuration keys as they were written, and how they are read. Pure.
namespace misp_zeek::app {

/// From the environment or the command line: has no type yet.
struct Text {
  std::string text;
};
/// Something that no key takes, e.g. a date; `kind` is its name.
struct Unusable {
  std::string kind;
};
using Scalar = std::variant<bool, std::int64_t, double, std::string, Unusable>;
struct List {
  std::vector<Scalar> members;
};
using Value = std::variant<bool, std::int64_t, double, std::string, Text, List, Unusable>;

Problem read_bool(const Value& value, bool& into);
Problem read_string(const Value& value, std::string& into);
Problem read_integer(const Value& value, std::int64_t low, std::int64_t high, std::int64_t& into);
Problem read_real(const Value& value, double low, double high, double& into);
/// Strings and whole numbers, the latter as decimal text. No member is empty.
Problem read_list(const Value& value, std::vector<std::string>& into);

/// "90d", "6h", "2m", "30s", "250ms" or "0"; nullopt for anything else and beyond 100 years.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
/// The shortest text that parse_duration() reads as this. Not negative.
std::string show_duration(std::chrono::milliseconds duration);
Problem read_duration(const Value& value, std::chrono::milliseconds low,
                      std::chrono::milliseconds high, std::chrono::milliseconds& into);

}  // namespace misp_zeek::app
