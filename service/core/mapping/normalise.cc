// SPDX-License-Identifier: BSD-3-Clause
#include "core/mapping/normalise.h"

#include <unicode/uidna.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
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

struct Close {
  void operator()(UIDNA* idna) const { uidna_close(idna); }
};

/// As browsers do: UTS 46, not the transitional mapping, hyphens anywhere.
std::optional<std::string> to_punycode(std::string_view name) {
  if (name.size() > kMaxUnicodeName) return std::nullopt;
  UErrorCode status = U_ZERO_ERROR;
  constexpr std::uint32_t kOptions = UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ |
                                     UIDNA_NONTRANSITIONAL_TO_ASCII |
                                     UIDNA_NONTRANSITIONAL_TO_UNICODE;
  constexpr std::uint32_t kAllowed = UIDNA_ERROR_LEADING_HYPHEN | UIDNA_ERROR_TRAILING_HYPHEN |
                                     UIDNA_ERROR_HYPHEN_3_4 | UIDNA_ERROR_EMPTY_LABEL;
  static const std::unique_ptr<UIDNA, Close> idna(uidna_openUTS46(kOptions, &status));
  if (idna == nullptr) return std::nullopt;
  status = U_ZERO_ERROR;
  UIDNAInfo info = UIDNA_INFO_INITIALIZER;
  std::array<char, 2 * kMaxUnicodeName> out{};
  const auto size =
      uidna_nameToASCII_UTF8(idna.get(), name.data(), static_cast<std::int32_t>(name.size()),
                             out.data(), static_cast<std::int32_t>(out.size()), &info, &status);
  if (U_FAILURE(status) || (info.errors & ~kAllowed) != 0) return std::nullopt;
  return std::string(out.data(), static_cast<std::size_t>(size));
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

Text wildcard(std::string_view text) {
  const std::string plain = refanged(text);
  std::string_view rest = plain;
  if (rest.starts_with('*')) rest.remove_prefix(1);
  if (!rest.starts_with('.')) return tl::unexpected(Reject::kBadDomain);
  auto name = domain(rest.substr(1));
  if (!name || name->find('.') == std::string::npos) return tl::unexpected(Reject::kBadDomain);
  return "*." + *name;
}

Text file_name(std::string_view text) {
  const std::size_t separator = text.find_last_of("/\\");
  if (separator != std::string_view::npos) text = text::trim(text.substr(separator + 1));
  if (text.empty()) return tl::unexpected(Reject::kBadFileName);
  return text::lower(text);
}

Text hash(std::string_view text, std::size_t digits) {
  const std::string plain = text::without(text::without(text, ':'), ' ');
  const bool fits = digits == 0 ? plain.size() >= kMinHashDigits && plain.size() <= kMaxHashDigits
                                : plain.size() == digits;
  if (!fits || !text::is_hex(plain)) return tl::unexpected(Reject::kBadHash);
  return text::lower(plain);
}

Text pubkey_hash(std::string_view text) {
  constexpr std::string_view kPrefix = "md5:";
  if (text::starts_with_nocase(text, kPrefix)) text.remove_prefix(kPrefix.size());
  Text plain = hash(text, kMd5Digits);
  if (!plain) return plain;
  std::string out;
  for (std::size_t i = 0; i < plain->size(); i += 2) {
    if (i != 0) out += ':';
    out += plain->substr(i, 2);
  }
  return out;
}

Text ja4(std::string_view text) {
  constexpr std::size_t kParts = 3;
  constexpr std::size_t kDigest = 12;
  std::string lower = text::lower(text);
  const auto fits = [](char c) { return text::is_lower(c) || text::is_digit(c) || c == '_'; };
  const std::size_t last = lower.rfind('_');
  const bool ends_in_digest = last != std::string::npos && lower.size() - last - 1 == kDigest &&
                              text::is_hex(std::string_view(lower).substr(last + 1));
  const auto bars = static_cast<std::size_t>(std::count(lower.begin(), lower.end(), '_'));
  const bool starts_well =
      lower.starts_with('t') || lower.starts_with('q') || lower.starts_with('d');
  if (!ends_in_digest || !starts_well || bars != kParts - 1 ||
      !std::all_of(lower.begin(), lower.end(), fits)) {
    return tl::unexpected(Reject::kBadHash);
  }
  return lower;
}

Text port(std::string_view text) {
  constexpr unsigned kMaxPort = 65535;
  const auto value = text::parse_decimal(text, kMaxPort);
  if (!value || *value == 0) return tl::unexpected(Reject::kBadPort);
  return std::to_string(*value);
}

}  // namespace misp_zeek::normalise
