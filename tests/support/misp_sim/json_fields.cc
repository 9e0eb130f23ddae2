// SPDX-License-Identifier: BSD-3-Clause
#include "json_fields.h"

#include <nlohmann/json.hpp>

#include "values.h"

namespace misp_zeek::misp_sim {
namespace {

const Json kNull;

}  // namespace

const Json& field(const Json& object, std::string_view name) {
  if (!object.is_object()) return kNull;
  const auto it = object.find(name);
  return it == object.end() ? kNull : *it;
}

bool has_field(const Json& object, std::string_view name) { return !field(object, name).is_null(); }

std::optional<std::string> as_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "1" : "";
  if (value.is_number()) return value.dump();
  return std::nullopt;
}

std::optional<std::string> text_field(const Json& object, std::string_view name) {
  return as_text(field(object, name));
}

std::optional<std::int64_t> as_number(const Json& value) {
  if (value.is_boolean()) return value.get<bool>() ? 1 : 0;
  if (value.is_number_float()) return static_cast<std::int64_t>(value.get<double>());
  if (value.is_number()) return value.get<std::int64_t>();
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  const bool negative = text.starts_with('-');
  const auto number = parse_id(std::string_view(text).substr(negative ? 1 : 0, text.find('.')));
  if (!number) return std::nullopt;
  return negative ? -static_cast<std::int64_t>(*number) : static_cast<std::int64_t>(*number);
}

std::optional<std::int64_t> number_field(const Json& object, std::string_view name) {
  return as_number(field(object, name));
}

bool as_flag(const Json& value) {
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number()) return value.get<double>() != 0;
  if (!value.is_string()) return false;
  const auto& text = value.get_ref<const std::string&>();
  return !text.empty() && text != "0" && text != "false";
}

std::optional<bool> flag_field(const Json& object, std::string_view name) {
  const auto& value = field(object, name);
  return value.is_null() ? std::nullopt : std::optional(as_flag(value));
}

std::vector<std::string> as_texts(const Json& value) {
  std::vector<std::string> texts;
  if (const auto text = as_text(value)) texts.push_back(*text);
  if (!value.is_array()) return texts;
  for (const auto& element : value) {
    if (auto text = as_text(element)) texts.push_back(std::move(*text));
  }
  return texts;
}

const Json& unwrap(const Json& body, std::string_view wrapper) {
  const auto& inner = field(body, wrapper);
  return inner.is_object() || inner.is_array() ? inner : body;
}

}  // namespace misp_zeek::misp_sim
