// SPDX-License-Identifier: BSD-3-Clause
#include "misp/json_stream.h"

#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace misp_zeek::misp {
namespace {

using Json = nlohmann::json;
using Strings = std::vector<std::string>;

/// The text in pieces of `size` bytes.
class Pieces {
 public:
  Pieces(std::string_view text, std::size_t size) : text_(text), size_(size) {}
  NextChunk next() {
    return [this] {
      const auto piece = text_.substr(0, size_);
      text_.remove_prefix(piece.size());
      return piece;
    };
  }

 private:
  std::string_view text_;
  std::size_t size_;
};

TEST(JsonStream, ReadsTheSameWhereverTheTextIsCut) {
  const std::string text = R"( {"a":[1,-2,3.5,"x\u00fc\n",null,true,{"b":{}}],"c":[]} )";
  const auto whole = Json::parse(text);
  for (std::size_t size = 1; size <= text.size(); ++size) {
    Pieces pieces(text, size);
    const auto json = read_json(pieces.next(), {}, {});
    ASSERT_TRUE(json) << json.error().message;
    EXPECT_EQ(*json, whole);
  }
}

TEST(JsonStream, SaysTruncatedAtEveryCut) {
  const std::string text = R"({"a":[1,"x",null,{"b":{}}]})";
  for (std::size_t length = 0; length < text.size(); ++length) {
    const auto json = read_json(std::string_view(text).substr(0, length));
    ASSERT_FALSE(json);
    EXPECT_EQ(json.error().code, ErrorCode::kMalformed);
    EXPECT_TRUE(json.error().message.starts_with("truncated")) << json.error().message;
  }
}

TEST(JsonStream, KeepsOnlyTheNamedKeysAtAnyDepth) {
  constexpr std::array<std::string_view, 2> kKeys = {"a", "b"};
  JsonStreamOptions options;
  options.keys = kKeys;
  const auto json = read_json(
      R"({"x":{"a":1},"a":{"y":[1,{"b":[]}],"b":[{"a":1,"z":2}]},"z":0,"b":null})", options, {});
  ASSERT_TRUE(json);
  EXPECT_EQ(*json, Json::parse(R"({"a":{"b":[{"a":1}]},"b":null})"));
}

TEST(JsonStream, HandsRecordsOverInOrderAndForgetsThem) {
  constexpr std::array<std::string_view, 2> kRecords = {"/list/*", "/list/*/inner/*"};
  JsonStreamOptions options;
  options.records = kRecords;
  options.max_values = 12;  // far fewer than there are, all in all
  std::string text = R"({"list":[)";
  for (int i = 0; i < 100; ++i) {
    text += R"({"n":)" + std::to_string(i) + R"(,"inner":[{"m":1},{"m":2}]},)";
  }
  text.back() = ']';
  text += R"(,"rest":1})";
  Strings paths;
  const auto json = read_json(text, options, [&](std::string_view path, const Json& record) {
    paths.push_back(std::string(path) + " " + record.dump());
    return true;
  });
  ASSERT_TRUE(json) << json.error().message;
  EXPECT_EQ(*json, Json::parse(R"({"list":[],"rest":1})"));
  ASSERT_EQ(paths.size(), 300U);
  EXPECT_EQ(paths[0], R"(/list/*/inner/* {"m":1})");
  EXPECT_EQ(paths[2], R"(/list/* {"inner":[],"n":0})");
  EXPECT_EQ(paths[299], R"(/list/* {"inner":[],"n":99})");
}

TEST(JsonStream, EndsWhenTheReaderOfRecordsSaysSo) {
  constexpr std::array<std::string_view, 1> kRecords = {"/*"};
  JsonStreamOptions options;
  options.records = kRecords;
  int records = 0;
  const auto json = read_json("[{},{},{}]", options,
                              [&](std::string_view, const Json&) { return ++records < 2; });
  ASSERT_FALSE(json);
  EXPECT_EQ(json.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(records, 2);
}

TEST(JsonStream, RefusesARecordThatGrowsBeyondItsBound) {
  constexpr std::array<std::string_view, 1> kRecords = {"/*"};
  JsonStreamOptions options;
  options.records = kRecords;
  options.max_record_bytes = 1000;
  const auto read = [&](const std::string& text) {
    Pieces pieces(text, 100);
    return read_json(pieces.next(), options, [](std::string_view, const Json&) { return true; });
  };
  std::string small = "[";
  for (int i = 0; i < 100; ++i) {
    small += R"({"a":")" + std::string(500, 'x') + R"("},)";
  }
  small.back() = ']';
  EXPECT_TRUE(read(small));
  const auto big = read(R"([{"a":")" + std::string(5000, 'x') + R"("}])");
  ASSERT_FALSE(big);
  EXPECT_EQ(big.error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(big.error().message, "one entry is larger than 1000 bytes");
}

TEST(JsonStream, RefusesWhatIsNoJson) {
  for (const char* text : {"{]", "[1,]", "{\"a\"}", "nul1 ", "[1] 2", "'x' ", "[01]"}) {
    const auto json = read_json(text);
    ASSERT_FALSE(json) << text;
    EXPECT_EQ(json.error().code, ErrorCode::kMalformed);
  }
}

}  // namespace
}  // namespace misp_zeek::misp
