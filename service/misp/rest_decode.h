// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/sync/misp_rest.h"
#include "misp/json_rows.h"

namespace misp_zeek::misp {

/// Answers of MISP's REST interface, as MISP 2.5 gives them with status 200. All functions are
/// pure apart from calling `next`. Errors: kMalformed (with "truncated" for an answer that ends too
/// early, and with MISP's own message when the answer is one), kTooLarge.

struct RowLimits {
  std::size_t max_rows = 0;  ///< the search's limit; more rows are an error. 0: no bound
  std::size_t max_row_bytes = 16UL * 1024 * 1024;  ///< a longer row is skipped. 0: no bound
};

struct SkippedRows {
  static constexpr std::size_t kMaxNamed = 100;
  std::uint64_t count = 0;
  std::vector<SkippedRow> named;  ///< the first of them
};

struct DecodedRows {
  std::vector<AttributeRow> rows;
  SkippedRows skipped;
};

/// `{"response":{"Attribute":[...]}}` of /attributes/restSearch, row by row. A row that cannot be
/// read (broken UTF-8, too long, too deep, too many values, another shape than documented) is
/// skipped to its end.
Result<DecodedRows> decode_rows(const NextChunk& next, const RowLimits& limits);

struct DecodedIndex {
  std::vector<EventIndexRow> rows;
  SkippedRows skipped;  ///< event_id is the row's own id
};

/// `[{"id":..,"timestamp":..,"published":..,"uuid":..},...]` of /events/index with `minimal`.
/// Skips rows as decode_rows() does.
Result<DecodedIndex> decode_event_index(const NextChunk& next);

/// The body of `returnFormat count`: a number as text.
Result<std::uint64_t> decode_count(std::string_view body);

/// `{"Attribute":{...}}` of /attributes/view. Another attribute than the one asked for is an error.
Result<Presence> decode_presence(std::string_view body, const Uuid& asked);

/// /servers/getVersion and /users/view/me.
Result<MispUser> decode_user(std::string_view version_body, std::string_view user_body);

}  // namespace misp_zeek::misp
