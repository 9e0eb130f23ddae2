// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string_view>

#include "core/base/error.h"

namespace misp_zeek::misp {

/// What is kept of a JSON text and what it may cost.
struct JsonStreamOptions {
  /// Keys whose values are kept, at any depth; others are read over. Empty: all.
  std::span<const std::string_view> keys;
  /// Paths of objects that are handed over and forgotten as soon as they are complete, so that
  /// memory stays flat for lists of any length. "*" is any element of a list:
  /// "/response/Attribute/*". Elements of such a list that are no objects are malformed.
  std::span<const std::string_view> records;
  std::size_t max_depth = 64;        ///< nested deeper is kTooLarge
  std::size_t max_values = 100'000;  ///< kept at one time; more is kTooLarge
};

/// Called with the matching entry of `records` and the object; false ends the reading.
using OnRecord = std::function<bool(std::string_view path, const nlohmann::json& record)>;

/// Reads one JSON text into `kept`, up to its end or to the error that is returned.
std::optional<Error> read_json_part(std::string_view text, const JsonStreamOptions& options,
                                    const OnRecord& on_record, nlohmann::json& kept);

/// Reads one JSON text and returns what is kept of it without the records, whose lists are empty.
/// Errors: kMalformed with the byte offset, or with the word "truncated" when the text ends too
/// early; kTooLarge; kCancelled when `on_record` returned false.
Result<nlohmann::json> read_json(std::string_view text, const JsonStreamOptions& options,
                                 const OnRecord& on_record);

/// A small text, kept whole.
Result<nlohmann::json> read_json(std::string_view text);

}  // namespace misp_zeek::misp
