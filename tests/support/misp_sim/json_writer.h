// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace misp_zeek::misp_sim {

/// Appends JSON to a string as MISP's json_encode writes it: compact, keys in the order of the
/// calls, slashes and non-ASCII text unescaped. Puts commas by itself.
class JsonWriter {
 public:
  /// `native_numbers`: see `number`. `out` must outlive the writer.
  JsonWriter(std::string& out, bool native_numbers) : out_(out), native_(native_numbers) {}

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }

  JsonWriter& key(std::string_view name);
  JsonWriter& text(std::string_view value);
  /// A column of a numeric SQL type: a decimal string, or a number with native numbers.
  JsonWriter& number(std::int64_t value);
  /// Always a JSON number.
  JsonWriter& integer(std::int64_t value);
  JsonWriter& boolean(bool value);
  JsonWriter& null();
  /// A JSON value that is already written out.
  JsonWriter& raw(std::string_view json);

  JsonWriter& text(std::string_view name, std::string_view value) { return key(name).text(value); }
  JsonWriter& number(std::string_view name, std::int64_t value) { return key(name).number(value); }
  JsonWriter& number(std::string_view name, std::uint64_t value) {
    return key(name).number(static_cast<std::int64_t>(value));
  }
  JsonWriter& number(std::string_view name, int value) { return key(name).number(value); }
  JsonWriter& boolean(std::string_view name, bool value) { return key(name).boolean(value); }
  JsonWriter& null(std::string_view name) { return key(name).null(); }
  JsonWriter& text_or_null(std::string_view name, const std::optional<std::string>& value) {
    return value ? text(name, *value) : null(name);
  }
  JsonWriter& empty_array(std::string_view name) { return key(name).raw("[]"); }

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  void separate();

  std::string& out_;
  bool native_;
};

}  // namespace misp_zeek::misp_sim
