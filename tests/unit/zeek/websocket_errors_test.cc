// SPDX-License-Identifier: BSD-3-Clause
#include "zeek/websocket_errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/error.hpp>
#include <boost/beast/http/error.hpp>

namespace misp_zeek::zeek {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

FailureContext upgrading(bool use_tls) {
  FailureContext context;
  context.stage = Stage::kUpgrade;
  context.use_tls = use_tls;
  return context;
}

TEST(WebSocketErrors, AnEndBehindTlsIsAboutCertificates) {
  for (const boost::beast::error_code error :
       {boost::beast::error_code(boost::asio::error::connection_reset),
        boost::beast::error_code(boost::asio::error::broken_pipe),
        boost::beast::error_code(boost::asio::error::eof),
        boost::beast::error_code(boost::beast::http::error::end_of_stream)}) {
    const Error failure = describe_failure(error, upgrading(true));
    EXPECT_EQ(failure.code, ErrorCode::kIncompatible);
    EXPECT_THAT(failure.message, AllOf(HasSubstr("demands one, see certificate and key"),
                                       HasSubstr(error.message()), Not(HasSubstr("(here:"))));
  }
}

TEST(WebSocketErrors, WithoutTlsAnEndIsAboutTlsAndThePort) {
  const Error failure = describe_failure(boost::asio::error::connection_reset, upgrading(false));
  EXPECT_THAT(failure.message, AllOf(HasSubstr("tls must be set alike"), HasSubstr("(here: false)"),
                                     HasSubstr("not Broker's")));
}

TEST(WebSocketErrors, AnswersThatAreNoHttpAreAboutThePort) {
  const Error failure = describe_failure(boost::beast::http::error::bad_version, upgrading(true));
  EXPECT_THAT(failure.message, AllOf(HasSubstr("speaks no WebSocket"), HasSubstr("(here: true)")));
}

}  // namespace
}  // namespace misp_zeek::zeek
