// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

/// Which MISP types Zeek can match, and how. MISP types: `/attributes/describeTypes` of MISP 2.5;
/// what Zeek sees: policy/frameworks/intel/seen of Zeek 7.0 to 8.2.
namespace misp_zeek::mapping {

enum class Rule : std::uint8_t {
  kNone,
  kAddress,
  kAddressPort,
  kDomain,
  kDomainPort,
  kDomainAddress,
  kDomainOnly,  ///< of domain and address
  kUrl,
  kUri,  ///< a URL, if it has a host
  kEmail,
  kSoftware,
  kUserName,
  kFileName,
  kFileHash,
  kFileNameHash,
  kFileHashOnly,  ///< of name and hash
  kCertHash,
  kPubkeyHash,
  kJa3,
  kJa4,
  kHassh,
  kNeverSeen,
};

struct RuleName {
  std::string_view name;
  Rule rule;
};

/// Names as in the configuration.
inline constexpr std::array kRuleNames = {
    RuleName{"address", Rule::kAddress},
    RuleName{"address_port", Rule::kAddressPort},
    RuleName{"cert_hash", Rule::kCertHash},
    RuleName{"domain", Rule::kDomain},
    RuleName{"domain_address", Rule::kDomainAddress},
    RuleName{"domain_only", Rule::kDomainOnly},
    RuleName{"domain_port", Rule::kDomainPort},
    RuleName{"email", Rule::kEmail},
    RuleName{"file_hash", Rule::kFileHash},
    RuleName{"file_hash_only", Rule::kFileHashOnly},
    RuleName{"file_name", Rule::kFileName},
    RuleName{"file_name_hash", Rule::kFileNameHash},
    RuleName{"hassh", Rule::kHassh},
    RuleName{"ja3", Rule::kJa3},
    RuleName{"ja4", Rule::kJa4},
    RuleName{"never_seen", Rule::kNeverSeen},
    RuleName{"none", Rule::kNone},
    RuleName{"pubkey_hash", Rule::kPubkeyHash},
    RuleName{"software", Rule::kSoftware},
    RuleName{"uri", Rule::kUri},
    RuleName{"url", Rule::kUrl},
    RuleName{"user_name", Rule::kUserName},
};

struct TypeRule {
  std::string_view type;
  Rule rule;
  std::size_t digits = 0;  ///< of the hash; 0 = any number
};

inline constexpr std::size_t kMd5 = 32;
inline constexpr std::size_t kSha1 = 40;
inline constexpr std::size_t kSha256 = 64;

/// Left out, because Zeek's own scripts have nothing to compare them with:
/// - hashes other than MD5, SHA-1 and SHA-256 of a whole file: `sha512`, `ssdeep`, `imphash`, ...;
/// - accounts of web sites (`github-username`, `twitter-id`) and messengers (`jabber-id`);
/// - patterns, rules, registry keys, ports, AS numbers, MAC addresses and what identifies people.
///
/// Left out, because a match would mean nothing: `link`, the reference to a report.
///
/// `overrides` of the configuration bring any of them in where a site's scripts see more.
inline constexpr std::array kTypeRules = {
    TypeRule{"ip-src", Rule::kAddress},
    TypeRule{"ip-dst", Rule::kAddress},
    TypeRule{"ip-src|port", Rule::kAddressPort},
    TypeRule{"ip-dst|port", Rule::kAddressPort},

    TypeRule{"domain", Rule::kDomain},
    TypeRule{"hostname", Rule::kDomain},
    TypeRule{"hostname|port", Rule::kDomainPort},
    TypeRule{"domain|ip", Rule::kDomainAddress},

    TypeRule{"onion-address", Rule::kDomain},  // asked of DNS by mistake

    TypeRule{"url", Rule::kUrl},
    TypeRule{"uri", Rule::kUri},

    // Whatever an address stands for in MISP, it can turn up in a mail.
    TypeRule{"email", Rule::kEmail},
    TypeRule{"email-src", Rule::kEmail},
    TypeRule{"email-dst", Rule::kEmail},
    TypeRule{"email-reply-to", Rule::kEmail},
    TypeRule{"target-email", Rule::kEmail},
    TypeRule{"whois-registrant-email", Rule::kEmail},
    TypeRule{"dns-soa-email", Rule::kEmail},

    // SMTP's X-Mailer and HTTP's User-Agent are both SOFTWARE. `http-user-agent` is an old name.
    TypeRule{"user-agent", Rule::kSoftware},
    TypeRule{"http-user-agent", Rule::kSoftware},
    TypeRule{"email-x-mailer", Rule::kSoftware},

    // A login name, in realms such as eduroam. Stock scripts see no USER_NAME; sites' scripts do.
    TypeRule{"eppn", Rule::kUserName},

    TypeRule{"filename", Rule::kFileName},
    TypeRule{"attachment", Rule::kFileName},
    TypeRule{"email-attachment", Rule::kFileName},

    TypeRule{"md5", Rule::kFileHash, kMd5},
    TypeRule{"sha1", Rule::kFileHash, kSha1},
    TypeRule{"sha256", Rule::kFileHash, kSha256},
    // The hash alone: names such as setup.exe are everybody's.
    TypeRule{"filename|md5", Rule::kFileHashOnly, kMd5},
    TypeRule{"filename|sha1", Rule::kFileHashOnly, kSha1},
    TypeRule{"filename|sha256", Rule::kFileHashOnly, kSha256},
    TypeRule{"malware-sample", Rule::kFileHashOnly, kMd5},

    TypeRule{"x509-fingerprint-sha1", Rule::kCertHash, kSha1},
    // A certificate is a file for Zeek, hashed with SHA-256; with MD5 only if all files are.
    TypeRule{"x509-fingerprint-sha256", Rule::kFileHash, kSha256},
    TypeRule{"x509-fingerprint-md5", Rule::kFileHash, kMd5},
    TypeRule{"ssh-fingerprint", Rule::kPubkeyHash},

    // Of other packages, which the package's extra `fingerprints` takes them from.
    TypeRule{"ja3-fingerprint-md5", Rule::kJa3, kMd5},
    TypeRule{"hassh-md5", Rule::kHassh, kMd5},
    TypeRule{"hasshserver-md5", Rule::kHassh, kMd5},

    // Made of a server's answers to probes, which a sensor does not send.
    TypeRule{"jarm-fingerprint", Rule::kNeverSeen},
};

}  // namespace misp_zeek::mapping
