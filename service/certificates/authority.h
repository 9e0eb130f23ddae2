// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>

#include "core/base/error.h"
#include "core/base/time.h"

/// A private CA and the certificates that it signs, by OpenSSL's library: EC keys on P-256, signed
/// with SHA-256. Everything is PEM text; nothing here touches a file.
namespace misp_zeek::certificates {

struct Pair {
  std::string certificate;
  std::string key;  ///< without a passphrase
};

/// Which sides of TLS a certificate may be used at.
enum class Purpose {
  kServer,  ///< MISP: a tunnel's listening end, HTTPS
  kBoth,    ///< service and Zeek: a peer of Broker is both
};

/// A CA that signs nothing but certificates of its own. Valid for ten years.
Result<Pair> make_authority(UnixSeconds now);

/// A certificate for `host`, a name or an address. Valid for kLeafDays.
Result<Pair> make_certificate(const Pair& authority, const std::string& host, Purpose purpose,
                              UnixSeconds now);

inline constexpr int kLeafDays = 825;

struct Description {
  std::string host;  ///< the first name or address that it is for; empty: it is a CA
  Purpose purpose = Purpose::kBoth;
  UnixSeconds ends = 0;  ///< not valid any more
};

/// Of the first certificate in the text. Errors: kMalformed.
Result<Description> describe(const std::string& certificate);

}  // namespace misp_zeek::certificates
