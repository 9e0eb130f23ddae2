// SPDX-License-Identifier: BSD-3-Clause
#include "misp/http_error.h"

#include <gtest/gtest.h>

#include <string>

namespace misp_zeek::misp {
namespace {

HttpHead head(int status) {
  HttpHead result;
  result.status = status;
  return result;
}

std::string body(std::string_view message) {
  return R"({"name":"short","message":")" + std::string(message) + R"(","url":"/x"})";
}

TEST(StatusError, SaysThatTheKeyWasRefused) {
  const auto error = status_error(
      head(403), body("Authentication failed. Please make sure you pass the API key of an API "
                      "enabled user along in the Authorization header."));
  EXPECT_EQ(error.code, ErrorCode::kUnauthorized);
  const std::string remedy =
      " from MISP: the API key was refused: check that misp.api_key_file holds the key of an "
      "enabled "
      "user, and that the key has not ended and allows this address";
  EXPECT_EQ(error.message, "403" + remedy);
  EXPECT_EQ(status_error(head(401), "").message, "401" + remedy);
}

TEST(StatusError, AppendsMispsReasonForOtherRefusals) {
  const auto error =
      status_error(head(403), body("You do not have permission to use this functionality."));
  EXPECT_EQ(error.code, ErrorCode::kUnauthorized);
  EXPECT_EQ(
      error.message,
      "403 from MISP: refused: check in MISP that the key's user is enabled, and that its role has "
      "the right (perm_auth, perm_sighting): You do not have permission to use this "
      "functionality.");
}

TEST(StatusError, SaysWhatToDoAboutUserAndKey) {
  const auto said = [](std::string_view message) {
    return status_error(head(403), body(message)).message;
  };
  EXPECT_EQ(
      said("Authentication failed. Your user account has been disabled."),
      "403 from MISP: refused: enable the key's user in MISP (Administration, List Users), or "
      "put the key of another user into misp.api_key_file: Authentication failed. Your user "
      "account has been disabled.");
  EXPECT_NE(said("Auth key is expired").find("make a new key for the user"), std::string::npos);
  EXPECT_NE(
      said("It is not possible to use this Auth key from your IP address").find("allowed_ips"),
      std::string::npos);
}

TEST(StatusError, TellsMaintenanceFromOtherRedirects) {
  auto login = head(302);
  login.location = "http://127.0.0.1:8080/users/login";
  EXPECT_EQ(status_error(login, "").code, ErrorCode::kUnavailable);
  EXPECT_EQ(status_error(login, "").message,
            "302 to MISP's login page: MISP is not live (maintenance), or the key is not accepted");
  auto moved = head(301);
  moved.location = "https://misp.example/attributes/restSearch";
  EXPECT_EQ(status_error(moved, "").code, ErrorCode::kInvalidConfig);
  EXPECT_NE(status_error(moved, "").message.find("https://misp.example/"), std::string::npos);
}

TEST(StatusError, PassesOnHowLongToWait) {
  auto limited = head(429);
  limited.retry_after = 900;
  const auto error = status_error(limited, body("Rate limit exceeded."));
  EXPECT_EQ(error.code, ErrorCode::kRateLimited);
  EXPECT_EQ(error.retry_after_seconds, 900);
  EXPECT_EQ(error.message, "429 from MISP: the key's rate limit is used up: Rate limit exceeded.");
  EXPECT_EQ(status_error(head(429), "").retry_after_seconds, 0);
  limited.retry_after = 2'000'000'000;
  EXPECT_EQ(status_error(limited, "").retry_after_seconds, 3'600);
  limited.retry_after = -5;
  EXPECT_EQ(status_error(limited, "").retry_after_seconds, 0);
}

TEST(StatusError, ARoleWithoutSearchesIsUnauthorizedAndBadRequestsAreIncompatible) {
  EXPECT_EQ(status_error(head(405), body("API searches are not allowed for this user role.")).code,
            ErrorCode::kUnauthorized);
  EXPECT_EQ(status_error(head(405), body("Invalid JSON input.")).code, ErrorCode::kIncompatible);
  EXPECT_EQ(status_error(head(400), "").code, ErrorCode::kIncompatible);
  EXPECT_EQ(status_error(head(404), "").code, ErrorCode::kIncompatible);
  EXPECT_EQ(status_error(head(204), "").code, ErrorCode::kIncompatible);
}

TEST(NegativeReply, IsKnownByStatusAndStructureInAnyLanguage) {
  const std::string path = "/attributes/view/999999";
  const auto says = [&path](int status, const std::string& text) {
    return negative_reply(head(status), text, path);
  };
  for (const char* words : {"Invalid attribute", "Attribut invalide", "無効な属性"}) {
    const auto object = R"({"name":")" + std::string(words) + R"(","message":")" + words +
                        R"(","url":"/misp/attributes/view/999999"})";
    EXPECT_TRUE(says(405, object)) << words;
    EXPECT_TRUE(says(404, object)) << words;
    EXPECT_FALSE(says(200, object));
    EXPECT_FALSE(says(403, object));
    EXPECT_FALSE(says(500, object));
  }
  EXPECT_FALSE(says(405, ""));
  EXPECT_FALSE(says(404, "Not Found"));
  EXPECT_FALSE(says(404, "<html>Not Found</html>"));
  EXPECT_FALSE(says(405, R"({"message":"Invalid JSON input."})"));
  EXPECT_FALSE(says(404, R"({"name":"Not Found","message":"Not Found","url":"/nope"})"));
  EXPECT_FALSE(says(404, R"({"name":"","message":"","url":"/attributes/view/999999"})"));
}

