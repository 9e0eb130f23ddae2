// SPDX-License-Identifier: BSD-3-Clause
// A request as the server reads it: the parser with the server's bounds, then who may do what.
#include <boost/asio/buffer.hpp>
#include <boost/beast/http.hpp>
#include <string>

#include "fuzz_target.h"
#include "http/access.h"

namespace {

namespace bhttp = boost::beast::http;
using namespace misp_zeek;

const std::string kToken = "a-token-for-the-fuzz";

void judge(const http::Asked& asked, const std::string& path) {
  const http::ServerOptions options{kToken, {"sensor.example"}, {}};
  const bool knows_token = asked.authorization.find(kToken) != std::string::npos ||
                           asked.authorization.starts_with("Basic ");
  for (const auto access : {http::Access::kPublic, http::Access::kReader, http::Access::kCommand}) {
    const http::Route route{path, "", nullptr, access};
    const auto refused = http::refuse(asked, &route, options, false);
    fuzz::require(access != http::Access::kCommand || refused.has_value(),
                  "no command is taken at an address");
    fuzz::require(access != http::Access::kReader || refused || knows_token,
                  "who reads has the token");
    fuzz::require(!refused || (refused->status >= 400 && refused->body.ends_with('\n')),
                  "a refusal says why");
  }
  fuzz::require(http::refuse(asked, nullptr, options, false).has_value() || knows_token,
                "who has no token does not learn which paths there are");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  bhttp::request_parser<bhttp::string_body> parser;
  parser.eager(true);
  parser.header_limit(2'000);
  parser.body_limit(1'000);
  boost::beast::error_code error;
  std::size_t used = 0;
  while (!error && used < size && !parser.is_done()) {
    const std::size_t taken = parser.put(boost::asio::buffer(data + used, size - used), error);
    used += taken;
    if (taken == 0) {
      break;
    }
  }
  const auto& request = parser.get();
  fuzz::require(request.body().size() <= 1'000, "a body stays within its bound");
  if (error || !parser.is_done()) {
    return 0;
  }
  const std::string target(request.target());
  if (const auto asked = http::parse_target(target)) {
    fuzz::require(asked->path.size() <= target.size(), "a path does not grow");
    fuzz::require(asked->path.starts_with('/'), "a path begins with a slash");
    judge({std::string(request.method_string()), request.version(),
           request.count(bhttp::field::host), std::string(request[bhttp::field::host]),
           std::string(request[bhttp::field::authorization])},
          asked->path);
  }
  return 0;
}
