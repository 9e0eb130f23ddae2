// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace misp_zeek {

/// What a caller can do about an error; the text says what, where and what to do.
enum class ErrorCode {
  kMalformed,      ///< input that does not have the documented shape; drop it
  kTooLarge,       ///< beyond a documented bound; drop it
  kUnauthorized,   ///< the other side refused our credentials or rights; retry slowly
  kUnavailable,    ///< the other side is away or failed; retry with back-off
  kRateLimited,    ///< the other side asks to wait; see Error::retry_after_seconds
  kTimeout,        ///< no answer in time; retry with back-off
  kIncompatible,   ///< the other side speaks another protocol or version; retry slowly
  kInvalidConfig,  ///< the operator must change the configuration
  kCancelled,      ///< the service is stopping
  kNoStorage,      ///< the disk is full, read-only or failing; go on without it
};

inline constexpr std::size_t kErrorCodeCount = 10;

/// The code's name as it appears in logs and metrics, e.g. "rate_limited".
std::string_view to_string(ErrorCode code);

struct Error {
  ErrorCode code = ErrorCode::kUnavailable;
  std::string message;
  /// Only for kRateLimited: when the other side said it may be asked again. 0 = not said.
  int retry_after_seconds = 0;
  /// Nobody was there to take the connection: to ask again costs the other side nothing.
  bool unreachable = false;
};

template <typename T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(ErrorCode code, std::string message) {
  return tl::unexpected<Error>(Error{code, std::move(message), 0});
}

/// Whether an errno says that the disk is full, over quota, read-only or failing: kNoStorage.
bool is_no_storage(int cause);

}  // namespace misp_zeek
