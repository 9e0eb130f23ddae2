// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <string>

#include "http_test_server.h"
#include "rest_support.h"
#include "test_authority.h"

namespace misp_zeek::misp {
namespace {

class RestClientTls : public testing::Test {
 protected:
  RestOptions options(const std::string& host) const {
    return rest_options("https://" + host + ":" + std::to_string(server_.port()));
  }

  const TestAuthority& authority() const { return authority_; }

  static Result<AttributeReply> search(const RestOptions& options) {
    return misp::search(*make_client(options), 5);
  }

 private:
  TestAuthority authority_;
  HttpTestServer server_{[](const TestRequest&) {
                           TestResponse response;
                           response.body = test_page(1);
                           return response;
                         },
                         authority_.certificate(), authority_.key()};
};

TEST_F(RestClientTls, TrustsTheConfiguredAuthority) {
  auto with = options("127.0.0.1");
  with.ca_file = authority().ca_file();
  const auto page = search(with);
  ASSERT_TRUE(page) << page.error().message;
  EXPECT_EQ(page->rows.size(), 1U);
}

TEST_F(RestClientTls, RefusesAnUnknownAuthorityAndNamesTheSetting) {
  const auto page = search(options("127.0.0.1"));
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(page.error().message.find("misp.ca_file"), std::string::npos) << page.error().message;
}

TEST_F(RestClientTls, RefusesAnotherHostName) {
  auto with = options("127.0.0.2");
  with.ca_file = authority().ca_file();
  const auto page = search(with);
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().code, ErrorCode::kUnavailable);
}

TEST_F(RestClientTls, TakesAnyCertificateWhenToldSo) {
  auto with = options("127.0.0.1");
  with.verify_tls = false;
  EXPECT_TRUE(search(with));
}

TEST_F(RestClientTls, SaysThatTheAuthorityCannotBeRead) {
  auto with = options("127.0.0.1");
  with.ca_file = "/nonexistent/ca.pem";
  const auto page = search(with);
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().code, ErrorCode::kInvalidConfig);
}

TEST_F(RestClientTls, SaysThatThereIsNoHttps) {
  const RawTestServer plain("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
  const auto page = search(rest_options("https" + plain.url().substr(4)));
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(page.error().message.find("TLS handshake"), std::string::npos) << page.error().message;
}

}  // namespace
}  // namespace misp_zeek::misp
