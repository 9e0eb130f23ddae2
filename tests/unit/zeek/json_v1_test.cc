// SPDX-License-Identifier: BSD-3-Clause
#include "zeek/json_v1.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "golden.h"

namespace misp_zeek::zeek {
namespace {

using nlohmann::json;
using testing::HasSubstr;

/// The recording of a real Zeek: {"case", "sent": [JSON], "received": [text]} in each line.
std::vector<json> recording() {
  std::ifstream file(MISP_ZEEK_WEBSOCKET_RECORDING);
  std::vector<json> cases;
  for (std::string line; std::getline(file, line);) {
    cases.push_back(json::parse(line));
  }
  return cases;
}

json recorded(const std::string& name) {
  for (const auto& one : recording()) {
    if (one.at("case") == name) {
      return one;
    }
  }
  ADD_FAILURE() << "not in the recording: " << name;
  return {};
}

template <typename Message>
Message expect(const std::string& text) {
  const auto message = decode_server_message(text);
  if (!message) {
    ADD_FAILURE() << text << ": " << message.error().message;
    return {};
  }
  const auto* wanted = std::get_if<Message>(&*message);
  EXPECT_NE(wanted, nullptr) << text;
  return wanted != nullptr ? *wanted : Message{};
}

Error error_of(const std::string& text) {
  const auto message = decode_server_message(text);
  return message ? Error{ErrorCode::kCancelled, "decoded", 0} : message.error();
}

std::string with_argument(const std::string& value) {
  return R"({"type":"data-message","topic":"t","@data-type":"vector","data":[)"
         R"({"@data-type":"count","data":1},{"@data-type":"count","data":1},)"
         R"({"@data-type":"vector","data":[{"@data-type":"string","data":"MISP::e"},)"
         R"({"@data-type":"vector","data":[)" +
         value + "]}]}]}";
}

class JsonV1Golden : public testing::TestWithParam<std::string> {};

TEST_P(JsonV1Golden, GoesOverTheWireWithoutADifference) {
  const WireMessage message{"misp-zeek/v2/zeek", golden::read_message(GetParam())};
  const std::string text = encode_event(message.topic, message.event);
  ASSERT_TRUE(json::accept(text)) << text;
  EXPECT_EQ(expect<WireMessage>(text), message);
}

INSTANTIATE_TEST_SUITE_P(Files, JsonV1Golden, testing::ValuesIn(golden::message_names()),
                         [](const auto& name) { return name.param; });

TEST(JsonV1, WritesWhatZeekWasSeenToUnderstand) {
  const json sent = recorded("ping-pong: every data type on the way back").at("sent");
  EXPECT_EQ(json::parse(encode_subscriptions({"misp/out"})), sent[0]);
  const WireEvent ping{"MISP::ping", {std::uint64_t{1}, "hello é"}};
  EXPECT_EQ(json::parse(encode_event("misp/in", ping)), sent[1]);
  const json topics = recorded("several topics").at("sent")[0];
  EXPECT_EQ(json::parse(encode_subscriptions({"misp/out", "misp/other"})), topics);
  EXPECT_EQ(encode_subscriptions({}), "[]");
}

TEST(JsonV1, ReadsEverythingThatZeekSaid) {
  int acks = 0;
  int refusals = 0;
  for (const auto& one : recording()) {
    for (const std::string text : one.at("received")) {
      if (text.starts_with("{\"type\":\"ack\"")) {
        EXPECT_EQ(expect<ServerAck>(text).version, "8.2.2");
        ++acks;
      } else if (text.starts_with("{\"type\":\"error\"")) {
        EXPECT_THAT(explain(expect<ServerError>(text)).message, HasSubstr("Zeek"));
        ++refusals;
      }
    }
  }
  EXPECT_GE(acks, 7);
  EXPECT_GE(refusals, 6);
}

TEST(JsonV1, PassesOverMetadataOfAnEvent) {
  const json sent = recorded("with network timestamp metadata").at("sent")[1];
  const WireMessage message{"misp/in", {"MISP::ping", {std::uint64_t{2}, "m"}}};
  EXPECT_EQ(expect<WireMessage>(sent.dump()), message);
}

TEST(JsonV1, NamesAValueTypeThatTheContractLacks) {
  const std::string pong = recorded("ping-pong: every data type on the way back").at("received")[1];
  EXPECT_EQ(error_of(pong).code, ErrorCode::kMalformed);
  EXPECT_THAT(error_of(pong).message, HasSubstr("'timestamp'"));
}

TEST(JsonV1, KeepsAwkwardTextAndTheLargestCount) {
  const WireMessage message{"a/\"b\"\\c",
                            {"MISP::e",
                             {std::string("\0\x01\t\n\"\\\x7f", 7), "漢字 🐟", UINT64_MAX, false,
                              true, WireValue::Vector{}}}};
  EXPECT_EQ(expect<WireMessage>(encode_event(message.topic, message.event)), message);
}

TEST(JsonV1, RefusesWhatIsNoMessage) {
  for (const std::string text :
       {"", "garbage", "[]", "{}", "null", R"({"type":1})", R"({"type":"other"})",
        R"({"type":"ack"})", R"({"type":"ack","endpoint":1,"version":"8"})", R"({"type":"error"})",
        R"({"type":"data-message"})", R"({"type":"data-message","topic":"t","data":[]})",
        R"({"type":"data-message","topic":"t","@data-type":"vector","data":[1,2]})",
        R"({"type":"data-message","topic":"t","@data-type":"vector","data":[1,2,3]})"}) {
    EXPECT_EQ(error_of(text).code, ErrorCode::kMalformed) << text;
  }
}

TEST(JsonV1, RefusesValuesThatAreNotOfTheirType) {
  for (const std::string value :
       {R"(1)", R"("x")", R"({})", R"({"@data-type":"count"})", R"({"data":1})",
        R"({"@data-type":"count","data":-1})", R"({"@data-type":"count","data":1.5})",
        R"({"@data-type":"count","data":"1"})", R"({"@data-type":"count","data":1e3})",
        R"({"@data-type":"count","data":18446744073709551616})",
        R"({"@data-type":"string","data":1})", R"({"@data-type":"boolean","data":0})",
        R"({"@data-type":"vector","data":{}})", R"({"@data-type":1,"data":1})"}) {
    EXPECT_EQ(error_of(with_argument(value)).code, ErrorCode::kMalformed) << value;
  }
}

TEST(JsonV1, RefusesADataMessageThatIsNoEvent) {
  std::string text = with_argument(R"({"@data-type":"count","data":1})");
  const std::string one = R"("data":1})";
  const auto type = text.find(one, text.find(one) + 1);
  text.replace(type, one.size(), R"("data":2})");
  EXPECT_THAT(error_of(text).message, HasSubstr("no event"));
}

TEST(JsonV1, RefusesWhatIsNestedTooDeep) {
  std::string deep = R"({"@data-type":"boolean","data":true})";
  for (int i = 0; i < 50; ++i) {
    deep = R"({"@data-type":"vector","data":[)" + deep + "]}";
  }
  EXPECT_EQ(error_of(with_argument(deep)).code, ErrorCode::kTooLarge);
  EXPECT_EQ(error_of(std::string(1'000'000, '[')).code, ErrorCode::kMalformed);
}

TEST(JsonV1, ShowsAnExcerptWithoutControlCharacters) {
  const auto error = error_of("\x1b[31m" + std::string(500, 'x'));
  EXPECT_LT(error.message.size(), 200U);
  EXPECT_THAT(error.message, HasSubstr("'?[31mxx"));
}

TEST(JsonV1, ExplainsThePackageThatIsNotLoaded) {
  const auto error = explain({"deserialization_failed", "failed to create Zeek event"});
  EXPECT_EQ(error.code, ErrorCode::kMalformed);
  EXPECT_THAT(error.message, HasSubstr("package MISP"));
}

TEST(JsonV1, ExplainsAServerThatHasAnotherPath) {
  const auto error = explain({"invalid_uri", "Invalid URI - use /v1/messages/json"});
  EXPECT_EQ(error.code, ErrorCode::kIncompatible);
  EXPECT_THAT(error.message, HasSubstr("Cluster::listen_websocket"));
  EXPECT_EQ(explain({"something_new", ""}).code, ErrorCode::kIncompatible);
}

}  // namespace
}  // namespace misp_zeek::zeek
