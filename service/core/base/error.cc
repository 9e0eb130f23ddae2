// SPDX-License-Identifier: BSD-3-Clause
#include "core/base/error.h"

#include <cerrno>

namespace misp_zeek {

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::kMalformed:
      return "malformed";
    case ErrorCode::kTooLarge:
      return "too_large";
    case ErrorCode::kUnauthorized:
      return "unauthorized";
    case ErrorCode::kUnavailable:
      return "unavailable";
    case ErrorCode::kRateLimited:
      return "rate_limited";
    case ErrorCode::kTimeout:
      return "timeout";
    case ErrorCode::kIncompatible:
      return "incompatible";
    case ErrorCode::kInvalidConfig:
      return "invalid_config";
    case ErrorCode::kCancelled:
      return "cancelled";
    case ErrorCode::kNoStorage:
      return "no_storage";
  }
  return "unknown";
}

bool is_no_storage(int cause) {
  return cause == ENOSPC || cause == EDQUOT || cause == EROFS || cause == EIO;
}

}  // namespace misp_zeek
