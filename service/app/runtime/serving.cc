// SPDX-License-Identifier: BSD-3-Clause
#include "app/runtime/serving.h"

#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include "app/api/control.h"
#include "app/process/log.h"

namespace misp_zeek::app {
namespace {

http::ServerOptions server_options(const Config& config, const Secret& own_token,
                                   const std::string& why_none) {
  const Secret& token = config.http.token.empty() ? own_token : config.http.token;
  return {token.reveal(),
          config.http.allowed_hosts,
          {config.http.tls_certificate, config.http.tls_key},
          why_none};
}

/// The one of an earlier start, else a new one. Without `state` nothing can be written.
Result<Secret> token_of(const Config& config, const storage::StateFolder* state) {
  if (auto known = read_secret_file(config.state.path + "/" + kTokenFile)) {
    return std::move(known->secret);
  }
  if (state == nullptr) {
    return fail(ErrorCode::kNoStorage, "state.path cannot be used");
  }
  const std::string token = http::new_token();
  if (auto written = state->write_private(kTokenFile, token + "\n"); !written) {
    return tl::unexpected<Error>(std::move(written.error()));
  }
  return Secret(token);
}

/// At the usual place, or where the disk of `state.path` is not needed.
Result<std::unique_ptr<http::Server>> start_control(const Config& config, bool has_state,
                                                    const std::function<http::Health()>& health,
                                                    const std::vector<http::Route>& routes) {
  const std::string path = control_socket(config);
  auto control = http::Server::start_control(path, health, routes);
  const bool in_state = config.control.socket.empty() && !config.state.path.empty();
  const bool disk =
      !control && (control.error().code == ErrorCode::kNoStorage || (in_state && !has_state));
  if (!disk) {
    return control;
  }
  const std::string spare = spare_control_socket();
  log::warn("the control socket is at a spare place",
            {{"socket", spare}, {"reason", control.error().message}});
  std::error_code ignored;
  std::filesystem::create_directory(std::filesystem::path(spare).parent_path(), ignored);
  return http::Server::start_control(spare, health, routes);
}

}  // namespace

Result<std::unique_ptr<Serving>> Serving::start(const Config& config,
                                                const storage::StateFolder* state,
                                                const std::function<http::Health()>& health,
                                                const std::vector<http::Route>& routes) {
  std::unique_ptr<Serving> serving(new Serving);
  if (config.http.token.empty() && !config.state.path.empty()) {
    if (auto token = token_of(config, state)) {
      serving->own_token_ = std::move(*token);
    } else {
      serving->why_no_token_ = token.error().message;
      log::warn("no token of HTTP can be stored: the status page and /v1 answer 503",
                {{"reason", token.error().message}});
    }
  }
  if (!config.http.listen.empty()) {
    auto server =
        http::Server::start(config.http.listen, health, routes,
                            server_options(config, serving->own_token_, serving->why_no_token_));
    if (!server) {
      return tl::unexpected<Error>(std::move(server.error()));
    }
    serving->readers_ = std::move(*server);
    log::info("serving health", {{"port", serving->readers_->port()}});
  }
  if (control_socket(config).empty()) {
    log::warn("no command of misp-zeek reaches this service: set control.socket or state.path");
    return serving;
  }
  auto control = start_control(config, state != nullptr, health, routes);
  if (!control) {
    return tl::unexpected<Error>(std::move(control.error()));
  }
  serving->control_ = std::move(*control);
  return serving;
}

Result<void> Serving::renew(const Config& config) {
  return readers_ ? readers_->renew(server_options(config, own_token_, why_no_token_))
                  : Result<void>();
}

}  // namespace misp_zeek::app
