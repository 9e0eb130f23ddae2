// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "message.h"

namespace misp_zeek::misp_sim {

/// HTTP/1.1 in front of a handler, which is called from several threads.
class HttpServer {
 public:
  using Handler = std::function<Response(const Request&)>;
  /// Seconds since 1970 for the Date header.
  using Clock = std::function<std::int64_t()>;

  /// Listens at once; port 0 takes a free one. Throws std::runtime_error when that fails.
  HttpServer(const std::string& host, int port, Handler handler, Clock clock);
  /// Waits for running answers.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  [[nodiscard]] int port() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace misp_zeek::misp_sim
