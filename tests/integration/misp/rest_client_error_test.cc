// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <string>

#include "http_test_server.h"
#include "rest_support.h"

namespace misp_zeek::misp {
namespace {

/// The error of a search that is answered so.
Error search_error(const TestResponse& response, const RestOptions& changes = rest_options("")) {
  HttpTestServer server([&](const TestRequest&) { return response; });
  auto options = changes;
  options.url = server.url();
  const auto page = search(*make_client(options), 100);
  if (page) {
    ADD_FAILURE() << "the search succeeded";
    return {};
  }
  EXPECT_EQ(page.error().message.find('\n'), std::string::npos);
  return page.error();
}

Error raw_search_error(const std::string& answer) {
  const RawTestServer server(answer);
  const auto page = search(*make_client(server.url()), 100);
  if (page) {
    ADD_FAILURE() << "the search succeeded";
    return {};
  }
  return page.error();
}

bool contains(const Error& error, std::string_view words) {
  return error.message.find(words) != std::string::npos;
}

TestResponse refusal(int status, std::string_view message) {
  TestResponse response;
  response.status = status;
  response.body = R"({"name":"x","message":")" + std::string(message) + R"(","url":"/x"})";
  return response;
}

TEST(RestClientError, NamesRequestAndReason) {
  const auto error = search_error(refusal(
      403, "Authentication failed. Please make sure you pass the API key of an API enabled user."));
  EXPECT_EQ(error.code, ErrorCode::kUnauthorized);
  EXPECT_EQ(error.message.rfind(
                "/attributes/restSearch: 403 from MISP: the API key was refused: check ", 0),
            0U);
  EXPECT_EQ(search_error(refusal(500, "An Internal Error Has Occurred.")).code,
            ErrorCode::kUnavailable);
}

TEST(RestClientError, DoesNotFollowTheRedirectToTheLoginPage) {
  int requests = 0;
  HttpTestServer server([&](const TestRequest&) {
    ++requests;
    TestResponse response;
    response.status = 302;
    response.content_type = "text/html; charset=UTF-8";
    response.headers["Location"] = "/users/login";
    return response;
  });
  const auto page = search(*make_client(server.url()), 1);
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(contains(page.error(), "maintenance"));
  EXPECT_EQ(requests, 1);
}

TEST(RestClientError, TellsHowLongTheRateLimitHolds) {
  auto response = refusal(429, "Rate limit exceeded.");
  response.headers["X-Rate-Limit-Reset"] = "417";
  response.headers["Retry-After"] = "5";
  EXPECT_EQ(search_error(response).retry_after_seconds, 417);
  response.headers.erase("X-Rate-Limit-Reset");
  EXPECT_EQ(search_error(response).retry_after_seconds, 5);
  EXPECT_EQ(search_error(response).code, ErrorCode::kRateLimited);
}

TEST(RestClientError, AWebPageWithStatus200IsNoAnswer) {
  TestResponse response;
  response.content_type = "text/html";
  response.body = "\n<!DOCTYPE html><html><body>Login</body></html>";
  const auto error = search_error(response);
  EXPECT_EQ(error.code, ErrorCode::kMalformed);
  EXPECT_TRUE(contains(error, "web page")) << error.message;
}

TEST(RestClientError, TheKeyIsInNoText) {
  const auto error = search_error(refusal(400, std::string("you sent ") + kTestKey + "!"));
  EXPECT_TRUE(contains(error, "you sent ***!")) << error.message;
}

TEST(RestClientError, ATruncatedAnswerIsNoShortPage) {
  const std::string body = test_page(2);
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
  const std::string half = body.substr(0, body.size() / 2);
  const std::string length = std::to_string(body.size());
  const std::string answers[] = {
      head + "Content-Length: " + length + "\r\n\r\n" + half,
      head + "Transfer-Encoding: chunked\r\n\r\n10\r\n" + body.substr(0, 16) + "\r\n",
      head + "Content-Length: " + std::to_string(half.size()) + "\r\n\r\n" + half,
      head + "Connection: close\r\n\r\n" + half,
      head + "Content-Length: 0\r\n\r\n",
  };
  for (const auto& answer : answers) {
    const auto error = raw_search_error(answer);
    EXPECT_EQ(error.code, ErrorCode::kMalformed) << answer;
    EXPECT_TRUE(contains(error, "truncated")) << error.message;
  }
}

TEST(RestClientError, TellsAClosedConnectionFromAnotherProtocol) {
  EXPECT_EQ(raw_search_error("").code, ErrorCode::kUnavailable);
  EXPECT_EQ(raw_search_error("220 mail.example ESMTP\r\n").code, ErrorCode::kIncompatible);
}

TEST(RestClientError, ASlowAnswerIsATimeout) {
  TestResponse response;
  response.body = test_page(1);
  response.pause = std::chrono::milliseconds(50);
  auto options = rest_options("");
  options.request_timeout = std::chrono::milliseconds(300);
  const auto error = search_error(response, options);
  EXPECT_EQ(error.code, ErrorCode::kTimeout) << error.message;
}

TEST(RestClientError, ALargeReplyIsRefusedAndALargeRowSkipped) {
  TestResponse response;
  response.body = test_page(100);
  auto small_answer = rest_options("");
  small_answer.max_response_bytes = 10'000;
  EXPECT_EQ(search_error(response, small_answer).code, ErrorCode::kTooLarge);
  response.body =
      R"({"response":{"Attribute":[{"value":")" + std::string(2'000'000, 'x') + "\"}]}}";
  auto small_row = rest_options("");
  small_row.max_row_bytes = 1'000'000;
  HttpTestServer server([&](const TestRequest&) { return response; });
  small_row.url = server.url();
  const auto page = search(*make_client(small_row), 5);
  ASSERT_TRUE(page) << page.error().message;
  EXPECT_EQ(page->skipped.size(), 1U);
}

TEST(RestClientError, WorksAgainAfterAFailure) {
  int requests = 0;
  HttpTestServer server([&](const TestRequest&) {
    TestResponse response;
    response.body = ++requests == 1 ? "[" + std::string(1'000'000, ',') : test_page(1);
    return response;
  });
  const auto client = make_client(server.url());
  EXPECT_EQ(search(*client, 5, 1).error().code, ErrorCode::kMalformed);
  const auto page = search(*client, 5, 1);
  ASSERT_TRUE(page) << page.error().message;
  EXPECT_EQ(page->rows.size(), 1U);
}

TEST(RestClientError, SaysThatNobodyListens) {
  const auto url = "http://127.0.0.1:" + std::to_string(unused_port());
  const auto index = make_client(url)->call(IndexCall{});
  ASSERT_FALSE(index);
  EXPECT_EQ(index.error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(contains(index.error(), "no connection to MISP")) << index.error().message;
}

}  // namespace
}  // namespace misp_zeek::misp
