// SPDX-License-Identifier: BSD-3-Clause
#include "app/runtime/serving.h"

#include <string>
#include <utility>

#include "app/api/control.h"
#include "app/process/log.h"

namespace misp_zeek::app {
namespace {

http::ServerOptions server_options(const Config& config, const Secret& own_token) {
  const Secret& token = config.http.token.empty() ? own_token : config.http.token;
  return {token.reveal(),
          config.http.allowed_hosts,
          {config.http.tls_certificate, config.http.tls_key}};
}

Result<Secret> token_of(const storage::StateFolder& state) {
  if (auto known = read_secret_file(state.file(kTokenFile))) {
    return std::move(known->secret);
  }
  const std::string token = http::new_token();
  if (auto written = state.write_private(kTokenFile, token + "\n"); !written) {
    return tl::unexpected<Error>(std::move(written.error()));
  }
  return Secret(token);
}

}  // namespace

Result<std::unique_ptr<Serving>> Serving::start(const Config& config,
                                                const storage::StateFolder* state,
                                                const std::function<http::Health()>& health,
                                                const std::vector<http::Route>& routes) {
  std::unique_ptr<Serving> serving(new Serving);
  if (config.http.token.empty() && state != nullptr) {
    auto token = token_of(*state);
    if (!token) {
      return tl::unexpected<Error>(std::move(token.error()));
    }
    serving->own_token_ = std::move(*token);
  }
  if (!config.http.listen.empty()) {
    auto server = http::Server::start(config.http.listen, health, routes,
                                      server_options(config, serving->own_token_));
    if (!server) {
      return tl::unexpected<Error>(std::move(server.error()));
    }
    serving->readers_ = std::move(*server);
    log::info("serving health", {{"port", serving->readers_->port()}});
  }
  const std::string path = control_socket(config);
  if (path.empty()) {
    log::warn("no command of misp-zeek reaches this service: set control.socket or state.path");
    return serving;
  }
  auto control = http::Server::start_control(path, health, routes);
  if (!control) {
    return tl::unexpected<Error>(std::move(control.error()));
  }
  serving->control_ = std::move(*control);
  return serving;
}

Result<void> Serving::renew(const Config& config) {
  return readers_ ? readers_->renew(server_options(config, own_token_)) : Result<void>();
}

}  // namespace misp_zeek::app
