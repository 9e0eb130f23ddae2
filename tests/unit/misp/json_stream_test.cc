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

TEST(JsonStream, KeepsWhatStoodBeforeAnError) {
  Json kept;
  ASSERT_TRUE(read_json_part(R"({"a":1,"b":[2],"c":nope})", {}, {}, kept));
  EXPECT_EQ(kept, Json::parse(R"({"a":1,"b":[2]})"));
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
