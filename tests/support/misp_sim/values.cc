// SPDX-License-Identifier: BSD-3-Clause
#include "values.h"

#include <arpa/inet.h>
#include <unicode/uidna.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstring>
#include <ctime>
#include <memory>

namespace misp_zeek::misp_sim {
namespace {

constexpr std::string_view kBadIp = "IP address has an invalid format.";
constexpr std::string_view kBadHost =
    "Hostname has an invalid format. Please double check the value or select type \"other\".";
constexpr std::string_view kBadDomain =
    "Domain name has an invalid format. Please double check the value or select type \"other\".";
constexpr std::string_view kBadHash = "Checksum has an invalid length or format.";
constexpr std::string_view kBadPort = "Port numbers have to be integers between 1 and 65535.";
constexpr std::string_view kBadNewline = "Value must not contain new line character.";
constexpr std::string_view kBadComposite = "Composite type, but value not explicitly specified.";

/// One part of a value: normalised, or an error.
struct Part {
  std::string text;
  std::string_view error;
};

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

Part store_ip(std::string_view text) {
  const auto slash = text.find('/');
  const std::string address(text.substr(0, slash));
  const auto suffix = slash == std::string_view::npos ? std::string_view{} : text.substr(slash);
  const bool ip6 = address.find(':') != std::string::npos;
  if (!suffix.empty()) {
    const auto bits = parse_id(suffix.substr(1));
    if (!bits || *bits > (ip6 ? 128U : 32U)) return {{}, kBadIp};
  }
  std::array<unsigned char, 16> raw{};
  if (inet_pton(ip6 ? AF_INET6 : AF_INET, address.c_str(), raw.data()) != 1) return {{}, kBadIp};
  std::array<char, INET6_ADDRSTRLEN> canonical{};
  inet_ntop(ip6 ? AF_INET6 : AF_INET, raw.data(), canonical.data(), canonical.size());
  return {std::string(canonical.data()) + std::string(suffix), {}};
}

/// As PHP's idn_to_ascii(): what does not convert stays.
std::string to_punycode(std::string_view text) {
  constexpr std::size_t kMaxName = 1'024;
  struct Close {
    void operator()(UIDNA* idna) const { uidna_close(idna); }
  };
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<UIDNA, Close> idna(
      uidna_openUTS46(UIDNA_NONTRANSITIONAL_TO_ASCII, &status));
  UIDNAInfo info = UIDNA_INFO_INITIALIZER;
  std::array<char, kMaxName> out{};
  const auto size =
      uidna_nameToASCII_UTF8(idna.get(), text.data(), static_cast<std::int32_t>(text.size()),
                             out.data(), static_cast<std::int32_t>(out.size()), &info, &status);
  if (U_FAILURE(status) || info.errors != 0) return std::string(text);
  return {out.data(), static_cast<std::size_t>(size)};
}

Part store_host(std::string_view text, std::string_view error) {
  const bool ascii = std::all_of(text.begin(), text.end(),
                                 [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  std::string host = to_lower(ascii ? std::string(text) : to_punycode(text));
  const bool chars_ok = std::all_of(host.begin(), host.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '.' || c == '_';
  });
  const bool dots_ok = host.find('.') != std::string::npos && host.front() != '.' &&
                       host.back() != '.' && host.find("..") == std::string::npos;
  if (!chars_ok || !dots_ok || host.size() > 255) return {{}, error};
  return {std::move(host), {}};
}

Part store_port(std::string_view text) {
  const auto port = parse_id(text);
  if (!port || *port < 1 || *port > 65535) return {{}, kBadPort};
  return {std::string(text), {}};
}

Part store_hash(std::string_view text, std::size_t digits) {
  std::string hash = to_lower(text);
  hash.erase(std::remove(hash.begin(), hash.end(), ':'), hash.end());
  const bool hex =
      std::all_of(hash.begin(), hash.end(), [](unsigned char c) { return std::isxdigit(c) != 0; });
  if (!hex || hash.size() != digits) return {{}, kBadHash};
  return {std::move(hash), {}};
}

/// Hexadecimal digits of a hash type; 0: not a hash.
std::size_t hash_digits(std::string_view type) {
  if (type == "jarm-fingerprint") return 62;
  if (type.ends_with("md5") || type == "imphash") return 32;
  if (type.ends_with("sha1") || type == "pehash") return 40;
  if (type.ends_with("sha224")) return 56;
  if (type.ends_with("sha256") || type == "authentihash") return 64;
  if (type.ends_with("sha384")) return 96;
  if (type.ends_with("sha512")) return 128;
  return 0;
}

std::string store_mac(std::string_view text) {
  std::string mac = to_lower(text);
  std::replace(mac.begin(), mac.end(), '-', ':');
  return mac;
}

Part store_part(std::string_view type, std::string_view text) {
  if (type == "ip" || type == "ip-dst" || type == "ip-src") return store_ip(text);
  if (type == "domain") return store_host(text, kBadDomain);
  if (type == "hostname") return store_host(text, kBadHost);
  if (type == "port") return store_port(text);
  if (const auto digits = hash_digits(type); digits != 0) return store_hash(text, digits);
  if (type == "mac-address") return {store_mac(text), {}};
  if (type == "AS") {
    return {std::string(to_lower(text).starts_with("as") ? text.substr(2) : text), {}};
  }
  if (type == "email" || type == "email-src" || type == "email-dst") return {to_lower(text), {}};
  return {std::string(text), {}};
}

bool takes_newlines(std::string_view type) {
  constexpr std::array<std::string_view, 9> kTypes = {
      "text", "zeek", "bro", "snort", "yara", "sigma", "other", "comment", "email-body"};
  return std::find(kTypes.begin(), kTypes.end(), type) != kTypes.end();
}

/// MISP's default database encoding holds no 4-byte characters.
std::string without_four_byte_characters(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xf8U) != 0xf0U) {
      out += text[i];
      continue;
    }
    out += '?';
    i += 3;
  }
  return out;
}

}  // namespace

