// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "core/base/error.h"

namespace SQLite {
class Exception;
}

/// Which failures are the disk's: then the service runs without storing. Others, as a wrong path,
/// are for the operator.
namespace misp_zeek::storage {

/// kNoStorage or kUnavailable for what SQLite says of this file.
ErrorCode storage_error(const SQLite::Exception& error, const std::string& file);

}  // namespace misp_zeek::storage
