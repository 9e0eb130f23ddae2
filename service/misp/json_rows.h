// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string_view>

#include "core/base/error.h"

namespace misp_zeek::misp {

/// Returns the next bytes of a text, empty at its end. They must stay valid until the next call.
using NextChunk = std::function<std::string_view()>;

/// A row of a list, as it stands in the text.
struct RawRow {
  std::string_view text;
  bool whole = true;         ///< false: longer than the bound, `text` is its beginning
  std::size_t position = 0;  ///< in the list, from 1
};

/// False ends the reading.
using OnRow = std::function<bool(const RawRow& row)>;

/// Finds the rows of one list in a JSON text by quotes and brackets alone, so that what is inside a
/// row, valid or not, costs nothing but this row. `path` holds the keys of the objects around the
/// list; empty: the list is the whole text. Memory: one row of `max_row_bytes`.
///
/// Returns the text around the rows, whose list is empty. Errors: kMalformed (with "truncated" for
/// a text that ends too early), kTooLarge when there is too much around the rows, kCancelled when
/// `on_row` returned false.
Result<nlohmann::json> read_rows(const NextChunk& next, std::span<const std::string_view> path,
                                 std::size_t max_row_bytes, const OnRow& on_row);

}  // namespace misp_zeek::misp
