// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <string>

namespace SQLite {
class Exception;
}

/// Files that are there and cannot be used: kept for an operator, out of the way of a start.
namespace misp_zeek::storage {

/// Of each file.
inline constexpr std::size_t kKeptFiles = 3;

/// Renames FILE to "FILE.REASON-TIME", and removes its companions of SQLite. `reason`: damaged,
/// newer or other. The newest kKeptFiles of FILE's are kept, older ones deleted. Returns the new
/// name.
std::string quarantine(const std::string& file, const std::string& reason);

/// Whether SQLite says that the file is damaged, or no database.
bool is_damage(const SQLite::Exception& error);

}  // namespace misp_zeek::storage
