// SPDX-License-Identifier: BSD-3-Clause
#include "app/telemetry/health.h"

#include <algorithm>
#include <utility>

#include "app/process/clocks.h"
#include "core/base/time.h"

namespace misp_zeek::app {
namespace {

constexpr SteadyMs kBehindTolerance = 10'000;
constexpr SteadyMs kFeedTolerance = 45'000;
constexpr SteadyMs kTurnTolerance = 10'000;

std::string describe_reading(const MispSync::Status& status, std::size_t restored) {
  std::string stale;
  if (status.restored_from) {
    const std::string since = *status.restored_from == 0 ? "during an unfinished first read"
                                                         : "at " + rfc3339(*status.restored_from);
    stale = "stale: " + std::to_string(restored) + " attributes as MISP was " + since + "; ";
    if (status.rows_read == 0) {
      return stale + "waiting for MISP";
    }
  }
  const std::string expected =
      status.rows_expected == 0 ? "" : " of about " + std::to_string(status.rows_expected);
  return stale + "reading: " + std::to_string(status.rows_read) + expected + " attributes";
}

}  // namespace

void HealthBoard::set(const std::string& name, bool ok, std::string message, TimePoint now) {
  auto it = std::find_if(checks_.begin(), checks_.end(),
                         [&](const auto& check) { return check.name == name; });
  if (it == checks_.end()) {
    checks_.push_back({name, ok, now.unix_seconds, std::move(message)});
    return;
  }
  if (it->ok != ok) {
    it->since = now.unix_seconds;
  }
  it->ok = ok;
  it->message = std::move(message);
}

void HealthBoard::check_misp(const View& view, TimePoint now) {
  const auto& status = view.sync.status();
  const bool heard = status.last_message && now.steady - *status.last_message < kFeedTolerance;
  set("feed", status.feed_connected && heard,
      !status.feed_connected ? view.feed_problem
      : heard                ? "connected"
                             : "connected, but silent: no heartbeat from MISP",
      now);
  set("rest", status.rest_error.empty() && status.user.has_value(),
      !status.rest_error.empty() ? status.rest_error
      : status.user              ? "MISP answers"
                                 : "waiting for MISP's first answer",
      now);
  set("snapshot", status.bootstrapped && status.held.empty(),
      !status.held.empty()  ? status.held
      : status.bootstrapped ? std::to_string(view.store.attribute_count()) + " attributes"
                            : describe_reading(status, view.store.attribute_count()),
      now);
}

std::string zeek_message(const View& view, const Peer& peer) {
  if (peer.session->state() != ZeekSession::State::kDisconnected) {
    // Until then nothing is said to it at all.
    if (!view.sync.status().bootstrapped && !view.sync.status().restored_from) {
      return "connected, waiting for the first complete read of MISP";
    }
    if (view.paused && peer.session->state() == ZeekSession::State::kGreeting) {
      return "connected, waiting for 'misp-zeek resume'";
    }
  }
  return peer.session->explain();
}

void HealthBoard::check_zeek(const View& view, const Peer& peer, TimePoint now) {
  const auto behind = peer.session->behind_since();
  const bool settled = peer.was_in_step && !peer.session->workers_behind() &&
                       (!behind || now.steady - *behind < kBehindTolerance);
  set("zeek:" + peer.session->name(), settled, zeek_message(view, peer), now);
}

void HealthBoard::update(const View& view, TimePoint now) {
  {
    const std::lock_guard lock(mutex_);
    check_misp(view, now);
    set("changes", !view.paused,
        view.paused ? "paused by an operator; 'misp-zeek resume' ends it" : "on", now);
    for (const auto& peer : view.peers) {
      check_zeek(view, peer, now);
    }
  }
  last_turn_ = now.steady;
}

http::Health HealthBoard::health() const {
  http::Health health;
  health.live = read_clocks().steady - last_turn_ < kTurnTolerance;
  const std::lock_guard lock(mutex_);
  health.checks = checks_;
  return health;
}

}  // namespace misp_zeek::app
