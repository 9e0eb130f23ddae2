// SPDX-License-Identifier: BSD-3-Clause
#include "core/mapping/normalise.h"

#include <idn2.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "core/base/text.h"

namespace misp_zeek::normalise {
namespace {

constexpr std::size_t kMaxName = 253;
constexpr std::size_t kMaxLabel = 63;
/// A name of 253 bytes in punycode has at most as many characters, of up to 4 bytes.
constexpr std::size_t kMaxUnicodeName = 4 * kMaxName;
constexpr std::size_t kMinHashDigits = 8;
constexpr std::size_t kMaxHashDigits = 128;
constexpr std::size_t kMd5Digits = 32;

bool is_name_character(char c) {
  return text::is_lower(c) || text::is_digit(c) || c == '-' || c == '_';
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= kMaxLabel &&
         std::all_of(label.begin(), label.end(), is_name_character);
}

std::optional<std::string> to_punycode(std::string_view name) {
  if (name.size() > kMaxUnicodeName) return std::nullopt;
  const std::string input(name);
  std::uint8_t* output = nullptr;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(input.c_str());
  if (idn2_lookup_u8(bytes, &output, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT) != IDN2_OK) {
    return std::nullopt;
  }
  const std::unique_ptr<std::uint8_t, decltype(&idn2_free)> owner(output, &idn2_free);
  return std::string(reinterpret_cast<const char*>(output));
}

bool is_name(std::string_view name) {
  if (name.size() > kMaxName) return false;
  std::string_view rest = name;
  for (;;) {
    const std::size_t dot = rest.find('.');
    const std::string_view label = rest.substr(0, dot);
    if (!is_label(label)) return false;
    if (dot == std::string_view::npos) {
      return !std::all_of(label.begin(), label.end(), text::is_digit);
    }
    rest.remove_prefix(dot + 1);
  }
}

}  // namespace

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string refanged(std::string_view text) {
  using Pair = std::pair<std::string_view, std::string_view>;
  constexpr std::array<Pair, 8> kWrapped = {{{"[.]", "."},
                                             {"(.)", "."},
                                             {"{.}", "."},
                                             {"[dot]", "."},
                                             {"(dot)", "."},
                                             {"[:]", ":"},
                                             {"[.", "."},
                                             {".]", "."}}};
  std::string out(text);
  for (const auto& [wrapped, plain] : kWrapped) {
    for (std::size_t at = out.find(wrapped); at != std::string::npos; at = out.find(wrapped, at)) {
      out.replace(at, wrapped.size(), plain);
    }
  }
  return out;
}

Text domain(std::string_view text) {
  const std::string plain = refanged(text);
  std::string name;
  if (is_ascii(plain)) {
    name = text::lower(plain);
  } else if (auto punycode = to_punycode(plain)) {
    name = text::lower(*punycode);
  }
  if (name.ends_with('.')) name.pop_back();
  if (!is_name(name)) return tl::unexpected(Reject::kBadDomain);
  return name;
}

Text email(std::string_view text) {
  if (text.starts_with('<') && text.ends_with('>')) {
    text = text::trim(text.substr(1, text.size() - 2));
  }
  const std::size_t at = text.find('@');
  const bool whole = at != std::string_view::npos && at > 0 && at + 1 < text.size();
  if (!whole || text.find('@', at + 1) != std::string_view::npos ||
      text.find_first_of(" <>,;") != std::string_view::npos) {
    return tl::unexpected(Reject::kBadEmail);
  }
  return text::lower(text);
}

Text file_name(std::string_view text) {
  const std::size_t separator = text.find_last_of("/\\");
  if (separator != std::string_view::npos) text = text::trim(text.substr(separator + 1));
  if (text.empty()) return tl::unexpected(Reject::kBadFileName);
  return text::lower(text);
}

Text hash(std::string_view text, std::size_t digits) {
  const bool fits = digits == 0 ? text.size() >= kMinHashDigits && text.size() <= kMaxHashDigits
                                : text.size() == digits;
  if (!fits || !text::is_hex(text)) return tl::unexpected(Reject::kBadHash);
  return text::lower(text);
}

Text cert_hash(std::string_view text, std::size_t digits) {
  return hash(text::without(text, ':'), digits);
}

Text pubkey_hash(std::string_view text) {
  constexpr std::string_view kPrefix = "md5:";
  if (text::starts_with_nocase(text, kPrefix)) text.remove_prefix(kPrefix.size());
  Text plain = cert_hash(text, kMd5Digits);
  if (!plain) return plain;
  std::string out;
  for (std::size_t i = 0; i < plain->size(); i += 2) {
    if (i != 0) out += ':';
    out += plain->substr(i, 2);
  }
  return out;
}

Text port(std::string_view text) {
  constexpr unsigned kMaxPort = 65535;
  const auto value = text::parse_decimal(text, kMaxPort);
  if (!value || *value == 0) return tl::unexpected(Reject::kBadPort);
  return std::to_string(*value);
}

}  // namespace misp_zeek::normalise
