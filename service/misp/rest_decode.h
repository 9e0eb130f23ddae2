// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/sync/rest_call.h"
#include "misp/json_rows.h"

namespace misp_zeek::misp {

/// Answers of MISP's REST interface, as MISP 2.5 gives them with status 200. All functions are
/// pure apart from calling `next`. Errors: kMalformed (with "truncated" for an answer that ends too
/// early, and with MISP's own message when the answer is one), kTooLarge.

struct RowLimits {
  std::size_t max_rows = 0;  ///< the search's limit; more rows are an error. 0: no bound
  std::size_t max_row_bytes = 16UL * 1024 * 1024;  ///< a longer row is skipped. 0: no bound
};

struct DecodedRows {
  std::vector<AttributeRow> rows;
  std::vector<SkippedRow> skipped;
};

/// What X-Result-Count and X-Skipped-Elements-Count say of a reply's rows.
struct RowCounts {
  std::optional<std::uint64_t> counted;  ///< nullopt: no such header
  std::uint64_t removed = 0;             ///< 0 without the header
};

/// MISP counts the rows of a reply before it hides any, one more when a page is full, and 1 when a
/// page is empty. `limit` 0: none was sent.
AttributeReply attribute_reply(DecodedRows rows, const RowCounts& counts, std::uint64_t limit);

/// `{"response":{"Attribute":[...]}}` of /attributes/restSearch, row by row. A row that cannot be
/// read (broken UTF-8, too long, too deep, too many values, another shape than documented) is
/// skipped to its end.
Result<DecodedRows> decode_rows(const NextChunk& next, const RowLimits& limits);

/// `[{"id":..,"timestamp":..,"published":..,"uuid":..},...]` of /events/index with `minimal`.
/// Skips rows as decode_rows() does.
Result<EventIndex> decode_event_index(const NextChunk& next);

/// `{"response":[{"Event":{...}},...]}` of /events/restSearch with `metadata`. One event that
/// cannot be read fails it all: it would look deleted.
Result<EventDetails> decode_events(const NextChunk& next);

/// `{"Attribute":{...}}` of /attributes/view. Another attribute than the one asked for is an error.
Result<Presence> decode_presence(std::string_view body, const Uuid& asked);

/// /servers/getVersion and /users/view/me. kIncompatible for a MISP that is too old, and for a user
/// whose default_restsearch_parameters would change every search.
Result<MispUser> decode_user(std::string_view version_body, std::string_view user_body);

}  // namespace misp_zeek::misp
