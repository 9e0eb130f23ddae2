// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <ctime>

#include "app/log.h"
#include "core/text.h"

namespace misp_zeek::app::log {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

/// Bytes of the sequence that a lead byte announces; 1 for anything else.
std::size_t sequence_length(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
}

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '"':
    case '\\':
      out += '\\';
      out += c;
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  if (static_cast<unsigned char>(c) >= 0x20 && c != '\x7f') {
    out += c;
    return;
  }
  std::array<char, 8> code{};
  const int length = std::snprintf(code.data(), code.size(), "\\u%04x",
                                   static_cast<unsigned>(static_cast<unsigned char>(c)));
  out.append(code.data(), static_cast<std::size_t>(length));
}

/// The same escapes serve JSON and logfmt.
std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const std::size_t length = sequence_length(text.front());
    const std::string_view sequence = text.substr(0, length);
    if (sequence.size() == length && text::is_utf8(sequence)) {
      if (length == 1) {
        append_escaped(out, sequence.front());
      } else {
        out += sequence;
      }
      text.remove_prefix(length);
    } else {
      out += kReplacement;
      text.remove_prefix(1);
    }
  }
  return out + "\"";
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
