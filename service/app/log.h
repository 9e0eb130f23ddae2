// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

/// Structured lines on standard error: `ts=... level=info msg="..." key=value`. Thread safe.
namespace misp_zeek::app::log {

struct Field {
  std::string_view name;
  std::string value;

  Field(std::string_view n, std::string v) : name(n), value(std::move(v)) {}
  Field(std::string_view n, std::string_view v) : name(n), value(v) {}
  Field(std::string_view n, const char* v) : name(n), value(v) {}
  template <typename T>
  requires std::is_arithmetic_v<T> Field(std::string_view n, T v)
      : name(n), value(std::to_string(v)) {}
};
using Fields = std::initializer_list<Field>;

/// "debug", "info", "warn" or "error"; less important lines are left out.
void set_level(const std::string& level);
void debug(std::string_view message, Fields fields = {});
void info(std::string_view message, Fields fields = {});
void warn(std::string_view message, Fields fields = {});
void error(std::string_view message, Fields fields = {});

/// One line as it is written, without time and level; quotes what needs it.
std::string format(std::string_view message, Fields fields);

}  // namespace misp_zeek::app::log
