// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "core/mapping/mapping.h"
#include "core/model/indicator.h"

/// From what analysts write to what Zeek's `frameworks/intel/seen` scripts hand to Intel::seen().
/// Arguments are trimmed, non-empty, valid UTF-8 and free of control characters. Functions are
/// pure; what they return is lower case and, given to the same function again, comes back
/// unchanged. The exception is a URL in which '%', '#' or '?' was itself percent-encoded.
namespace misp_zeek::normalise {

using Text = tl::expected<std::string, Reject>;

/// ADDR or SUBNET in the text that Zeek prints: IPv6 compressed, host bits of a CIDR cleared,
/// IPv4-mapped IPv6 as IPv4, /32 and /128 as addresses. kBadAddress also for 0.0.0.0 and ::, which
/// name no host. Networks broader than the options allow are kBroadNetwork, as is an IPv6 one that
/// holds ::ffff:0:0/96: for Zeek it holds every IPv4 address.
tl::expected<IndicatorKey, Reject> address(std::string_view text, const MappingOptions& options);

/// An address or a network in CIDR notation; its host bits do not matter.
std::optional<mapping::Network> network_of(std::string_view text);
/// Whether all of an ADDR or SUBNET, in the text of address(), lies in the network.
bool lies_in(const IndicatorKey& key, const mapping::Network& network);

/// Whether all bytes are below 0x80.
bool is_ascii(std::string_view text);

/// Without the brackets around "[.]", "(dot)", "[:]", "{@}", "[at]" and the like, which people put
/// in to keep others from opening a value. Words become the character they stand for.
std::string refanged(std::string_view text);

/// A name as DNS has it: IDN in punycode, without the final dot; letters, digits, '-' and '_' in
/// labels of 1 to 63 bytes, 253 in all. One label is enough. kBadDomain also for a last label of
/// digits, which is an address or nothing, and for wildcards.
Text domain(std::string_view text);
/// "*.evil.example" or ".evil.example", as the former. kBadDomain for what is no wildcard, and for
/// one below a single label.
Text wildcard(std::string_view text);

/// One URL as Zeek presents it, lower case, without a scheme.
struct UrlForms {
  /// Distinct, the most common one first. At most five:
  /// - the request: "host[:port]/path[?query]" with percent-encoding undone, as Zeek does, unless
  ///   that gives control characters or broken UTF-8; with a port also "host:port:port/...", which
  ///   Zeek makes of it where the Host header names the port, as browsers' does;
  /// - the Referer header: the same, encoded as browsers write it;
  /// - a mail: as written, with user and fragment; without a path the host alone.
  std::vector<std::string> urls;
  std::string host;   ///< a name, an IPv4 address, or an IPv6 one in brackets
  std::string port;   ///< decimal, empty if it is the scheme's own
  bool bare = false;  ///< without a path and a query
  bool has_user = false;
};
/// Cleans what people break: "hxxp", "[.]", backslashes, schemes that are doubled or lack a slash.
/// kBadUrl for what has no host.
tl::expected<UrlForms, Reject> url(std::string_view text);

/// Whether a URL's scheme is in front, or what people make of one.
bool has_scheme(std::string_view text);

/// The bare address: without the display name, "mailto:", comment and brackets. At most two
/// spellings: a host that is not ASCII in punycode, and as written. kWildcard for "*@host".
tl::expected<std::vector<std::string>, Reject> email(std::string_view text);

/// The last component of a path with '/' or '\\', which is what protocols carry and what Zeek's
/// smb-filenames.zeek takes. kBadFileName if there is none, as of a folder.
Text file_name(std::string_view text);

/// Hexadecimal. `digits`: exactly so many; 0 = 8 to 128. Colons and blanks between the bytes are
/// removed, as Zeek's hashes have none.
Text hash(std::string_view text, std::size_t digits);
/// A JA4 or JA4S fingerprint, "t13d1516h2_8daaf6152771_b186095e22b6". kBadHash for anything else.
Text ja4(std::string_view text);
/// The MD5 of an SSH host key, 16 pairs separated by colons; "MD5:" in front is taken off. SHA256
/// fingerprints are kBadHash: Zeek hands the MD5 one to Intel::seen().
Text pubkey_hash(std::string_view text);

/// 1 to 65535 in decimal without leading zeros.
Text port(std::string_view text);

}  // namespace misp_zeek::normalise
