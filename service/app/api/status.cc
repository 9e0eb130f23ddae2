// SPDX-License-Identifier: BSD-3-Clause
#include "app/api/status.h"

#include <nlohmann/json.hpp>
#include <optional>

#include "app/process/version.h"
#include "app/telemetry/health.h"
#include "core/base/time.h"
#include "http/health_routes.h"

namespace misp_zeek::app {
namespace {

using Json = nlohmann::ordered_json;

Json age(std::optional<SteadyMs> at, TimePoint now) {
  return at ? Json(static_cast<double>(now.steady - *at) / 1000) : Json();
}

Json blocked_json(const SyncStatus& status) {
  Json events = Json::array();
  for (const auto& event : status.growth) {
    events.push_back(
        {{"event_id", event.event_id}, {"info", event.info}, {"attributes", event.attributes}});
  }
  return {{"removals", status.blocked.count},
          {"held", status.blocked.held},
          {"allowed", status.blocked.allowed},
          {"reason", status.blocked.text},
          {"events", std::move(events)}};
}

Json skipped_json(const SyncStatus& status) {
  Json rows = Json::array();
  for (const auto& row : status.skipped_rows) {
    rows.push_back({{"attribute", row.uuid ? Json(row.uuid->str()) : Json()},
                    {"event_id", row.event_id},
                    {"position", row.position},
                    {"reason", row.reason}});
  }
  return {{"count", status.skipped_count}, {"rows", std::move(rows)}};
}

Json misp_json(const View& view, TimePoint now) {
  const auto& status = view.sync.status();
  Json misp = {{"url", view.config.misp.url}};
  misp["version"] = status.user ? Json(status.user->misp_version) : Json();
  misp["feed"] = {{"endpoint", view.config.feed.endpoints},
                  {"connected", status.feed_connected},
                  {"age_seconds", age(status.last_message, now)},
                  {"problem", view.feed_problem}};
  misp["rest"] = {{"ok", status.user.has_value() && status.rest_error.empty()},
                  {"problem", status.rest_error}};
  misp["reconcile"] = {{"complete", status.bootstrapped},
                       {"age_seconds", age(status.last_reconcile, now)},
                       {"full_age_seconds", age(status.last_full, now)},
                       {"events_read", status.events_read},
                       {"events_expected", status.events_expected},
                       {"rows_read", status.rows_read},
                       {"pending_lookups", view.sync.open_lookups()},
                       {"stale_events", status.stale_events},
                       {"oldest_stale_seconds", age(status.oldest_stale, now)},
                       {"unverified_changes", status.unverified},
                       {"oldest_unverified_seconds", age(status.oldest_unverified, now)},
                       {"index_bound_seconds", static_cast<double>(status.index_bound) / 1000},
                       {"blocked", blocked_json(status)}};
  misp["clock"] = {{"skew_seconds", status.clock_skew ? Json(*status.clock_skew) : Json()},
                   {"trusted", status.clock_trusted}};
  misp["skipped_rows"] = skipped_json(status);
  return misp;
}

Json store_json(const View& view) {
  Json store = {{"attributes", view.store.attribute_count()},
                {"items", view.store.item_count()},
                {"revision", view.store.revision()}};
  Json types = Json::object();
  for (std::size_t i = 0; i < kIndicatorTypeCount; ++i) {
    types[std::string(to_string(static_cast<IndicatorType>(i)))] = view.store.items_by_type().at(i);
  }
  store["items_by_type"] = std::move(types);
  Json rejects = Json::object();
  for (const auto& [reason, count] : view.store.rejects()) {
    if (count > 0) {
      rejects[std::string(to_string(reason))] = count;
    }
  }
  store["rejected"] = std::move(rejects);
  return store;
}

Json zeek_json(const View& view, const Peer& peer, const ZeekConfig& config) {
  const ZeekSession& session = *peer.session;
  return {{"name", session.name()},
          {"address", config.place()},
          {"transport", to_string(config.transport)},
          {"state", to_string(session.state())},
          {"in_sync", session.in_step()},
          {"message", zeek_message(view, peer)},
          {"zeek_version", session.zeek_version()},
          {"package_version", session.package_version()},
          {"lag_revisions", view.store.revision() - session.acknowledged()},
          {"unacknowledged_items", session.unacknowledged_items()},
          {"refused_items", session.refusals().size()},
          {"workers", session.workers()},
          {"workers_in_sync", session.workers_in_step()}};
}

Json webhook_json(const MatchNotices* notices) {
  if (notices == nullptr) {
    return {{"enabled", false}};
  }
  const auto& counters = notices->counters();
  return {{"enabled", true},
          {"sent", counters.posted},
          {"failed", counters.failures},
          {"summarized_matches", counters.limited},
          {"dropped", counters.dropped},
          {"waiting", notices->waiting()},
          {"problem", notices->problem()}};
}

Json sightings_json(const SightingQueue* queue, const MatchNotices* notices) {
  if (queue == nullptr) {
    return {{"enabled", false}};
  }
  const auto& counters = queue->counters();
  return {{"enabled", true},
          {"matches", counters.matches},
          {"suppressed", counters.withheld + counters.vetoed + counters.dropped_by_zeek},
          {"waiting_matches", queue->waiting_matches()},
          {"spool_rows", queue->rows()},
          {"sent", counters.posted},
          {"dropped_matches", counters.implausible + counters.gone + counters.changed +
                                  counters.refused + counters.dropped},
          {"problem", queue->problem()},
          {"webhook", webhook_json(notices)}};
}

Json latency_json(const LatencyHistory& history) {
  Json slices = Json::array();
  for (const auto& slice : history.slices()) {
    slices.push_back({{"at", rfc3339(slice.at)},
                      {"changes", slice.changes},
                      {"mean_ms", slice.sum_seconds * 1000 / static_cast<double>(slice.changes)},
                      {"max_ms", slice.max_seconds * 1000}});
  }
  return slices;
}

/// Newest first.
Json changes_json(const DecisionLog& log) {
  Json changes = Json::array();
  for (auto it = log.decisions().rbegin(); it != log.decisions().rend(); ++it) {
    changes.push_back({{"at", rfc3339(it->at)},
                       {"outcome", it->outcome},
                       {"reason", it->reason},
                       {"type", it->type},
                       {"value", it->value},
                       {"attribute", it->attribute == Uuid{} ? "" : it->attribute.str()},
                       {"event_id", it->event_id}});
  }
  return changes;
}

}  // namespace

Json status_json(const View& view, const http::Health& health, TimePoint now) {
  Json status = {{"version", 1}, {"time", rfc3339(now.unix_seconds)}};
  status["service"] = {{"version", version()},
                       {"uptime_seconds", static_cast<double>(now.steady - view.started) / 1000},
                       {"ready", health.ready()},
                       {"paused", view.paused}};
  status["checks"] = http::checks_json(health);
  status["misp"] = misp_json(view, now);
  status["store"] = store_json(view);
  Json zeeks = Json::array();
  for (std::size_t i = 0; i < view.peers.size(); ++i) {
    zeeks.push_back(zeek_json(view, view.peers[i], view.config.zeek.at(i)));
  }
  status["zeeks"] = std::move(zeeks);
  status["sightings"] = sightings_json(view.sightings, view.notices);
  status["latency"] = latency_json(view.latency);
  status["changes"] = changes_json(view.sync.decisions());
  return status;
}

}  // namespace misp_zeek::app
