// SPDX-License-Identifier: BSD-3-Clause
#include "misp/sightings_client.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace misp_zeek::misp {
namespace {

const SightingPost kPost{*Uuid::parse("5f8f4a3e-2c1c-4d0b-9a2e-0a7cc0a80102"), "sensor \"1\"",
                         1'767'225'600};

TEST(SightingAnswer, WithASightingIsSuccess) {
  EXPECT_EQ(decode_sighting_answer(R"({"Sighting":{"id":"7","attribute_id":"1","type":"0"}})"),
            PostOutcome::kTaken);
}

TEST(SightingAnswer, TellsAnAttributeThatIsGone) {
  EXPECT_EQ(decode_sighting_answer(R"({"message":"Could not add the Sighting. Reason: )"
                                   R"(No valid attributes found that match the criteria."})"),
            PostOutcome::kGone);
}

TEST(SightingAnswer, TellsWhatMispWillNeverTake) {
  EXPECT_EQ(
      decode_sighting_answer(R"({"message":"Could not add the Sighting. Reason: Invalid )"
                             R"(type, please change it before you POST 1000000 sightings."})"),
      PostOutcome::kRefused);
}

TEST(SightingAnswer, OfAnyOtherShapeIsNoAnswer) {
  for (const auto* body : {"", "[]", "{}", "null", R"({"Sighting":[]})", R"({"message":7})", "{"}) {
    const auto outcome = decode_sighting_answer(body);
    ASSERT_FALSE(outcome) << body;
    EXPECT_EQ(outcome.error().code, ErrorCode::kMalformed) << body;
  }
}

TEST(SightingAnswer, ThatIsAWebPageSaysSo) {
  const auto outcome = decode_sighting_answer("\n<!DOCTYPE html><html></html>");
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().message, web_page_error().message);
}

TEST(SightingBody, HasTypeSourceAndTime) {
  const auto body = nlohmann::json::parse(sighting_body(kPost));
  EXPECT_EQ(body, nlohmann::json::parse(
                      R"({"type":"0","source":"sensor \"1\"","timestamp":"1767225600"})"));
}

TEST(ValueAnswer, IsTheOneOfTheAttribute) {
  const auto uuid = *Uuid::parse("5f8f4a3e-2c1c-4d0b-9a2e-0a7cc0a80102");
  const auto value = decode_value_answer(
      R"({"response":{"Attribute":[{"id":"1","uuid":"5f8f4a3e-2c1c-4d0b-9a2e-0a7cc0a80102",)"
      R"("type":"domain|ip","value":"a.example|192.0.2.1","Event":{"id":"1"}}]}})",
      uuid);
  ASSERT_TRUE(value && *value);
  EXPECT_EQ((*value)->type, "domain|ip");
  EXPECT_EQ((*value)->value, "a.example|192.0.2.1");
}

TEST(ValueAnswer, IsNoneWhereMispShowsNone) {
  for (const auto* body : {R"({"response":{"Attribute":[]}})", R"({"response":[]})"}) {
    const auto value = decode_value_answer(body, Uuid{});
    ASSERT_TRUE(value) << body;
    EXPECT_FALSE(*value) << body;
  }
}

TEST(ValueAnswer, IsMalformedOtherwise) {
  for (const auto* body : {"", "[]", "{}", "null", "<html>", R"({"response":{}})",
                           R"({"response":"x"})", R"({"response":{"Attribute":{}}})"}) {
    EXPECT_FALSE(decode_value_answer(body, Uuid{})) << body;
  }
}

}  // namespace
}  // namespace misp_zeek::misp
