// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <ctime>
#include <nlohmann/json.hpp>

#include "app/process/log.h"

namespace misp_zeek::app::log {
namespace {

/// JSON's quotes and escapes serve logfmt too.
std::string in_quotes(std::string_view text) {
  using Json = nlohmann::json;
  std::string out = Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
  // No control character to JSON, but one to terminals.
  for (auto at = out.find('\x7f'); at != std::string::npos; at = out.find('\x7f', at)) {
    out.replace(at, 1, "\\u007f");
  }
  return out;
}

bool is_plain(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c < '\x7f' && c != '"' && c != '=' && c != '\\';
  });
}

std::string number(double value) {
  std::array<char, 32> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value,
                                          std::chars_format::general, 6);
  return error == std::errc() ? std::string(digits.data(), end) : "0";
}

std::string shown(Format format, const Field::Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    return format == Format::kLogfmt && is_plain(*text) ? *text : in_quotes(*text);
  }
  if (const auto* flag = std::get_if<bool>(&value)) {
    return *flag ? "true" : "false";
  }
  if (const auto* real = std::get_if<double>(&value)) {
    // JSON has no word for infinity.
    return format == Format::kJson && !std::isfinite(*real) ? "null" : number(*real);
  }
  if (const auto* natural = std::get_if<std::uint64_t>(&value)) {
    return std::to_string(*natural);
  }
  return std::to_string(std::get<std::int64_t>(value));
}

std::string timestamp(std::chrono::system_clock::time_point time) {
  using std::chrono::milliseconds;
  const auto since = std::chrono::floor<milliseconds>(time.time_since_epoch());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  const std::time_t whole = seconds.count();
  std::tm parts{};
  gmtime_r(&whole, &parts);
  std::array<char, 32> date{};
  const std::size_t length = std::strftime(date.data(), date.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::string rest = std::to_string((since - seconds).count());
  rest.insert(0, 3 - rest.size(), '0');
  return std::string(date.data(), length) + "." + rest + "Z";
}

}  // namespace

std::string_view to_string(Level level) {
  switch (level) {
    case Level::kTrace:
      return "trace";
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarn:
      return "warn";
    case Level::kError:
      return "error";
  }
  return "error";
}

std::string_view to_string(Format format) { return format == Format::kJson ? "json" : "logfmt"; }

std::string_view journal_prefix(Level level) {
  switch (level) {
    case Level::kTrace:
    case Level::kDebug:
      return "<7>";
    case Level::kInfo:
      return "<6>";
    case Level::kWarn:
      return "<4>";
    case Level::kError:
      return "<3>";
  }
  return "<3>";
}

std::string format_line(Format format, std::chrono::system_clock::time_point time, Level level,
                        std::string_view message, std::span<const Field> fields) {
  const bool json = format == Format::kJson;
  std::string line = json ? "{" : "";
  const auto add = [&](std::string_view name, const std::string& value) {
    if (line.size() > 1) {
      line += json ? "," : " ";
    }
    line += json ? in_quotes(name) + ":" : std::string(name) + "=";
    line += value;
  };
  add("ts", shown(format, timestamp(time)));
  add("level", shown(format, std::string(to_string(level))));
  add("msg", in_quotes(message));
  for (const Field& field : fields) {
    add(field.name, shown(format, field.value));
  }
  return json ? line + "}" : line;
}

}  // namespace misp_zeek::app::log
