// SPDX-License-Identifier: BSD-3-Clause
#include "storage/no_storage.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sys/statvfs.h>

#include <filesystem>

namespace misp_zeek::storage {
namespace {

/// SQLite hides why it cannot open a file.
bool takes_nothing(const std::string& file) {
  const std::string folder = std::filesystem::path(file).parent_path();
  struct statvfs system {};
  return statvfs(folder.empty() ? "." : folder.c_str(), &system) == 0 &&
         (system.f_bavail == 0 || (system.f_files > 0 && system.f_favail == 0) ||
          (system.f_flag & ST_RDONLY) != 0);
}

}  // namespace

ErrorCode storage_error(const SQLite::Exception& error, const std::string& file) {
  constexpr int kReadOnly = 8;
  constexpr int kIoError = 10;
  constexpr int kFull = 13;
  constexpr int kCannotOpen = 14;
  switch (error.getErrorCode()) {
    case kIoError:
    case kFull:
      return ErrorCode::kNoStorage;
    case kReadOnly:
    case kCannotOpen:
      return takes_nothing(file) ? ErrorCode::kNoStorage : ErrorCode::kUnavailable;
    default:
      return ErrorCode::kUnavailable;
  }
}

}  // namespace misp_zeek::storage
