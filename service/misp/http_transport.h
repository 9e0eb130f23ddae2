// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "misp/http_error.h"

namespace misp_zeek::misp {

struct TransportOptions {
  std::string url;  ///< http(s)://host[:port][/path], without a slash at the end
  /// The value of the Authorization header. It is in no error text.
  std::string authorization;
  /// Asked before each request; what it gives replaces `authorization`, unless that is empty.
  std::function<std::string()> current_authorization = nullptr;
  bool verify_tls = true;
  std::string ca_file;  ///< PEM, besides the system's; empty: the system's alone
  std::string proxy;    ///< empty: none, whatever the environment says
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds request_timeout{300'000};  ///< for a whole answer
  std::string user_agent;
  std::size_t max_response_bytes = 1024UL * 1024 * 1024;  ///< of one body, decompressed
};

/// One HTTP conversation at a time over libcurl. The body is pulled: what the caller does not read
/// is not received, so that a large answer needs no memory. The connection is kept for the next
/// request. Redirects are not followed.
///
/// Threads: all calls from one thread, except cancel().
class HttpTransport {
 public:
  explicit HttpTransport(TransportOptions options);
  ~HttpTransport();
  HttpTransport(const HttpTransport&) = delete;
  HttpTransport& operator=(const HttpTransport&) = delete;

  /// Sends a POST with this JSON body, or a GET without one, and waits until the headers are there.
  /// An earlier answer that was not read to its end is dropped.
  Result<HttpHead> send(std::string_view path, const std::optional<std::string>& body);
  /// The next bytes of the answer; empty at its end or after a failure, see error(). Valid until
  /// the next call.
  std::string_view read();
  /// Reads up to the end, keeps at most `max` bytes and ignores the rest.
  std::string read_all(std::size_t max);
  /// Why read() ended too early; nullopt if it did not.
  const std::optional<Error>& error() const;

  /// As the last request had it, so that no text repeats it.
  const std::string& authorization() const;

  /// Ends the running and all later requests with kCancelled.
  void cancel();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace misp_zeek::misp