StoredValue store_value(std::string_view type, std::string_view value) {
  const std::string clean = without_four_byte_characters(trim(value));
  if (clean.empty()) return {{}, {}, "Value cannot be empty."};
  if (!takes_newlines(type) && clean.find('\n') != std::string::npos) {
    return {{}, {}, std::string(kBadNewline)};
  }
  const auto type_bar = type.find('|');
  if (type_bar == std::string_view::npos) {
    auto part = store_part(type, clean);
    return {std::move(part.text), {}, std::string(part.error)};
  }
  const auto bar = clean.rfind('|');
  if (bar == std::string::npos) return {{}, {}, std::string(kBadComposite)};
  auto first = store_part(type.substr(0, type_bar), std::string_view(clean).substr(0, bar));
  auto second = store_part(type.substr(type_bar + 1), std::string_view(clean).substr(bar + 1));
  const auto error = first.error.empty() ? second.error : first.error;
  return {std::move(first.text), std::move(second.text), std::string(error)};
}

std::string to_lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  });
  return lower;
}

std::optional<std::uint64_t> parse_id(std::string_view text) {
  std::uint64_t id = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, id);
  if (text.empty() || error != std::errc{} || stop != end) return std::nullopt;
  return id;
}

bool cidr_contains(std::string_view network, std::string_view address) {
  const auto slash = network.find('/');
  if (slash == std::string_view::npos) return network == address;
  const auto bits = parse_id(network.substr(slash + 1));
  in_addr base{};
  in_addr host{};
  if (!bits || *bits > 32 ||
      inet_pton(AF_INET, std::string(network.substr(0, slash)).c_str(), &base) != 1 ||
      inet_pton(AF_INET, std::string(address).c_str(), &host) != 1) {
    return false;
  }
  const std::uint32_t mask = *bits == 0 ? 0U : ~std::uint32_t{0} << (32U - *bits);
  return (ntohl(base.s_addr) & mask) == (ntohl(host.s_addr) & mask);
}

bool like(std::string_view text, std::string_view pattern) {
  const std::string t = to_lower(text);
  const std::string p = to_lower(pattern);
  // Greedy matching with one point to go back to: the last `%`.
  std::size_t i = 0;
  std::size_t j = 0;
  std::size_t star = std::string::npos;
  std::size_t mark = 0;
  while (i < t.size()) {
    if (j < p.size() && p[j] == '%') {
      star = j++;
      mark = i;
    } else if (j < p.size() && p[j] == t[i]) {
      ++i;
      ++j;
    } else if (star != std::string::npos) {
      j = star + 1;
      i = ++mark;
    } else {
      return false;
    }
  }
  while (j < p.size() && p[j] == '%') ++j;
  return j == p.size();
}

std::optional<std::string> stored_seen(std::string_view text) {
  const std::string input(text);
  std::tm parts{};
  const char* rest = strptime(input.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (rest == nullptr) return std::nullopt;
  std::string fraction = "000000";
  if (*rest == '.') {
    ++rest;
    for (std::size_t i = 0; std::isdigit(static_cast<unsigned char>(*rest)) != 0; ++rest, ++i) {
      if (i < fraction.size()) fraction[i] = *rest;
    }
  }
  long offset = 0;
  if ((*rest == '+' || *rest == '-') && std::strlen(rest) == 6) {
    const long minutes =
        std::strtol(rest + 1, nullptr, 10) * 60 + std::strtol(rest + 4, nullptr, 10);
    offset = *rest == '+' ? minutes * 60 : -minutes * 60;
  } else if (*rest != 'Z' && *rest != '\0') {
    return std::nullopt;
  }
  const std::time_t utc = timegm(&parts) - offset;
  std::array<char, 32> out{};
  gmtime_r(&utc, &parts);
  std::strftime(out.data(), out.size(), "%Y-%m-%dT%H:%M:%S.", &parts);
  return out.data() + fraction + "+00:00";
}

std::optional<std::int64_t> parse_time(std::string_view text, std::int64_t now) {
  if (const auto number = parse_id(text)) return static_cast<std::int64_t>(*number);
  if (text.size() > 1) {
    constexpr std::string_view kUnits = "smhd";
    constexpr std::array<std::int64_t, 4> kSeconds = {1, 60, 3600, 86400};
    const auto unit = kUnits.find(text.back());
    const auto count = parse_id(text.substr(0, text.size() - 1));
    if (unit != std::string_view::npos && count) {
      return now - static_cast<std::int64_t>(*count) * kSeconds.at(unit);
    }
  }
  const std::string input(text);
  std::tm parts{};
  const char* rest = strptime(input.c_str(), "%Y-%m-%d", &parts);
  if (rest == nullptr || *rest != '\0') return std::nullopt;
  return timegm(&parts);
}

std::string date_of(std::int64_t time) {
  const std::time_t seconds = time;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 16> out{};
  std::strftime(out.data(), out.size(), "%Y-%m-%d", &parts);
  return out.data();
}

}  // namespace misp_zeek::misp_sim
