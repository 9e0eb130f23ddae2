// SPDX-License-Identifier: BSD-3-Clause
#include "misp/json_rows.h"

#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace misp_zeek::misp {
namespace {

using Json = nlohmann::json;
using Strings = std::vector<std::string>;

constexpr std::array<std::string_view, 2> kPath = {"response", "Attribute"};

/// The text in pieces of `size` bytes.
NextChunk in_pieces(std::string_view text, std::size_t size) {
  return [text, size]() mutable {
    const auto piece = text.substr(0, size);
    text.remove_prefix(piece.size());
    return piece;
  };
}

struct Read {
  Strings rows;
  Result<Json> around;
};

Read read(std::string_view text, std::size_t piece, std::size_t max_row_bytes = 0,
          std::span<const std::string_view> path = kPath) {
  Read result;
  result.around = read_rows(in_pieces(text, piece), path, max_row_bytes, [&](const RawRow& row) {
    EXPECT_EQ(row.position, result.rows.size() + 1);
    result.rows.push_back(std::string(row.text) + (row.whole ? "" : "..."));
    return true;
  });
  return result;
}

TEST(JsonRows, FindsTheSameRowsWhereverTheTextIsCut) {
  const std::string text =
      R"({"a":[{"Attribute":[{"no":1}]}],"response":{"x":[{}],"Attribute": [{"n":"}]\"\\"},)"
      "\n"
      R"( {"m":[{"n":{}}],"bad":})"
      "\xff"
      R"(}] ,"y":"Attribute"},"z":{"Attribute":[{}]}})";
  const Strings rows = {R"({"n":"}]\"\\"})", R"({"m":[{"n":{}}],"bad":})"};
  for (std::size_t size = 1; size <= text.size(); ++size) {
    const auto found = read(text, size);
    ASSERT_EQ(found.rows, rows) << size;
    EXPECT_FALSE(found.around) << "\xff stands between the rows";
  }
}

TEST(JsonRows, ReturnsWhatStandsAroundTheRows) {
  const std::string text = R"({"a":1,"response":{"Attribute":[{"b":nope},{}],"c":[2]},"d":"}"})";
  for (std::size_t size = 1; size <= text.size(); ++size) {
    const auto found = read(text, size);
    ASSERT_TRUE(found.around) << found.around.error().message;
    EXPECT_EQ(*found.around, Json::parse(R"({"a":1,"response":{"Attribute":[],"c":[2]},"d":"}"})"));
    EXPECT_EQ(found.rows.size(), 2U);
  }
}

TEST(JsonRows, SaysTruncatedAtEveryCut) {
  const std::string text = R"({"response":{"Attribute":[{"b":"x"},{}]}})";
  for (std::size_t length = 0; length < text.size(); ++length) {
    const auto found = read(std::string_view(text).substr(0, length), 5);
    ASSERT_FALSE(found.around);
    EXPECT_EQ(found.around.error().code, ErrorCode::kMalformed);
    EXPECT_TRUE(found.around.error().message.starts_with("truncated")) << length;
  }
}

TEST(JsonRows, KeepsTheBeginningOfARowBeyondTheBoundAndGoesOn) {
  const std::string text = R"([{"a":")" + std::string(300'000, 'x') + R"("},{"b":1}])";
  for (const std::size_t size : {7UL, 4'096UL, text.size()}) {
    const auto found = read(text, size, 100'000, {});
    ASSERT_TRUE(found.around) << found.around.error().message;
    ASSERT_EQ(found.rows.size(), 2U);
    EXPECT_TRUE(found.rows[0].ends_with("x..."));
    EXPECT_EQ(found.rows[1], R"({"b":1})");
  }
}

TEST(JsonRows, RefusesAListOfOtherThingsAndTextWithoutEnd) {
  for (const char* text : {"[1]", "[[]]", R"(["x"])", "[{}]]", "[{}] x"}) {
    EXPECT_EQ(read(text, 2, 0, {}).around.error().code, ErrorCode::kMalformed) << text;
  }
  const std::string around = R"({"x":")" + std::string(2'000'000, 'x') + R"("})";
  EXPECT_EQ(read(around, 4'096).around.error().code, ErrorCode::kTooLarge);
}

TEST(JsonRows, EndsWhenTheReceiverSaysSo) {
  int rows = 0;
  const auto around =
      read_rows(in_pieces("[{},{},{}]", 100), {}, 0, [&](const RawRow&) { return ++rows < 2; });
  ASSERT_FALSE(around);
  EXPECT_EQ(around.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(rows, 2);
}

}  // namespace
}  // namespace misp_zeek::misp
