// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "traffic/capture.h"
#include "traffic/conversations.h"

namespace misp_zeek::e2e {

/// Plays one verb. `text` is the verb and its argument:
/// - `tcp HOST:PORT`, `udp HOST:PORT`, `syn HOST:PORT` (not answered);
/// - `dns NAME`, `sni NAME` (and a certificate for it), `ssh`;
/// - `get HOST[:PORT] URI`, `proxy URL`, `referer URL`, `agent TEXT`, `forwarded ADDRESS`;
/// - `download NAME` (a file of this name), `file TEXT` (a file of this content);
/// - `from ADDRESS`, `to ADDRESS` (envelope), `header LINE`, `mail LINE` (of the body),
///   `attach NAME`, `mailfile TEXT` (an attached file of this content).
/// Throws std::runtime_error for another one. Returns the hashes of a certificate.
traffic::Fingerprints play(traffic::Capture& capture, const std::string& text);

}  // namespace misp_zeek::e2e
