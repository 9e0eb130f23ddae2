// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "http/server.h"

/// How commands reach a running service: POST to its HTTP server, with a token that only the user
/// of the service can read, from the same machine. A web page or another user has no token.
namespace misp_zeek::http {

/// 256 random bits as 64 hexadecimal digits.
std::string new_token();

/// Whether an `Authorization` header is "Bearer TOKEN" with this token. Takes the same time for any
/// wrong token. An empty token is never right.
bool bears_token(std::string_view authorization, std::string_view token);

/// Whether an `Authorization` header is "Basic" with this token as the password, whoever the user.
/// As bears_token().
bool has_password(const std::string& authorization, std::string_view token);

/// Whom to send commands to: the content of `control.json` in `[state] path`, which the service
/// writes anew at each start. `{"url": "http://127.0.0.1:9180", "token": "..."}`
struct ControlAccess {
  std::string url;  ///< of the server, without a path
  std::string token;
};

std::string to_json(const ControlAccess& access);
/// Errors: kMalformed.
Result<ControlAccess> parse_control_access(const std::string& json);

/// The URL at which a server with this `http.listen` hears from its own machine; `port` 0: the one
/// in `listen`.
std::string control_url(const std::string& listen, std::uint16_t port, bool tls = false);

/// POST to a running service. `target` is a path with its query, e.g. "/v1/reconcile?full". Any
/// answer is a result, whatever its status. A certificate is not verified: it has another name than
/// loopback's, and who listens there could as well do without. Errors: kUnavailable when nobody
/// answers.
Result<Response> send_command(const ControlAccess& access, const std::string& target,
                              std::chrono::seconds timeout);

/// GET from a running service, with the token if there is one; else as send_command().
Result<Response> read_from_service(const ControlAccess& access, const std::string& target,
                                   std::chrono::seconds timeout);

/// As in a URL's query: all but letters, digits and -._~ as %XX.
std::string percent_encode(std::string_view text);

}  // namespace misp_zeek::http
