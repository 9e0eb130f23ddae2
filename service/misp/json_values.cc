// SPDX-License-Identifier: BSD-3-Clause
#include "misp/json_values.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

namespace misp_zeek::misp {
namespace {

constexpr std::string_view kExpectedId = "a number or a decimal string";

template <typename Number>
std::optional<Number> parse_decimal(std::string_view text) {
  Number number{};
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

}  // namespace

Fields::Fields(const nlohmann::json& object, std::string_view where)
    : object_(object), where_(where) {
  if (!object_.is_object()) {
    problem_ = where_ + ": expected an object";
  }
}

const nlohmann::json* Fields::child(const char* key) const {
  if (!object_.is_object()) {
    return nullptr;
  }
  const auto it = object_.find(key);
  return it == object_.end() || it->is_null() ? nullptr : &*it;
}

void Fields::fail(std::string_view key, std::string_view expected) {
  if (ok()) {
    problem_ = where_;
    problem_.append(".").append(key).append(": expected ").append(expected);
  }
}

template <typename T>
T Fields::require(std::optional<T> value, const char* key) {
  if (!value) {
    fail(key, "a value");
    return T{};
  }
  return *std::move(value);
}

template <typename Number>
std::optional<Number> Fields::number_if(const char* key, std::string_view expected) {
  const auto* value = child(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  std::optional<Number> number;
  if (const auto* text = value->get_ptr<const std::string*>()) {
    number = parse_decimal<Number>(*text);
  } else if (value->is_number_unsigned()) {
    const auto raw = value->get<std::uint64_t>();
    number = std::in_range<Number>(raw) ? std::optional(static_cast<Number>(raw)) : std::nullopt;
  } else if (value->is_number_integer()) {
    const auto raw = value->get<std::int64_t>();
    number = std::in_range<Number>(raw) ? std::optional(static_cast<Number>(raw)) : std::nullopt;
  }
  if (!number) {
    fail(key, expected);
  }
  return number;
}

std::uint64_t Fields::id(const char* key) { return require(id_if(key), key); }

std::optional<std::uint64_t> Fields::id_if(const char* key) {
  return number_if<std::uint64_t>(key, kExpectedId);
}

std::int64_t Fields::integer(const char* key) { return require(integer_if(key), key); }

std::optional<std::int64_t> Fields::integer_if(const char* key) {
  return number_if<std::int64_t>(key, kExpectedId);
}

bool Fields::flag(const char* key) { return require(flag_if(key), key); }

std::optional<bool> Fields::flag_if(const char* key) {
  const auto* value = child(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (value->is_boolean()) {
    return value->get<bool>();
  }
  const auto number = number_if<int>(key, "a boolean, 0 or 1");
  if (number && *number != 0 && *number != 1) {
    fail(key, "a boolean, 0 or 1");
    return std::nullopt;
  }
  return number ? std::optional(*number == 1) : std::nullopt;
}

std::string Fields::text(const char* key) { return require(text_if(key), key); }

std::optional<std::string> Fields::text_if(const char* key) {
  const auto* value = child(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (const auto* text = value->get_ptr<const std::string*>()) {
    return *text;
  }
  if (value->is_number_integer()) {
    return value->dump();
  }
  fail(key, "a string");
  return std::nullopt;
}

Uuid Fields::uuid(const char* key) { return require(uuid_if(key), key); }

std::optional<Uuid> Fields::uuid_if(const char* key) {
  const auto text = text_if(key);
  if (!text || text->empty()) {
    return std::nullopt;
  }
  auto uuid = Uuid::parse(*text);
  if (!uuid) {
    fail(key, "a UUID");
  }
  return uuid;
}

std::optional<Distribution> Fields::distribution_if(const char* key) {
  const auto level = id_if(key);
  if (!level || *level > static_cast<std::uint64_t>(Distribution::kInherit)) {
    return std::nullopt;
  }
  return static_cast<Distribution>(*level);
}

}  // namespace misp_zeek::misp
