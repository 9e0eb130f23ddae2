// SPDX-License-Identifier: BSD-3-Clause
#include "http/control.h"

#include <curl/curl.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <mutex>

namespace misp_zeek::http {
namespace {

std::size_t append(char* bytes, std::size_t size, std::size_t count, void* to) {
  static_cast<std::string*>(to)->append(bytes, size * count);
  return size * count;
}

/// What to do about a connection that failed with this errno; 0: it did not fail.
std::string remedy_of(long cause) {
  switch (cause) {
    case ECONNREFUSED:
    case ENOENT:
      return ": no service listens there; start it, such as by systemctl start misp-zeek";
    case EACCES:
      return ": root and the service's user may ask it, see control.socket";
    default:
      return ": does the service hang? Its log says what it does";
  }
}

}  // namespace

Result<Response> ask_service(const std::string& socket, const std::string& method,
                             const std::string& target, std::chrono::seconds patience) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> owner(curl_easy_init(),
                                                                  &curl_easy_cleanup);
  CURL* easy = owner.get();
  if (easy == nullptr) {
    return fail(ErrorCode::kUnavailable, "libcurl cannot be used");
  }
  Response response;
  const std::string url = "http://localhost" + target;
  curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, socket.c_str());
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, static_cast<long>(patience.count()));
  // An export may take long, but not be silent for long.
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, static_cast<long>(patience.count()));
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &append);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &response.body);
  if (method == "POST") {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, 0L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "");
  }
  const CURLcode code = curl_easy_perform(easy);
  if (code != CURLE_OK) {
    long cause = 0;
    curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &cause);
    const bool connected = code != CURLE_COULDNT_CONNECT;
    return fail(code == CURLE_OPERATION_TIMEDOUT ? ErrorCode::kTimeout : ErrorCode::kUnavailable,
                "no answer from a service at " + socket + ": " +
                    (connected || cause == 0 ? curl_easy_strerror(code)
                                             : std::strerror(static_cast<int>(cause))) +
                    remedy_of(connected ? 0 : cause));
  }
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  response.status = static_cast<int>(status);
  const char* type = nullptr;
  if (curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type) == CURLE_OK && type != nullptr) {
    response.content_type = type;
  }
  return response;
}

}  // namespace misp_zeek::http
