// SPDX-License-Identifier: BSD-3-Clause
#include "core/base/text.h"
#include "core/mapping/normalise.h"

namespace misp_zeek::normalise {
namespace {

/// What a mail program shows around an address: its display name, "mailto:" and a comment.
std::string_view bare(std::string_view text) {
  if (const std::size_t open = text.rfind('<'); open != std::string_view::npos) {
    const std::size_t close = text.find('>', open);
    if (close == std::string_view::npos || close + 1 != text.size()) return {};
    text = text.substr(open + 1, close - open - 1);
  } else if (const std::size_t comment = text.find(" (");
             comment != std::string_view::npos && text.ends_with(')')) {
    text = text.substr(0, comment);
  }
  constexpr std::string_view kScheme = "mailto:";
  text = text::trim(text);
  if (text::starts_with_nocase(text, kScheme)) {
    text.remove_prefix(kScheme.size());
    text = text.substr(0, text.find('?'));
  }
  return text::trim(text);
}

}  // namespace

tl::expected<std::vector<std::string>, Reject> email(std::string_view text) {
  const std::string plain = refanged(text);
  const std::string_view address = bare(plain);
  const std::size_t at = address.find('@');
  if (at == std::string_view::npos || at + 1 >= address.size() ||
      address.find('@', at + 1) != std::string_view::npos ||
      address.find_first_of(" <>,;:") != std::string_view::npos) {
    return tl::unexpected(Reject::kBadEmail);
  }
  const std::string_view local = address.substr(0, at);
  const std::string_view host = address.substr(at + 1);
  if (local.empty() || local.find('*') != std::string_view::npos ||
      host.find('*') != std::string_view::npos) {
    return tl::unexpected(Reject::kWildcard);
  }
  const std::string written = text::lower(address);
  if (is_ascii(host)) return std::vector{written};
  const auto punycode = domain(host);
  if (!punycode) return tl::unexpected(Reject::kBadEmail);
  return std::vector{text::lower(local) + "@" + *punycode, written};
}

}  // namespace misp_zeek::normalise
