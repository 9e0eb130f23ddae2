// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "app/config/config.h"
#include "zeek/tls_files.h"

namespace misp_zeek::app {

/// What the configuration says of one Zeek's TLS, as its link wants it.
inline zeek::TlsFiles tls_files(const ZeekConfig& zeek) {
  return {zeek.ca_file, zeek.certificate, zeek.key, zeek.key_passphrase.reveal()};
}

}  // namespace misp_zeek::app
