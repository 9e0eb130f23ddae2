// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <string_view>

#include "fuzz_target.h"
#include "misp/rest_decode.h"

namespace {

using misp_zeek::fuzz::require;
using misp_zeek::fuzz::require_sound_text;

/// The text in pieces of `size` bytes, as a connection may deliver it.
misp_zeek::misp::NextChunk in_pieces(std::string_view& text, std::size_t size) {
  return [&text, size] {
    const auto piece = text.substr(0, size);
    text.remove_prefix(piece.size());
    return piece;
  };
}

template <typename Value>
void require_same(const misp_zeek::Result<Value>& whole, const misp_zeek::Result<Value>& pieces) {
  require(whole.has_value() == pieces.has_value(), "the size of pieces does not matter");
  if (!whole) {
    require(whole.error().code == pieces.error().code, "the size of pieces does not matter");
    require_sound_text(whole.error().message);
  }
}

}  // namespace

/// The first byte says how large the pieces are.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace misp_zeek;
  if (size == 0) {
    return 0;
  }
  const std::size_t piece = 1 + data[0] % 64U;
  const auto text = fuzz::text_of(data + 1, size - 1);
  const misp::RowLimits limits{.max_rows = 50, .max_row_bytes = 8'192};
  auto rest = text;
  const auto rows =
      misp::decode_rows(in_pieces(rest, std::max<std::size_t>(text.size(), 1)), limits);
  rest = text;
  const auto rows_in_pieces = misp::decode_rows(in_pieces(rest, piece), limits);
  require_same(rows, rows_in_pieces);
  if (rows) {
    require(rows->rows.size() == rows_in_pieces->rows.size(), "the same rows in pieces");
    require(rows->rows.size() + rows->skipped.size() <= limits.max_rows, "rows are bounded");
  }
  rest = text;
  const auto index =
      misp::decode_event_index(in_pieces(rest, std::max<std::size_t>(text.size(), 1)));
  rest = text;
  require_same(index, misp::decode_event_index(in_pieces(rest, piece)));
  rest = text;
  const auto events = misp::decode_events(in_pieces(rest, std::max<std::size_t>(text.size(), 1)));
  rest = text;
  require_same(events, misp::decode_events(in_pieces(rest, piece)));
  const auto half = text.size() / 2;
  const auto user = misp::decode_user(text.substr(0, half), text.substr(half));
  if (!user) {
    require_sound_text(user.error().message);
  }
  return 0;
}
