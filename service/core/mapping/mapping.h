// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/model/indicator.h"

namespace misp_zeek {

/// Why a value cannot be an indicator. A closed set: the names are metric labels.
enum class Reject {
  kUnmappedType,       ///< no rule for the MISP type
  kEmpty,              ///< nothing left after trimming
  kTooLong,            ///< longer than MappingOptions::max_length
  kControlCharacters,  ///< a byte below 0x20 or 0x7f
  kInvalidUtf8,
  kBadAddress,    ///< neither an address nor a CIDR
  kBroadNetwork,  ///< prefix shorter than MappingOptions::min_prefix_v4/v6, e.g. 0.0.0.0/0
  kBadDomain,
  kBadUrl,
  kBadHash,  ///< wrong length or not hexadecimal
  kBadEmail,
  kBadPort,
  kBadComposite,     ///< a '|' type without two parts
  kBidiControls,     ///< characters that turn the direction of writing, where none belong
  kBadFileName,      ///< a folder: nothing behind the last '/' or '\\'
  kExcludedNetwork,  ///< lies in one of MappingOptions::exclude_networks
  kExcludedDomain,   ///< is one of MappingOptions::exclude_domains, or below one
  kWildcard,         ///< stands for many addresses of mail, which Zeek compares whole
  kNoHost,           ///< a URI without a host: Zeek compares host and path together
  kNeverSeen,        ///< of a type that no Zeek can see
};

inline constexpr std::size_t kRejectCount = 20;

/// The reason's name in logs and metrics, e.g. "bad_address".
std::string_view to_string(Reject reason);
/// The key of `[filter]` that keeps the value out, empty if its configuration has no part in it.
std::string_view excluding_key(Reject reason);

/// Of which URLs the host becomes an indicator of its own, a domain or an address.
enum class UrlHosts {
  kNever,
  kBare,  ///< of those without a path and a query
  kAlways,
};

struct MappingOptions {
  std::size_t max_length = 2048;  ///< bytes of an indicator
  int min_prefix_v4 = 8;          ///< broader IPv4 networks are refused
  int min_prefix_v6 = 16;         ///< broader IPv6 networks are refused
  UrlHosts url_hosts = UrlHosts::kBare;
  /// Addresses and networks in CIDR notation. What lies wholly inside one is refused, and so are
  /// URLs at such an address.
  std::vector<std::string> exclude_networks;
  /// Names. They, the names below them, and URLs there are refused.
  std::vector<std::string> exclude_domains;
  /// MISP type -> rule name, or "none" to leave a type out. See Mapping::rule_names().
  std::map<std::string, std::string> overrides;
};

/// Changes when the same value becomes other indicators than before: what was saved is mapped anew.
inline constexpr int kMappingVersion = 5;

namespace mapping {

/// A network in Zeek's 128 bits, where IPv4 lies below ::ffff:0:0/96.
struct Network {
  std::array<std::uint8_t, 16> bytes{};
  unsigned prefix = 0;  ///< of the 128 bits
};

struct Exclusions {
  std::vector<Network> networks;
  std::vector<std::string> domains;
};

}  // namespace mapping

/// Turns a MISP type and value into what Zeek can match. Pure and immutable.
///
/// The table starts from the types of MISP's own Zeek export and differs where Zeek never computes
/// what it exports (hashes other than MD5, SHA-1, SHA-256 are left out).
class Mapping {
 public:
  /// Fails with kInvalidConfig when an override names an unknown rule, or when an excluded network
  /// or domain is none.
  static Result<Mapping> create(MappingOptions options);

  /// The default mapping.
  Mapping();

  /// What Zeek presents of it: one indicator, two for composites (`domain|ip`: the domain and the
  /// address), up to five spellings of a URL and its host. Distinct, not empty.
  /// Of `domain|ip` each good half; of other composites all parts must be good.
  tl::expected<std::vector<Mapped>, Reject> map(std::string_view type,
                                                std::string_view value) const;

  /// Whether attributes of this type can become indicators at all.
  bool knows(std::string_view type) const;

  /// All MISP types with a rule, sorted; what a REST search needs to ask for.
  std::vector<std::string> types() const;

  /// Names usable as override values: "address", "domain", "url", "none", ...
  static std::vector<std::string> rule_names();

 private:
  explicit Mapping(MappingOptions options);
  MappingOptions options_;
  mapping::Exclusions exclusions_;
};

}  // namespace misp_zeek
