// SPDX-License-Identifier: BSD-3-Clause
#include "app/config/syntax.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <numeric>
#include <system_error>
#include <utility>

#include "core/base/text.h"

namespace misp_zeek::app {
namespace {

constexpr std::size_t kMaxName = 64;
constexpr std::size_t kMaxHost = 255;

bool is_alphanumeric(char c) { return text::is_digit(c) || text::is_lower(c) || text::is_upper(c); }

/// The part after `scheme://` if the text has one of the schemes.
std::optional<std::string_view> after_scheme(std::string_view url,
                                             std::initializer_list<std::string_view> schemes) {
  for (const std::string_view scheme : schemes) {
    if (url.starts_with(scheme) && url.substr(scheme.size()).starts_with("://")) {
      return url.substr(scheme.size() + 3);
    }
  }
  return std::nullopt;
}

Problem check_authority(std::string_view authority) {
  // The text is not repeated: a password may be in it.
  if (authority.find('@') != std::string_view::npos) {
    return "has a user name or password in it";
  }
  const bool alone = is_host(authority) && authority.find(':') == std::string_view::npos;
  const bool bracketed = authority.starts_with('[') && authority.ends_with(']') &&
                         is_host(authority.substr(1, authority.size() - 2));
  if (!alone && !bracketed && !parse_host_port(authority, 1)) {
    return "has no valid host, or port, after its ://";
  }
  return std::nullopt;
}

/// Edits between the two; two swapped neighbours are one edit.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last;
  std::vector<std::size_t> last(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::vector<std::size_t> row = {i};
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row.push_back(std::min({replaced, row[j - 1] + 1, last[j] + 1}));
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
    before_last = std::exchange(last, std::move(row));
  }
  return last.back();
}

}  // namespace

bool is_host(std::string_view text) {
  // With colons it is an IPv6 address, which has two at least.
  return !text.empty() && text.size() <= kMaxHost && !text.starts_with('-') &&
         std::count(text.begin(), text.end(), ':') != 1 &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return is_alphanumeric(c) || c == '.' || c == '-' || c == '_' || c == ':' || c == '%';
         });
}

std::optional<HostPort> parse_host_port(std::string_view text, std::uint16_t lowest_port) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return std::nullopt;
  }
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  const bool bracketed = host.starts_with('[') && host.ends_with(']') && host.size() > 2;
  if (bracketed) {
    host = host.substr(1, host.size() - 2);
  }
  // Only brackets tell where an IPv6 address ends.
  if (!is_host(host) || bracketed != (host.find(':') != std::string_view::npos)) {
    return std::nullopt;
  }
  const auto port = text::parse_decimal(digits, 65'535);
  if (!port || *port < lowest_port) {
    return std::nullopt;
  }
  return HostPort{std::string(host), static_cast<std::uint16_t>(*port)};
}

Problem check_misp_url(std::string_view url) {
  const auto rest = after_scheme(url, {"https", "http"});
  if (!rest) {
    return "does not begin with https:// or http://";
  }
  if (rest->find_first_of("?# \t\r\n") != std::string_view::npos) {
    return "has a query, a fragment or white space";
  }
  return check_authority(rest->substr(0, rest->find('/')));
}

Problem check_feed_endpoint(std::string_view endpoint) {
  if (const auto path = after_scheme(endpoint, {"ipc"})) {
    return path->starts_with('/') ? Problem() : Problem("has no absolute path after its ://");
  }
  const auto place = after_scheme(endpoint, {"tcp"});
  if (!place) {
    return "does not begin with tcp:// or ipc://";
  }
  if (!parse_host_port(*place, 1)) {
    return "has no valid HOST:PORT after its ://";
  }
  return std::nullopt;
}

Problem check_proxy(std::string_view proxy) {
  if (proxy.empty()) {
    return std::nullopt;
  }
  auto rest = after_scheme(proxy, {"http", "https", "socks5", "socks5h"});
  if (!rest) {
    return "does not begin with http://, https://, socks5:// or socks5h://";
  }
  if (rest->ends_with('/')) {
    rest->remove_suffix(1);
  }
  return check_authority(*rest);
}

Problem check_listen(std::string_view listen) {
  if (listen.empty() || parse_host_port(listen, 0)) {
    return std::nullopt;
  }
  return "is not an address and a port";
}

Problem check_zeek_name(std::string_view name) {
  const bool good =
      !name.empty() && name.size() <= kMaxName && std::all_of(name.begin(), name.end(), [](char c) {
        return is_alphanumeric(c) || c == '.' || c == '_' || c == '-' || c == ':';
      });
  return good ? Problem() : Problem("is not a valid name");
}

Problem check_owner(std::string_view name) {
  constexpr std::size_t kMaxOwner = 32;
  const bool good =
      !name.empty() && name.size() <= kMaxOwner &&
      std::all_of(name.begin(), name.end(), [](char c) { return is_alphanumeric(c) || c == '_'; });
  return good ? Problem() : Problem("is not a valid name");
}

Problem check_event_id(std::string_view id, bool exclusion) {
  std::string_view digits = id;
  if (exclusion && digits.starts_with('!')) {
    digits.remove_prefix(1);
  }
  std::uint64_t number = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, number);
  if (error != std::errc() || stop != end || number == 0) {
    return "has the member \"" + std::string(id) + "\", which is not an event id";
  }
  return std::nullopt;
}

std::string toml_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == '\x7f') {
      std::array<char, 8> code{};
      const int length = std::snprintf(code.data(), code.size(), "\\u%04X",
                                       static_cast<unsigned>(static_cast<unsigned char>(c)));
      out.append(code.data(), static_cast<std::size_t>(length));
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::optional<std::string> nearest(std::string_view name,
                                   const std::vector<std::string>& candidates) {
  std::optional<std::string> best;
  std::size_t best_distance = name.size() > 4 ? 3 : 2;  // exclusive
  const std::string typed = text::lower(name);
  for (const std::string& candidate : candidates) {
    const std::string meant = text::lower(candidate);
    if (typed.size() >= 3 && meant.starts_with(typed)) {
      return candidate;
    }
    const std::size_t away = typed.size() > kMaxName ? best_distance : distance(typed, meant);
    if (away < best_distance) {
      best_distance = away;
      best = candidate;
    }
  }
  return best;
}

std::string suggestion(std::string_view name, const std::vector<std::string>& candidates) {
  const auto near = nearest(name, candidates);
  return near ? " (did you mean \"" + *near + "\"?)" : "";
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (const std::string& part : parts) {
    if (!text.empty()) {
      text += separator;
    }
    text += part;
  }
  return text;
}

}  // namespace misp_zeek::app
