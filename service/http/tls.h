// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <openssl/types.h>

#include <string>

#include "core/base/error.h"

namespace misp_zeek::http {

/// PEM files by which the server speaks HTTPS, TLS 1.2 or later. Both empty: HTTP.
struct TlsFiles {
  std::string certificate;  ///< chain, own certificate first
  std::string key;          ///< without a passphrase
  bool empty() const { return certificate.empty() && key.empty(); }
};

/// Makes a server's context use the files. Errors: kInvalidConfig, naming file and reason.
Result<void> use_files(SSL_CTX& context, const TlsFiles& files);

/// Whether use_files() would succeed. Errors: the same.
Result<void> check(const TlsFiles& files);

}  // namespace misp_zeek::http
