// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "http/server.h"

namespace misp_zeek::http {

/// The status page: one HTML file without any other resource, which polls `/status`. It has no data
/// of its own; scripts and styles run by a nonce alone.
Response status_page();

}  // namespace misp_zeek::http