TEST(StatusError, AGatewaysTimeoutIsATimeout) {
  EXPECT_EQ(status_error(head(504), "").code, ErrorCode::kTimeout);
}

TEST(StatusError, SaysThatHttpsIsAtThePort) {
  for (const char* said :
       {"<title>400 The plain HTTP request was sent to HTTPS port</title>",
        "<p>Reason: You're speaking plain HTTP to an SSL-enabled server port.<br /></p>"}) {
    const auto error = status_error(head(400), said);
    EXPECT_EQ(error.code, ErrorCode::kInvalidConfig);
    EXPECT_EQ(error.message, "400: HTTPS is at misp.url's port: let misp.url begin with https://");
  }
  EXPECT_EQ(status_error(head(400), body("Bad")).message,
            "400 from MISP: is there a MISP at misp.url, and https:// where HTTPS is?: Bad");
  EXPECT_NE(status_error(head(407), "").message.find("misp.proxy"), std::string::npos);
}

TEST(StatusError, ServerFailuresAreUnavailable) {
  const auto error = status_error(head(500), R"({"name":"An Internal Error Has Occurred."})");
  EXPECT_EQ(error.code, ErrorCode::kUnavailable);
  EXPECT_EQ(error.message,
            "500 from MISP: its error log has the cause: An Internal Error Has Occurred.");
  EXPECT_EQ(status_error(head(502), "<html><h1>Bad Gateway</h1></html>").message,
            "502 from the web server before MISP: does MISP itself run (php-fpm)?");
  EXPECT_EQ(status_error(head(503), "try later").message,
            "503 from the web server before MISP: does MISP itself run (php-fpm)?: try later");
}

TEST(StatusError, KeepsTheMessageShortAndOnOneLine) {
  const auto error = status_error(head(500), body("first\\nsecond " + std::string(5000, 'x')));
  EXPECT_EQ(error.message.find('\n'), std::string::npos);
  EXPECT_LE(error.message.size(),
            std::string("500 from MISP: its error log has the cause: ").size() + 200);
  EXPECT_TRUE(
      error.message.starts_with("500 from MISP: its error log has the cause: first second xxx"));
}

TEST(TransferError, SaysWhatToDo) {
  // Numbers of CURLcode, fixed by libcurl's interface.
  const auto expect = [](int code, ErrorCode meaning, std::string_view words) {
    const auto error = transfer_error(code, "detail");
    EXPECT_EQ(error.code, meaning) << error.message;
    EXPECT_NE(error.message.find(words), std::string::npos) << error.message;
    EXPECT_TRUE(error.message.ends_with(" (detail)")) << error.message;
  };
  expect(6, ErrorCode::kUnavailable, "cannot be resolved");
  expect(7, ErrorCode::kUnavailable, "no connection to MISP");
  expect(18, ErrorCode::kMalformed, "truncated");
  expect(28, ErrorCode::kTimeout, "in time: is it overloaded, does a firewall");
  expect(1, ErrorCode::kIncompatible, "check the port, and https:// where HTTPS is");
  expect(8, ErrorCode::kIncompatible, "does not speak HTTP");
  expect(35, ErrorCode::kUnavailable, "TLS handshake");
  expect(56, ErrorCode::kUnavailable, "broke: if it always does, check misp.url's port");
  expect(60, ErrorCode::kUnavailable, "misp.ca_file");
  expect(77, ErrorCode::kInvalidConfig, "misp.ca_file");
  expect(3, ErrorCode::kInvalidConfig, "misp.url");
  expect(99, ErrorCode::kUnavailable, "failed");
}

}  // namespace
}  // namespace misp_zeek::misp
