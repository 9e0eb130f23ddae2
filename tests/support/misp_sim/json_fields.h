// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace misp_zeek::misp_sim {

using Json = nlohmann::json;

/// The member `name` of an object; null: not there, or not an object.
[[nodiscard]] const Json& field(const Json& object, std::string_view name);
[[nodiscard]] bool has_field(const Json& object, std::string_view name);

/// A string, number or boolean as PHP converts it to text; nullopt: anything else.
[[nodiscard]] std::optional<std::string> as_text(const Json& value);
[[nodiscard]] std::optional<std::string> text_field(const Json& object, std::string_view name);
/// A number, or a string with a decimal one; fractions are cut.
[[nodiscard]] std::optional<std::int64_t> as_number(const Json& value);
[[nodiscard]] std::optional<std::int64_t> number_field(const Json& object, std::string_view name);
/// True for what PHP holds true, but not for "false".
[[nodiscard]] bool as_flag(const Json& value);
[[nodiscard]] std::optional<bool> flag_field(const Json& object, std::string_view name);

/// The texts of a string or a list of strings and numbers.
[[nodiscard]] std::vector<std::string> as_texts(const Json& value);

/// `{"Event":{...}}` and `{...}` alike: the inner object.
[[nodiscard]] const Json& unwrap(const Json& body, std::string_view wrapper);

}  // namespace misp_zeek::misp_sim
