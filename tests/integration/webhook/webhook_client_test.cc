// SPDX-License-Identifier: BSD-3-Clause
#include "webhook/webhook_client.h"

#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "http_test_server.h"
#include "test_authority.h"

namespace misp_zeek::webhook {
namespace {

using misp::HttpTestServer;
using misp::TestRequest;
using misp::TestResponse;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr const char* kPath = "/services/T000/B000/SECRET";

HttpTestServer::Handler answering(TestResponse response) {
  return [response](const TestRequest&) { return response; };
}

WebhookClient client_of(const std::string& origin,
                        milliseconds timeout = WebhookOptions().request_timeout) {
  WebhookOptions options;
  options.url = origin + kPath;
  options.request_timeout = timeout;
  return WebhookClient(std::move(options));
}

TestResponse status(int code) {
  TestResponse response;
  response.status = code;
  response.body = "ok";
  return response;
}

/// Takes longer for an answer than any test waits.
TestResponse slow_status() {
  TestResponse response = status(200);
  response.body = std::string(10'000, 'x');
  response.pause = milliseconds(200);
  return response;
}

TEST(WebhookClient, PostsTheTextAsJsonWithoutAnyKey) {
  const HttpTestServer server(answering(status(200)));
  auto client = client_of(server.url());
  const std::string text = "`a` \"quoted\" \\ <&> \xc3\xa4 \xff\n";
  ASSERT_TRUE(client.post(text));
  ASSERT_TRUE(client.post("again"));
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].method, "POST");
  EXPECT_EQ(requests[0].path, kPath);
  EXPECT_EQ(requests[0].headers.at("Content-Type"), "application/json");
  EXPECT_FALSE(requests[0].headers.contains("Authorization"));
  const auto body = nlohmann::json::parse(requests[0].body);
  EXPECT_EQ(body.size(), 1U);
  EXPECT_EQ(body.at("text"), "`a` \"quoted\" \\ <&> \xc3\xa4 \xef\xbf\xbd\n");
  EXPECT_EQ(nlohmann::json::parse(requests[1].body).at("text"), "again");
}

struct StatusCase {
  int status;
  ErrorCode error;
};

class WebhookStatus : public testing::TestWithParam<StatusCase> {};

TEST_P(WebhookStatus, SaysWhatToDoAndNoErrorHoldsTheUrl) {
  const auto [code, error] = GetParam();
  auto response = status(code);
  response.headers = {{"Location", "https://elsewhere.example/"}, {"Retry-After", "17"}};
  const HttpTestServer server(answering(response));
  const auto posted = client_of(server.url()).post("x");
  ASSERT_FALSE(posted);
  EXPECT_EQ(posted.error().code, error);
  EXPECT_EQ(posted.error().retry_after_seconds, code == 429 ? 17 : 0);
  EXPECT_EQ(posted.error().message, "webhook: status " + std::to_string(code));
  EXPECT_EQ(server.requests().size(), 1U) << "redirects are not followed";
}

INSTANTIATE_TEST_SUITE_P(All, WebhookStatus,
                         testing::Values(StatusCase{302, ErrorCode::kIncompatible},
                                         StatusCase{403, ErrorCode::kIncompatible},
                                         StatusCase{404, ErrorCode::kIncompatible},
                                         StatusCase{410, ErrorCode::kIncompatible},
                                         StatusCase{429, ErrorCode::kRateLimited},
                                         StatusCase{500, ErrorCode::kUnavailable},
                                         StatusCase{503, ErrorCode::kUnavailable}),
                         [](const auto& one) {
                           return "Status" + std::to_string(one.param.status);
                         });

TEST(WebhookClient, NobodyThereIsAnErrorWithoutTheUrl) {
  auto client = client_of("http://127.0.0.1:" + std::to_string(misp::unused_port()));
  const auto posted = client.post("x");
  ASSERT_FALSE(posted);
  EXPECT_EQ(posted.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(posted.error().message.find("SECRET"), std::string::npos) << posted.error().message;
}

TEST(WebhookClient, RefusesACertificateThatTheSystemDoesNotKnow) {
  const misp::TestAuthority authority;
  const HttpTestServer server(answering(status(200)), authority.certificate(), authority.key());
  const auto posted = client_of("https://127.0.0.1:" + std::to_string(server.port())).post("x");
  ASSERT_FALSE(posted);
  EXPECT_EQ(posted.error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(server.requests().empty());
}

TEST(WebhookClient, AHookThatDoesNotAnswerIsDroppedInTime) {
  const HttpTestServer server(answering(slow_status()));
  auto client = client_of(server.url(), milliseconds(500));
  const auto posted = client.post("x");
  ASSERT_FALSE(posted);
  EXPECT_EQ(posted.error().code, ErrorCode::kTimeout);
}

TEST(WebhookClient, CancelEndsThePostUnderWayAndAllLaterOnes) {
  const HttpTestServer server(answering(slow_status()));
  auto client = client_of(server.url(), milliseconds(120'000));
  std::jthread other([&client, &server] {
    const auto deadline = steady_clock::now() + std::chrono::seconds(20);
    while (server.requests().empty() && steady_clock::now() < deadline) {
      std::this_thread::sleep_for(milliseconds(10));
    }
    client.cancel();
  });
  const auto posted = client.post("x");
  ASSERT_FALSE(posted);
  EXPECT_EQ(posted.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(client.post("y").error().code, ErrorCode::kCancelled);
}

}  // namespace
}  // namespace misp_zeek::webhook
