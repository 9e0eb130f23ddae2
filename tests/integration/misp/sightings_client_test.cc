// SPDX-License-Identifier: BSD-3-Clause
#include "misp/sightings_client.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "http_test_server.h"
#include "rest_support.h"

namespace misp_zeek::misp {
namespace {

const SightingPost kPost{*Uuid::parse("5f8f4a3e-2c1c-4d0b-9a2e-0a7cc0a80102"), "sensor-1",
                         1'767'225'600};
constexpr const char* kTaken = R"({"Sighting":{"id":"1"}})";

std::unique_ptr<SightingsClient> client_of(const std::string& url) {
  return std::move(SightingsClient::create(rest_options(url)).value());
}

TestResponse response(int status, std::string body) {
  TestResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

Error error_of(const TestResponse& response) {
  HttpTestServer server([&](const TestRequest&) { return response; });
  const auto outcome = client_of(server.url())->add(kPost);
  return outcome ? Error{ErrorCode::kCancelled, "taken", 0} : outcome.error();
}

TEST(SightingsClient, PostsToTheAttributeByItsUuid) {
  HttpTestServer server([](const TestRequest&) { return response(200, kTaken); });
  EXPECT_EQ(client_of(server.url() + "/misp/")->add(kPost), PostOutcome::kTaken);
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].method, "POST");
  EXPECT_EQ(requests[0].path, "/misp/sightings/add/5f8f4a3e-2c1c-4d0b-9a2e-0a7cc0a80102");
  EXPECT_EQ(requests[0].headers.at("Authorization"), kTestKey);
  EXPECT_EQ(nlohmann::json::parse(requests[0].body).at("source"), "sensor-1");
}

TEST(SightingsClient, SaysWhatTheStatusMeans) {
  EXPECT_EQ(error_of(response(403, R"({"message":"no permission"})")).code,
            ErrorCode::kUnauthorized);
  EXPECT_EQ(error_of(response(403, R"({"message":"You do not have permission to use this )"
                                   R"(functionality.","url":"/sightings/add/1"})"))
                .message,
            "MISP refuses sightings: the role lacks perm_sighting");
  EXPECT_EQ(error_of(response(500, R"({"message":"An Internal Error"})")).code,
            ErrorCode::kUnavailable);
  auto patient = response(429, "{}");
  patient.headers["Retry-After"] = "17";
  const auto limited = error_of(patient);
  EXPECT_EQ(limited.code, ErrorCode::kRateLimited);
  EXPECT_EQ(limited.retry_after_seconds, 17);
}

TEST(SightingsClient, NeverShowsTheKey) {
  const std::string body = std::string(R"({"message":"bad key )") + kTestKey + R"("})";
  const auto error = error_of(response(403, body));
  EXPECT_EQ(error.message.find(kTestKey), std::string::npos) << error.message;
  EXPECT_EQ(error.message.find("/sightings/add/"), 0U) << error.message;
}

TEST(SightingsClient, EndsWhenCancelled) {
  const auto client = client_of("http://127.0.0.1:" + std::to_string(unused_port()));
  client->cancel();
  const auto outcome = client->add(kPost);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::kCancelled);
}

}  // namespace
}  // namespace misp_zeek::misp
