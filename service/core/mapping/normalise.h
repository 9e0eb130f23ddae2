// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

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

/// A name as DNS has it: IDN in punycode, without the final dot; letters, digits, '-' and '_' in
/// labels of 1 to 63 bytes, 253 in all. One label is enough. kBadDomain also for wildcards (Zeek
/// compares the whole name) and for a last label of digits, which is an address or nothing.
Text domain(std::string_view text);

/// "host[:port]/path[?query]" as HTTP::build_url() makes it of a request on port 80: no scheme,
/// user or fragment, a path of at least "/", the scheme's default port left out, and
/// percent-encoding undone, because Zeek compares the decoded path. The encoding stays if there are
/// control characters or broken UTF-8 in it: the Referer header is compared undecoded.
Text url(std::string_view text);

/// One '@' with something on both sides; '<' and '>' around it are taken off.
Text email(std::string_view text);

/// Hexadecimal. `digits`: exactly so many; 0 = 8 to 128.
Text hash(std::string_view text, std::size_t digits);
/// As hash(); colons between the digits are removed, as Zeek's certificate hashes have none.
Text cert_hash(std::string_view text, std::size_t digits);
/// The MD5 of an SSH host key, 16 pairs separated by colons; "MD5:" in front is taken off. SHA256
/// fingerprints are kBadHash: Zeek hands the MD5 one to Intel::seen().
Text pubkey_hash(std::string_view text);

/// 1 to 65535 in decimal without leading zeros.
Text port(std::string_view text);

}  // namespace misp_zeek::normalise
