// SPDX-License-Identifier: BSD-3-Clause
#include "app/process/version.h"

namespace misp_zeek::app {

std::string version() { return MISP_ZEEK_VERSION; }

}  // namespace misp_zeek::app
