// SPDX-License-Identifier: BSD-3-Clause
#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "core/base/text.h"
#include "core/mapping/normalise.h"

namespace misp_zeek::normalise {
namespace {

constexpr std::string_view kSchemeEnd = "://";

struct Parts {
  std::string scheme;         ///< lower case, empty if there is none
  std::string user;           ///< as written, with the '@'; empty if there is none
  std::string host;           ///< as written
  std::string port;           ///< empty if there is none
  std::string_view path;      ///< and query
  std::string_view fragment;  ///< with the '#'
};

/// Of what people call a web address, also to keep others from opening it: http, hxxps, h**p, fxp.
bool is_web_scheme(std::string_view scheme) {
  if (scheme == "ftp" || scheme == "fxp" || scheme == "ftps") return true;
  if (scheme.ends_with('s')) scheme.remove_suffix(1);
  return scheme.size() == 4 && scheme.front() == 'h' && scheme.back() == 'p' &&
         (scheme == "http" || scheme[2] == 'x' || scheme[2] == '*' || scheme[1] == 'x');
}

bool is_scheme(std::string_view scheme) {
  const auto fits = [](char c) {
    return text::is_lower(c) || text::is_digit(c) || c == '+' || c == '.' || c == '-';
  };
  return !scheme.empty() && text::is_lower(scheme.front()) &&
         std::all_of(scheme.begin(), scheme.end(), fits);
}

/// The scheme in front, and how far it goes with what is between it and the host. Of web schemes
/// the colon or a slash may be missing.
struct Scheme {
  std::string name;
  std::size_t size = 0;
};
Scheme scheme_of(std::string_view url) {
  const std::size_t end = url.find_first_of(":/");
  if (end == std::string_view::npos) return {};
  std::string name = text::lower(url.substr(0, end));
  const std::string_view rest = url.substr(end);
  const bool is_web = is_web_scheme(name);
  if (rest.starts_with(kSchemeEnd) && (is_web || is_scheme(name))) {
    return {std::move(name), end + kSchemeEnd.size()};
  }
  if (is_web && (rest.starts_with("//") || rest.starts_with(":/"))) {
    return {std::move(name), end + 2};
  }
  return {};
}

/// Takes off the scheme, and further ones behind it that a mistake doubled.
std::string cut_schemes(std::string_view& url) {
  std::string name;
  for (Scheme scheme = scheme_of(url); scheme.size != 0; scheme = scheme_of(url)) {
    if (!name.empty() && !is_web_scheme(scheme.name)) break;
    name = std::move(scheme.name);
    url = text::trim_unicode(url.substr(scheme.size));
  }
  return name;
}

/// What browsers make of a web address, and without what keeps people from opening it.
std::string cleaned(std::string_view url) {
  if (url.size() > 1 &&
      ((url.front() == '<' && url.back() == '>') || (url.front() == '"' && url.back() == '"'))) {
    url = text::trim_unicode(url.substr(1, url.size() - 2));
  }
  std::string out(url);
  const auto in_front = [&](std::string_view wrapped, std::string_view plain) {
    constexpr std::size_t kLongest = 8;  // of the schemes that people break
    const std::size_t at = out.find(wrapped);
    if (at != std::string::npos && at <= kLongest) out.replace(at, wrapped.size(), plain);
  };
  in_front("[://]", kSchemeEnd);
  in_front("[:]", ":");
  in_front(":\\\\", kSchemeEnd);
  std::string_view rest = out;
  if (is_web_scheme(cut_schemes(rest))) {
    const std::size_t end = rest.find_first_of("?#");
    const auto from = out.end() - static_cast<std::ptrdiff_t>(rest.size());
    std::replace(
        from, end == std::string_view::npos ? out.end() : from + static_cast<std::ptrdiff_t>(end),
        '\\', '/');
  }
  return out;
}

Parts split(std::string_view url) {
  Parts parts;
  parts.scheme = cut_schemes(url);
  const std::size_t hash = std::min(url.find('#'), url.size());
  parts.fragment = url.substr(hash);
  url = url.substr(0, hash);
  const std::size_t path = std::min(url.find_first_of("/?"), url.size());
  parts.path = text::trim_unicode(url.substr(path));
  if (parts.path.size() < url.size() - path) parts.fragment = {};  // a blank ends the URL
  std::string_view authority = url.substr(0, path);
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    parts.user = authority.substr(0, at + 1);
    authority.remove_prefix(at + 1);
  }
  const std::string plain = refanged(authority);
  // The colons inside the brackets of an IPv6 address are not the port's.
  const std::size_t colon = plain.find(':', plain.starts_with('[') ? plain.find(']') : 0);
  parts.host = plain.substr(0, colon);
  if (colon != std::string::npos) parts.port = plain.substr(colon + 1);
  return parts;
}

Text normalise_host(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']')) {
    const std::string inner(host.substr(1, host.size() - 2));
    std::array<unsigned char, sizeof(in6_addr)> bytes{};
    std::array<char, INET6_ADDRSTRLEN> out{};
    if (inet_pton(AF_INET6, inner.c_str(), bytes.data()) != 1) {
      return tl::unexpected(Reject::kBadUrl);
    }
    inet_ntop(AF_INET6, bytes.data(), out.data(), out.size());
    return std::string("[") + out.data() + "]";
  }
  if (auto name = domain(host)) return name;
  std::array<unsigned char, sizeof(in_addr)> bytes{};
  std::string address(host);
  if (inet_pton(AF_INET, address.c_str(), bytes.data()) == 1) return address;
  return tl::unexpected(Reject::kBadUrl);
}

