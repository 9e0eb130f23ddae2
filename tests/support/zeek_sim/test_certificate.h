// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <string>

#include "zeek/tls_files.h"

namespace misp_zeek::sim {

/// Passphrase of the keys that write_test_certificate() makes.
inline constexpr const char* kTestPassphrase = "open-sesame";

/// Writes cert.pem, a self-signed certificate of 127.0.0.1 and localhost for an hour that is its
/// own CA, and key.pem, its key locked by kTestPassphrase, into `folder`. Throws std::runtime_error
/// if that fails.
zeek::TlsFiles write_test_certificate(const std::filesystem::path& folder);

/// Writes open.pem, the same key without a lock: Zeek's WebSocket server has no passphrases.
/// Returns its path. Throws like the above.
std::string write_open_key(const std::filesystem::path& folder, const zeek::TlsFiles& files);

}  // namespace misp_zeek::sim
