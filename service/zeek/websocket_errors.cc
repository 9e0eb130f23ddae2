// SPDX-License-Identifier: BSD-3-Clause
#include "zeek/websocket_errors.h"

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/websocket/error.hpp>

namespace misp_zeek::zeek {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;

Error unavailable(std::string message) { return {ErrorCode::kUnavailable, std::move(message), 0}; }

Error incompatible(std::string message) {
  return {ErrorCode::kIncompatible, std::move(message), 0};
}

bool is_tls_error(beast::error_code error) {
  return error.category() == asio::error::get_ssl_category() ||
         error.category() == asio::ssl::error::get_stream_category();
}

Error describe_connect(beast::error_code error) {
  if (error == asio::error::connection_refused) {
    return unavailable(
        "nothing listens there; the package listens at MISP::websocket_port, 25761 by default, of "
        "127.0.0.1, when Zeek has certificates or MISP::allow_unauthenticated = T (its "
        "reporter.log "
        "says so); zeekctl's manager since 8.1 listens at 27759");
  }
  return unavailable("cannot connect: " + error.message());
}

std::string describe_silence(Stage stage) {
  switch (stage) {
    case Stage::kOpen:
      return "no answer to pings";
    case Stage::kUpgrade:
    case Stage::kSubscribe:
      // Zeek's reporter.log then has "Failed to bind pull socket".
      return "no answer while connecting; on a ZeroMQ cluster whose manager is the logger as well, "
             "Zeek answers no WebSocket client: give the cluster a logger node";
    default:
      return "no answer while connecting";
  }
}

Error describe_tls(beast::error_code error, const FailureContext& context) {
  if (!context.certificate_problem.empty()) {
    return incompatible("the server's certificate is refused: " + context.certificate_problem +
                        "; see ca_file, server_name and verify_tls");
  }
  // OpenSSL's reason for an answer that is no TLS.
  if (error.message().find("wrong version number") != std::string::npos) {
    return incompatible("the server speaks no TLS: set tls alike on both sides");
  }
  return incompatible("no TLS connection (" + error.message() +
                      "): TLS and certificates must be set alike on both sides");
}

Error describe_upgrade(beast::error_code error, const FailureContext& context) {
  const int status = context.http_status;
  if (error == websocket::error::upgrade_declined && status != 0) {
    const std::string answer = "the server answers HTTP " + std::to_string(status);
    if (status == 401 || status == 403) {
      return {ErrorCode::kUnauthorized, answer + ": a proxy in front of Zeek refuses us", 0};
    }
    if (status >= 500) {
      return unavailable(answer + ": is Zeek behind that proxy running?");
    }
    return incompatible(answer + " to a WebSocket request: is this Zeek's WebSocket port?");
  }
  // With TLS 1.3, a server refuses a client's certificate when its own handshake is done; its alert
  // is lost if it closes the connection before that is read.
  const bool ended = error == asio::error::connection_reset || error == asio::error::broken_pipe ||
                     error == asio::error::eof || error == beast::http::error::end_of_stream;
  if (context.use_tls && ended) {
    return incompatible("the server ended the TLS connection at once (" + error.message() +
                        "): it refuses our certificate or demands one, see certificate and key, or "
                        "the port is not Zeek's WebSocket port");
  }
  return incompatible(
      "something listens there but speaks no WebSocket (" + error.message() +
      "): tls must be set "
      "alike on both sides (here: " +
      (context.use_tls ? "true" : "false") +
      "), and the port must be Zeek's WebSocket port, not Broker's (transport = \"broker\")");
}

Error describe_end(beast::error_code error, const FailureContext& context) {
  if (error == websocket::error::closed) {
    return unavailable("Zeek closed the connection" +
                       (context.close_reason.empty() ? "" : " (" + context.close_reason + ")"));
  }
  if (error == websocket::error::message_too_big) {
    return {ErrorCode::kTooLarge, "Zeek sent a message beyond the bound", 0};
  }
  return unavailable("the connection was lost (" + error.message() + ")");
}

}  // namespace

Error describe_failure(beast::error_code error, const FailureContext& context) {
  if (error == beast::error::timeout || error == asio::error::timed_out) {
    return {ErrorCode::kTimeout, describe_silence(context.stage), 0};
  }
  if (context.stage > Stage::kConnect && is_tls_error(error)) {
    return describe_tls(error, context);
  }
  switch (context.stage) {
    case Stage::kResolve:
      return unavailable("the name cannot be resolved: " + error.message());
    case Stage::kConnect:
      return describe_connect(error);
    case Stage::kTls:
      return describe_tls(error, context);
    case Stage::kUpgrade:
      return describe_upgrade(error, context);
    case Stage::kSubscribe:
    case Stage::kOpen:
      break;
  }
  return describe_end(error, context);
}

}  // namespace misp_zeek::zeek
