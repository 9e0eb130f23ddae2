// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "core/base/error.h"

namespace misp_zeek::zeek {

/// PEM files for TLS with certificates on both sides. All empty: encrypted, nobody is
/// authenticated; that is what Zeek does by default.
struct TlsFiles {
  std::string ca_file;
  std::string certificate;  ///< chain, own certificate first
  std::string key;
  std::string passphrase;  ///< of the key; empty = none
};

/// Loads the files as Broker will. Broker itself tells of a bad file late, in a log of its own, or
/// not at all. Errors: kInvalidConfig, naming file and reason; never the passphrase.
Result<void> check(const TlsFiles& files);

/// The same for Broker, which ends the process when it has a CA and no certificate of its own.
Result<void> check_for_broker(const TlsFiles& files);

}  // namespace misp_zeek::zeek
