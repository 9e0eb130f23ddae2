// SPDX-License-Identifier: BSD-3-Clause
#include "app/telemetry/health.h"

#include <algorithm>
#include <utility>

#include "app/process/clocks.h"
#include "core/base/text.h"
#include "core/base/time.h"

namespace misp_zeek::app {
namespace {

constexpr SteadyMs kBehindTolerance = 10'000;
constexpr SteadyMs kFeedTolerance = 45'000;
constexpr SteadyMs kTurnTolerance = 10'000;
constexpr SteadyMs kStaleTolerance = 60'000;

std::string seconds_since(SteadyMs since, TimePoint now) {
  return std::to_string((now.steady - since) / 1000) + " s";
}

std::string describe_reading(const View& view) {
  const auto& status = view.sync.status();
  if (view.loading) {
    return "loading saved state: " + std::to_string(view.store.attribute_count()) +
           " attributes so far";
  }
  std::string stale;
  if (status.restored_from) {
    const std::string since = *status.restored_from == 0 ? "during an unfinished first read"
                                                         : "at " + rfc3339(*status.restored_from);
    stale = "stale: " + std::to_string(view.store.attribute_count()) + " attributes as MISP was " +
            since + "; ";
  }
  if (status.events_expected == 0) {
    return stale + "waiting for MISP";
  }
  return stale + "reading: " + std::to_string(status.events_read) + " of " +
         std::to_string(status.events_expected) + " events, " + std::to_string(status.rows_read) +
         " attributes";
}

std::string describe_stale(const SyncStatus& status, TimePoint now) {
  if (!status.oldest_stale) {
    return "all events are up to date";
  }
  return std::to_string(status.stale_events) + " events are out of date, the oldest, event " +
         std::to_string(status.oldest_stale_event) + ", for " +
         seconds_since(*status.oldest_stale, now);
}

std::string describe_removals(const SyncStatus& status) {
  if (!status.blocked.text.empty()) {
    return status.blocked.text;
  }
  return status.waiting_removals == 0
             ? "none waits"
             : std::to_string(status.waiting_removals) +
                   " removals by messages wait until MISP confirms them: too many in a minute";
}

std::string describe_growth(const SyncStatus& status) {
  std::string text;
  for (const BlockedGrowth& event : status.growth) {
    text += text.empty() ? "" : "; ";
    text += "event " + std::to_string(event.event_id) + " (" + text::short_line(event.info, 60) +
            ") would add at least " + std::to_string(event.attributes) +
            " attributes and double the set: 'misp-zeek reconcile --accept-growth " +
            std::to_string(event.event_id) + "' takes it";
  }
  return text.empty() ? "no event waits" : text;
}

std::string describe_clock(const SyncStatus& status) {
  const std::string skew =
      status.clock_skew
          ? "MISP's clock less this machine's: " + std::to_string(*status.clock_skew) + " s"
          : "MISP's clock is not known yet";
  return status.clock_trusted ? skew
                              : skew +
                                    "; nothing leaves Zeek by its age until they agree: set the "
                                    "clocks (NTP)";
}

std::string describe_skipped(const SyncStatus& status) {
  if (status.skipped_count == 0) {
    return "all rows were read";
  }
  std::string text = std::to_string(status.skipped_count) + " rows of MISP cannot be read";
  if (!status.skipped_rows.empty()) {
    const SkippedRow& row = status.skipped_rows.front();
    text += "; first: ";
    text += row.uuid ? "attribute " + row.uuid->str() : "row " + std::to_string(row.position);
    text +=
        " of event " + (row.event_id == 0 ? "?" : std::to_string(row.event_id)) + ": " + row.reason;
  }
  return text;
}

std::string describe_sightings(const SightingQueue& queue) {
  if (!queue.problem().empty()) {
    return queue.problem() + "; " + std::to_string(queue.waiting_matches()) + " matches wait";
  }
  return std::to_string(queue.counters().posted) + " sightings sent, " +
         std::to_string(queue.waiting_matches()) + " matches wait";
}

}  // namespace

void HealthBoard::set(const std::string& name, bool ok, std::string message, TimePoint now,
                      bool warns) {
  auto it = std::find_if(checks_.begin(), checks_.end(),
                         [&](const auto& check) { return check.name == name; });
  if (it == checks_.end()) {
    checks_.push_back({name, ok, now.unix_seconds, std::move(message), warns});
    return;
  }
  if (it->ok != ok) {
    it->since = now.unix_seconds;
  }
  it->ok = ok;
  it->message = std::move(message);
}

void HealthBoard::check_feed(const View& view, TimePoint now) {
  const auto& status = view.sync.status();
  if (view.config.feed.endpoints.empty()) {
    set("feed", true,
        "none: MISP is polled each " + std::to_string(view.config.reconcile.interval.count()) +
            " s; a deletion or unpublishing of an event is seen within " +
            std::to_string(status.index_bound / 1000) + " s",
        now);
    return;
  }
  const bool heard = status.last_message && now.steady - *status.last_message < kFeedTolerance;
  set("feed", status.feed_connected && heard,
      !status.feed_connected ? view.feed_problem
      : heard                ? "connected"
                             : "connected, but silent: no heartbeat from MISP",
      now);
}

void HealthBoard::check_misp(const View& view, TimePoint now) {
  const auto& status = view.sync.status();
  set("rest", status.rest_error.empty() && status.user.has_value(),
      !status.rest_error.empty() ? status.rest_error
      : status.user              ? "MISP answers"
                                 : "waiting for MISP's first answer",
      now);
  set("snapshot", status.bootstrapped,
      status.bootstrapped ? std::to_string(view.store.attribute_count()) + " attributes"
                          : describe_reading(view),
      now);
  const bool polls = !status.feed_connected;
  const SteadyMs tolerance =
      polls ? std::max<SteadyMs>(2000 * view.config.reconcile.interval.count(), kStaleTolerance)
            : kStaleTolerance;
  set("events", !status.oldest_stale || now.steady - *status.oldest_stale <= tolerance,
      describe_stale(status, now), now);
  const auto unverified = status.oldest_unverified;
  set("verification", !unverified || now.steady - *unverified <= kStaleTolerance,
      unverified ? std::to_string(status.unverified) +
                       " changes by messages are not confirmed by MISP yet, the oldest for " +
                       seconds_since(*unverified, now)
                 : "all changes by messages are confirmed",
      now);
}

std::string zeek_message(const View& view, const Peer& peer) {
  if (view.paused && peer.session->state() == ZeekSession::State::kGreeting) {
    return "connected, waiting for 'misp-zeek resume'";
  }
  return peer.session->explain();
}

void HealthBoard::check_limits(const View& view, TimePoint now) {
  const auto& status = view.sync.status();
  set("removals", status.blocked.text.empty() && status.waiting_removals == 0,
      describe_removals(status), now);
  set("growth", status.growth.empty(), describe_growth(status), now);
  set("clock", status.clock_trusted, describe_clock(status), now);
  set("rows", status.skipped_count == 0, describe_skipped(status), now);
  set("load", status.repeated_cause.empty(),
      status.repeated_cause.empty() ? "no cause repeats" : status.repeated_cause, now);
}

void HealthBoard::check_zeek(const View& view, const Peer& peer, TimePoint now) {
  const auto behind = peer.session->behind_since();
  const bool stands_by = peer.session->state() == ZeekSession::State::kStandby;
  const bool settled = stands_by || (peer.was_in_step && !peer.session->workers_behind() &&
                                     !peer.session->silent() &&
                                     (!behind || now.steady - *behind < kBehindTolerance));
  const bool blocked = peer.session->removals_blocked().has_value() && !view.start_cause.empty();
  set("zeek:" + peer.session->name(), settled,
      zeek_message(view, peer) + (blocked ? " (" + view.start_cause + ")" : ""), now);
}

void HealthBoard::check_reports(const View& view, TimePoint now) {
  const SightingQueue* queue = view.sightings;
  set("sightings", queue == nullptr || queue->problem().empty(),
      queue == nullptr ? "turned off" : describe_sightings(*queue), now, true);
  const bool stores = !view.config.state.path.empty();
  set("storage", view.storage_problem.empty(),
      !view.storage_problem.empty() ? view.storage_problem
      : stores                      ? "state and sightings are stored"
                                    : "nothing is stored: state.path is not set",
      now, true);
}

void HealthBoard::check_certificates(const View& view, TimePoint now) {
  std::string open;
  for (const ZeekConfig& zeek : view.config.zeek) {
    if (!zeek.is_authenticated()) {
      open += (open.empty() ? "" : ", ") + zeek.name;
    }
  }
  set("certificates", open.empty(),
      open.empty() ? "each Zeek and the service prove who they are"
                   : "unauthenticated: " + open +
                         "; whoever reaches that port can control this Zeek: 'misp-zeek "
                         "certificates make'",
      now, true);
}

void HealthBoard::update(const View& view, TimePoint now) {
  {
    const std::lock_guard lock(mutex_);
    check_feed(view, now);
    check_misp(view, now);
    check_limits(view, now);
    set("changes", !view.paused,
        view.paused ? "paused by an operator; 'misp-zeek resume' ends it" : "on", now);
    check_reports(view, now);
    check_certificates(view, now);
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
