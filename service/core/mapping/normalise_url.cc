// SPDX-License-Identifier: BSD-3-Clause
#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "core/base/text.h"
#include "core/mapping/normalise.h"

namespace misp_zeek::normalise {
namespace {

struct Parts {
  std::string scheme;  ///< lower case, empty if there is none
  std::string_view host;
  std::string_view port;  ///< empty if there is none
  std::string_view rest;  ///< path and query
};

std::string cut_scheme(std::string_view& url) {
  const std::size_t end = url.find("://");
  if (end == std::string_view::npos) return {};
  std::string scheme = text::lower(url.substr(0, end));
  const auto fits = [](char c) {
    return text::is_lower(c) || text::is_digit(c) || c == '+' || c == '.' || c == '-';
  };
  if (scheme.empty() || !text::is_lower(scheme.front()) ||
      !std::all_of(scheme.begin(), scheme.end(), fits)) {
    return {};
  }
  url.remove_prefix(end + 3);
  return scheme;
}

Parts split(std::string_view url) {
  Parts parts;
  parts.scheme = cut_scheme(url);
  url = url.substr(0, url.find('#'));
  const std::size_t path = std::min(url.find_first_of("/?"), url.size());
  parts.rest = text::trim(url.substr(path));  // white space before a fragment
  std::string_view authority = url.substr(0, path);
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    authority.remove_prefix(at + 1);
  }
  // The colons inside the brackets of an IPv6 address are not the port's.
  const std::size_t colon =
      authority.find(':', authority.starts_with('[') ? authority.find(']') : 0);
  parts.host = authority.substr(0, colon);
  if (colon != std::string_view::npos) parts.port = authority.substr(colon + 1);
  return parts;
}

std::optional<std::string> normalise_host(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']')) {
    const std::string inner(host.substr(1, host.size() - 2));
    std::array<unsigned char, sizeof(in6_addr)> bytes{};
    std::array<char, INET6_ADDRSTRLEN> out{};
    if (inet_pton(AF_INET6, inner.c_str(), bytes.data()) != 1) return std::nullopt;
    inet_ntop(AF_INET6, bytes.data(), out.data(), out.size());
    return std::string("[") + out.data() + "]";
  }
  if (auto name = domain(host)) return *std::move(name);
  std::array<unsigned char, sizeof(in_addr)> bytes{};
  std::string address(host);
  if (inet_pton(AF_INET, address.c_str(), bytes.data()) == 1) return address;
  return std::nullopt;
}

/// Browsers leave a default port out of the Host header; 80 is where Zeek looks for HTTP first.
bool is_default_port(std::string_view scheme, std::string_view port) {
  if (port == "80") return true;
  if (port == "443") return scheme == "https" || scheme == "wss";
  return port == "21" && scheme == "ftp";
}

/// One step of unescape(): reads what starts at `text`, which is not empty, and appends its
/// meaning. Returns the bytes read.
std::size_t unescape_one(std::string_view text, std::string& out) {
  const auto byte_at = [&](std::size_t i) {
    if (i + 1 >= text.size()) return -1;
    const int high = text::hex_value(text[i]);
    const int low = text::hex_value(text[i + 1]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
  };
  if (text.front() != '%') {
    out += text.front();
    return 1;
  }
  if (text.starts_with("%%") && text.size() > 2) return 1;  // Zeek ignores the first one
  if (const int byte = byte_at(1); byte >= 0) {
    out += static_cast<char>(byte);
    return 3;
  }
  if (text.size() > 5 && text[1] == 'u' && byte_at(2) >= 0 && byte_at(4) >= 0) {
    if (byte_at(2) != 0) out += static_cast<char>(byte_at(2));
    out += static_cast<char>(byte_at(4));
    return 6;
  }
  const std::string_view kept = text.substr(0, 2);
  out += kept;
  return kept.size();
}

/// As Zeek's unescape_URI(), which HTTP::Info$uri went through.
std::string unescape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) text.remove_prefix(unescape_one(text, out));
  return out;
}

}  // namespace

Text url(std::string_view text) {
  const Parts parts = split(text);
  const auto host = normalise_host(parts.host);
  if (!host) return tl::unexpected(Reject::kBadUrl);
  std::string out = *host;
  if (!parts.port.empty()) {
    const Text number = port(parts.port);
    if (!number) return tl::unexpected(Reject::kBadUrl);
    if (!is_default_port(parts.scheme, *number)) out += ":" + *number;
  }
  if (!parts.rest.starts_with('/')) out += '/';
  const std::string decoded = unescape(parts.rest);
  const bool fits = text::is_utf8(decoded) && !text::has_control(decoded);
  out += fits ? text::lower(decoded) : text::lower(parts.rest);
  return out;
}

}  // namespace misp_zeek::normalise
