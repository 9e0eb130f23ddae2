// SPDX-License-Identifier: BSD-3-Clause
#include "http/access.h"

#include <utility>

namespace misp_zeek::http {
namespace {

std::optional<Response> refuse_host(const Asked& asked, const ServerOptions& options) {
  // Browsers, which are what this is about, always send one.
  if (asked.hosts == 0 && asked.version < 11) {
    return std::nullopt;
  }
  if (asked.hosts != 1) {
    return plain(400, "a request has one Host header\n");
  }
  if (is_our_host(asked.host, options.allowed_hosts)) {
    return std::nullopt;
  }
  return plain(421, "\"" + host_of(asked.host) +
                        "\" is no name of this server: name it in http.allowed_hosts\n");
}

}  // namespace

Response plain(int status, std::string text, std::map<std::string, std::string> headers) {
  return {status, "text/plain; charset=utf-8", std::move(text), std::move(headers)};
}

std::optional<Response> refuse(const Asked& asked, const Route* route, const ServerOptions& options,
                               bool over_control) {
  if (!over_control) {
    if (auto other_host = refuse_host(asked, options)) {
      return other_host;
    }
  }
  const bool is_command = route != nullptr && route->access == Access::kCommand;
  if (is_command && !over_control) {
    return plain(403, "commands are taken over control.socket only, see misp-zeek --help\n");
  }
  const bool reads = asked.method == "GET" || asked.method == "HEAD";
  if (is_command ? asked.method != "POST" : !reads) {
    const std::string allowed = is_command ? "POST" : "GET, HEAD";
    return plain(405, "only " + allowed + " is served here\n", {{"Allow", allowed}});
  }
  const bool is_public = route != nullptr && route->access == Access::kPublic;
  if (over_control || is_public || bears_token(asked.authorization, options.token) ||
      has_password(asked.authorization, options.token)) {
    return std::nullopt;
  }
  if (options.token.empty() && !options.why_no_token.empty()) {
    return plain(503, "there is no token, so nobody may read this: " + options.why_no_token + "\n",
                 {});
  }
  return plain(401,
               "needs the token as \"Authorization: Bearer TOKEN\", or as the password of any "
               "user; 'misp-zeek status --url' prints it\n",
               {{"WWW-Authenticate", "Basic realm=\"misp-zeek\""}});
}

}  // namespace misp_zeek::http