/// Browsers leave a default port out of the Host header; 80 is where Zeek looks for HTTP first.
bool is_default_port(std::string_view scheme, std::string_view port) {
  if (port == "80") return true;
  if (port == "443") return scheme == "wss" || (is_web_scheme(scheme) && scheme.ends_with("ps"));
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

/// As browsers write a path into a request and into the Referer header.
std::string escape(std::string_view path) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  constexpr std::string_view kEscaped = " \"<>`{}";
  std::string out;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 && kEscaped.find(c) == std::string_view::npos) {
      out += c;
    } else {
      out += '%';
      out += kDigits[byte >> 4U];
      out += kDigits[byte & 0xfU];
    }
  }
  return out;
}

/// As Zeek finds a URL in a mail (url_regex of base/utils/urls.zeek, or the extra mail-urls): as
/// written, behind a scheme of 3 to 5 letters. Without a path, the host alone: Zeek's pattern cuts
/// what comes behind it.
std::optional<std::string> in_mail(const Parts& parts, const std::string& authority) {
  constexpr std::size_t kMinScheme = 3;
  constexpr std::size_t kMaxScheme = 5;
  const bool found = parts.scheme.empty() ||
                     (parts.scheme.size() >= kMinScheme && parts.scheme.size() <= kMaxScheme);
  if (!found) return std::nullopt;
  if (!parts.path.starts_with('/')) return authority;
  std::string url = authority;
  url.append(parts.path).append(parts.fragment);
  if (url.find_first_of(" \t") != std::string::npos) return std::nullopt;
  return url;
}

void add(std::vector<std::string>& forms, std::string_view form) {
  std::string lower = text::lower(form);
  if (std::find(forms.begin(), forms.end(), lower) == forms.end()) {
    forms.push_back(std::move(lower));
  }
}

}  // namespace

bool has_scheme(std::string_view text) {
  const std::string whole = cleaned(text::trim_unicode(text));
  return scheme_of(whole).size != 0;
}

tl::expected<UrlForms, Reject> url(std::string_view text) {
  const std::string whole = cleaned(text);
  const Parts parts = split(whole);
  const auto host = normalise_host(parts.host);
  if (!host) return tl::unexpected(host.error());
  UrlForms forms;
  if (!parts.port.empty()) {
    const Text number = port(parts.port);
    if (!number) return tl::unexpected(Reject::kBadUrl);
    if (!is_default_port(parts.scheme, *number)) forms.port = *number;
  }
  forms.host = *host;
  forms.has_user = !parts.user.empty();
  forms.bare = parts.path.empty() || parts.path == "/";
  const std::string port = forms.port.empty() ? "" : ":" + forms.port;
  std::string path(parts.path);
  if (!path.starts_with('/')) path.insert(0, "/");
  const std::string decoded = unescape(path);
  if (text::is_utf8(decoded) && !text::has_control(decoded)) {
    add(forms.urls, *host + port + decoded);
    // The Host header has the port, and Zeek's build_url() adds it.
    if (!port.empty()) add(forms.urls, *host + port + port + decoded);
  }
  // Zeek takes off all up to the last "://" of a Referer header.
  const std::string escaped = escape(path);
  if (escaped.find(kSchemeEnd) == std::string::npos) add(forms.urls, *host + port + escaped);
  const std::string authority = parts.user + (is_ascii(parts.host) ? *host : parts.host) + port;
  if (const auto mail = in_mail(parts, authority)) {
    add(forms.urls, *mail);
    if (forms.bare) add(forms.urls, authority);
  }
  if (forms.urls.empty()) return tl::unexpected(Reject::kBadUrl);
  return forms;
}

}  // namespace misp_zeek::normalise
