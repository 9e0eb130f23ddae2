// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/sync/misp_rest.h"
#include "misp/json_stream.h"

namespace misp_zeek::misp {

/// Answers of MISP's REST interface, as MISP 2.5 gives them with status 200. All functions are
/// pure apart from calling `next`. Errors: kMalformed (with "truncated" for an answer that ends too
/// early, and with MISP's own message when the answer is one), kTooLarge.

struct RowLimits {
  std::size_t max_rows = 0;  ///< the search's limit; more rows are an error. 0: no bound
  std::size_t max_row_bytes = 16UL * 1024 * 1024;
};

struct DecodedRows {
  std::vector<AttributeRow> rows;
  std::uint64_t undecodable = 0;  ///< rows of another shape than documented; left out
};

/// `{"response":{"Attribute":[...]}}` of /attributes/restSearch, row by row.
Result<DecodedRows> decode_rows(const NextChunk& next, const RowLimits& limits);

/// `[{"id":..,"timestamp":..,"published":..,"uuid":..},...]` of /events/index with `minimal`. One
/// row that cannot be read fails it all: an event left out would look deleted.
Result<std::vector<EventIndexRow>> decode_event_index(const NextChunk& next);

/// The body of `returnFormat count`: a number as text.
Result<std::uint64_t> decode_count(std::string_view body);

/// `{"Attribute":{...}}` of /attributes/view. Another attribute than the one asked for is an error.
Result<Presence> decode_presence(std::string_view body, const Uuid& asked);

/// /servers/getVersion and /users/view/me.
Result<MispUser> decode_user(std::string_view version_body, std::string_view user_body);

}  // namespace misp_zeek::misp
