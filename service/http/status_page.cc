// SPDX-License-Identifier: BSD-3-Clause
#include "http/status_page.h"

#include <string>
#include <string_view>

#include "http/request.h"

namespace misp_zeek::http {

/// Made at build time of status_page.html.
extern const std::string_view kStatusPage;

Response status_page() {
  constexpr std::string_view kMark = "@NONCE@";
  const std::string nonce = new_token();
  std::string html(kStatusPage);
  for (auto at = html.find(kMark); at != std::string::npos; at = html.find(kMark, at)) {
    html.replace(at, kMark.size(), nonce);
  }
  Response page{200, "text/html; charset=utf-8", std::move(html)};
  page.headers = {
      {"Content-Security-Policy", "default-src 'none'; script-src 'nonce-" + nonce +
                                      "'; style-src 'nonce-" + nonce +
                                      "'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
                                      "frame-ancestors 'none'"},
      {"Referrer-Policy", "no-referrer"}};
  return page;
}

}  // namespace misp_zeek::http
