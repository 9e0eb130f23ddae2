// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/config/config.h"
#include "core/base/error.h"
#include "http/server.h"
#include "storage/state_folder.h"

namespace misp_zeek::app {

/// What a service answers by HTTP: at `http.listen` for readers, at the control socket for the
/// command line. Used by the loop's thread.
class Serving {
 public:
  /// `state`: where the token is when the configuration has none, made at the first start; nullptr
  /// without a `[state] path` that can be used. Without a token the pages that need one answer 503.
  /// Errors: what prevents a start, for an operator.
  static Result<std::unique_ptr<Serving>> start(const Config& config,
                                                const storage::StateFolder* state,
                                                const std::function<http::Health()>& health,
                                                const std::vector<http::Route>& routes);
  /// Takes token, hosts and certificate of this configuration for the requests to come. Errors:
  /// kInvalidConfig; then nothing has changed.
  Result<void> renew(const Config& config);

 private:
  Serving() = default;

  Secret own_token_;  ///< of the state folder
  std::string why_no_token_;
  std::unique_ptr<http::Server> readers_;
  std::unique_ptr<http::Server> control_;
};

}  // namespace misp_zeek::app
