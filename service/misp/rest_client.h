// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/mapping/filter.h"
#include "core/sync/misp_rest.h"
#include "misp/http_transport.h"

namespace misp_zeek::misp {

struct RestOptions {
  std::string url;  ///< http(s)://host[:port][/path] of MISP
  /// The automation key. A plain string here because it must be sent; it never enters a text.
  std::string api_key;
  /// Gives the key as it is now, see TransportOptions; empty: it stays.
  std::function<std::string()> current_api_key = nullptr;
  bool verify_tls = true;
  std::string ca_file;  ///< PEM, besides the system's CAs; empty: the system's alone
  std::string proxy;    ///< URL; empty: none, whatever the environment says
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds request_timeout{300'000};  ///< for a whole answer
  std::string user_agent = "misp-zeek";
  FilterOptions filter;
  std::vector<std::string> mapped_types;  ///< Mapping::types(); searches ask for these alone
  std::size_t max_row_bytes = 16UL * 1024 * 1024;         ///< of one attribute's JSON
  std::size_t max_response_bytes = 1024UL * 1024 * 1024;  ///< of one answer, decompressed
};

/// Takes slashes off the URL's end. kInvalidConfig for a URL or key that cannot be used.
Result<void> check(RestOptions& options);
TransportOptions transport_options(const RestOptions& options);

/// MISP's REST interface over libcurl. Answers are decoded while they arrive; one connection is
/// kept open. Nothing is repeated: back-off is the caller's matter.
///
/// Errors: kUnauthorized (key or rights), kRateLimited with the time
/// to wait, kTimeout (504, too), kUnavailable (network, TLS, other 5xx, maintenance), kMalformed
/// (truncated, HTML, another shape), kIncompatible (other 4xx), kInvalidConfig, kCancelled. Texts
/// are one line and name the request.
class RestClient : public MispRest {
 public:
  /// kInvalidConfig for a URL or key that cannot be used. Connects to nobody.
  static Result<std::unique_ptr<RestClient>> create(RestOptions options);
  ~RestClient() override;

  Result<RestReply> call(const RestCall& call) override;
  void cancel() override;

 private:
  class Impl;
  explicit RestClient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace misp_zeek::misp
