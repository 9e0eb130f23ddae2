// SPDX-License-Identifier: BSD-3-Clause
#include "http/listen_place.h"

#include <utility>

#include "core/base/text.h"
#include "http/server.h"

namespace misp_zeek::http {

Result<ListenPlace> parse_listen_place(const std::string& listen) {
  const auto colon = listen.rfind(':');
  if (colon != std::string::npos && colon > 0) {
    std::string host = listen.substr(0, colon);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
      host = host.substr(1, host.size() - 2);
    }
    if (const auto port = text::parse_decimal(listen.substr(colon + 1), 65'535)) {
      return ListenPlace{std::move(host), static_cast<std::uint16_t>(*port)};
    }
  }
  return fail(ErrorCode::kInvalidConfig, "http.listen: \"" + listen + "\" is not ADDRESS:PORT");
}

std::string local_url(const std::string& listen, bool tls) {
  std::string host = listen.substr(0, listen.rfind(':'));
  if (host == "0.0.0.0") {
    host = "127.0.0.1";
  } else if (host == "[::]" || host == "::") {
    host = "[::1]";
  }
  return (tls ? "https://" : "http://") + host + listen.substr(listen.rfind(':'));
}

bool is_loopback(std::string_view listen) {
  const auto host = listen.substr(0, listen.rfind(':'));
  return host == "localhost" || host == "[::1]" || host == "::1" ||
         (host.starts_with("127.") && host.find_first_not_of("0123456789.") == host.npos);
}

}  // namespace misp_zeek::http
