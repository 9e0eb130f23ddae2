// SPDX-License-Identifier: BSD-3-Clause
// What the loop does with a configuration that was loaded again.
#include <string>
#include <utility>
#include <vector>

#include "app/config/values.h"
#include "app/process/log.h"
#include "app/runtime/event_loop.h"
#include "app/runtime/wiring.h"
#include "core/base/text.h"

namespace misp_zeek::app {
namespace {

void tell(const ConfigChange& change) {
  if (change.applied.empty() && change.needs_restart.empty()) {
    log::info("configuration reloaded: nothing has changed");
    return;
  }
  if (!change.applied.empty()) {
    log::info("configuration reloaded", {{"changed", join(change.applied, "; ")}});
  }
  if (!change.needs_restart.empty()) {
    log::warn("changed keys need a restart", {{"keys", join(change.needs_restart, ", ")}});
  }
}

}  // namespace

Result<void> Loop::start_rest_workers() {
  auto rests = make_rests(config_, sync_.mapping().types());
  if (!rests) {
    return tl::unexpected<Error>(std::move(rests.error()));
  }
  // At most one reply for each of them, so these need no bound of their own.
  workers_ = std::make_unique<RestWorkers>(
      std::move(*rests), [this](RestDone done) { inbox_.push_always(std::move(done)); });
  return {};
}

void Loop::on_reload(const Result<LoadedConfig>& loaded, TimePoint now) {
  systemd_.reloading();
  if (!loaded) {
    log::error("reload failed; keeping the current configuration",
               {{"reason", text::trim(loaded.error().message)}});
    systemd_.ready();
    return;
  }
  if (loading()) {
    log::warn("reload failed; keeping the current configuration",
              {{"reason", "saved state is being loaded; reload again when it is"}});
    systemd_.ready();
    return;
  }
  for (const std::string& warning : loaded->warnings) {
    log::warn("configuration", {{"warning", warning}});
  }
  const ConfigChange change = compare(config_, loaded->config);
  if (change.rules) {
    if (auto changed = change_rules(loaded->config, now); !changed) {
      log::error("reload failed; keeping the current configuration",
                 {{"reason", changed.error().message}});
      systemd_.ready();
      return;
    }
  }
  // Also when no key has changed: token and certificate may have, in their files.
  if (auto renewed = serving_->renew(loaded->config); !renewed) {
    log::error("http: token, names and certificate stay as they were",
               {{"reason", renewed.error().message}});
  } else {
    config_.http.token = loaded->config.http.token;
    config_.http.token_file = loaded->config.http.token_file;
    config_.http.allowed_hosts = loaded->config.http.allowed_hosts;
    config_.http.tls_certificate = loaded->config.http.tls_certificate;
    config_.http.tls_key = loaded->config.http.tls_key;
  }
  config_.log = loaded->config.log;
  log::set_level(config_.log.level);
  log::set_format(config_.log.format);
  tell(change);
  if (change.rules) {
    log::info(
        "filter or mapping has changed: reading all of MISP; removals beyond "
        "reconcile.max_shrink wait for 'misp-zeek reconcile --accept-shrink'");
  }
  systemd_.ready();
}

Result<void> Loop::change_rules(const Config& wanted, TimePoint now) {
  auto mapping = Mapping::create(wanted.mapping);
  if (!mapping) {
    return tl::unexpected<Error>(std::move(mapping.error()));
  }
  Config next = config_;
  next.filter = wanted.filter;
  next.filter.shown_tags = config_.filter.shown_tags;
  next.mapping = wanted.mapping;
  if (auto rest = make_rest(next, mapping->types()); !rest) {
    return tl::unexpected<Error>(std::move(rest.error()));
  }
  workers_.reset();  // cancels the calls in flight, which ask by the old filter
  config_ = std::move(next);
  sync_.change_rules(Filter(config_.filter), std::move(*mapping), now);
  if (sightings_) {
    sightings_->set_mapping(sync_.mapping());
  }
  if (state_) {
    state_->change_rules(config_, now);
  }
  for (auto& peer : peers_) {
    peer.session->set_filter(session_options(config_, "").filter, now.steady);
  }
  return start_rest_workers();
}

}  // namespace misp_zeek::app
