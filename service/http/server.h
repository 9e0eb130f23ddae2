// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/error.h"
#include "http/health.h"

namespace misp_zeek::http {

/// Serves /livez and /readyz (JSON; the status code, 200 or 503, is the answer). `health` is called
/// on the server's threads.
class Server {
 public:
  /// Listens at "ADDRESS:PORT"; port 0 takes any free one. kUnavailable when that cannot be had.
  static Result<std::unique_ptr<Server>> start(const std::string& listen,
                                               std::function<Health()> health);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const;

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace misp_zeek::http
