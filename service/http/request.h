// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What a request says, without any I/O.
namespace misp_zeek::http {

struct Request {
  std::string path;                          ///< "/status", decoded
  std::map<std::string, std::string> query;  ///< "verbose" of `?verbose` is there, but empty
};

/// Reads the target of a request line, "/path?name=value&...". Of a name given twice the first
/// value holds. nullopt: another form, or a `%` that is no escape.
std::optional<Request> parse_target(std::string_view target);

/// As in a URL's query: all but letters, digits and -._~ as %XX.
std::string percent_encode(std::string_view text);

/// The name or address in a `Host` header, without port and brackets, in lower case. Empty for what
/// is none.
std::string host_of(std::string_view header);

/// Whether a request with this `Host` header is meant for this server: an address, "localhost", or
/// one of `allowed` in lower case. A web page that lets its own name resolve to this machine has
/// another name.
bool is_our_host(std::string_view header, const std::vector<std::string>& allowed);

/// Whether an `Authorization` header is "Bearer TOKEN" with this token. Takes the same time for any
/// wrong token. An empty token is never right.
bool bears_token(std::string_view authorization, std::string_view token);

/// Whether an `Authorization` header is "Basic" with this token as the password, whoever the user.
/// As bears_token().
bool has_password(const std::string& authorization, std::string_view token);

/// 256 random bits as 64 hexadecimal digits.
std::string new_token();

}  // namespace misp_zeek::http
