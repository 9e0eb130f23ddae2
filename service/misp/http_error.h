// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/error.h"

namespace misp_zeek::misp {

/// Status line and the headers that matter. Names are matched without regard to case.
struct HttpHead {
  int status = 0;
  std::string content_type;
  std::string location;
  std::uint64_t skipped = 0;                  ///< X-Skipped-Elements-Count
  std::optional<std::uint64_t> result_count;  ///< X-Result-Count
  std::optional<int> retry_after;             ///< seconds: X-Rate-Limit-Reset, else Retry-After
  std::int64_t date = 0;                      ///< Date, seconds since the epoch; 0 = absent
};

/// What an answer other than 200 means, with what to do about it. `body` may be cut; MISP's own
/// `message` is taken from it. The status codes are those that MISP 2.5 was seen to use.
Error status_error(const HttpHead& head, std::string_view body);

/// Whether MISP itself says that it has nothing, or nothing that the user may see, at `path`: 404
/// or 405 with its error object, which repeats the path. Its words do not count: they are
/// translated.
bool negative_reply(const HttpHead& head, std::string_view body, std::string_view path);

/// What a failed transfer means. `curl_code` is a CURLcode, `detail` libcurl's text for it.
Error transfer_error(int curl_code, std::string_view detail);

/// The error with the request's path in front, and without the key, which some proxy may have
/// written into its answer.
Error name_request(Error error, std::string_view path, std::string_view key);

/// An answer with status 200 that is a web page and not JSON.
Error web_page_error();

}  // namespace misp_zeek::misp
