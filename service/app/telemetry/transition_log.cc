// SPDX-License-Identifier: BSD-3-Clause
#include "app/telemetry/transition_log.h"

#include <utility>
#include <variant>

#include "app/config/values.h"
#include "app/telemetry/health.h"

namespace misp_zeek::app {

void TransitionLog::on_feed(const FeedReport& report, const View& view) {
  if (std::holds_alternative<FeedConnected>(report)) {
    feed_ = {};
    log::info("feed connected", {{"endpoint", join(view.config.feed.endpoints, ", ")}});
  } else if (const auto* lost = std::get_if<FeedDisconnected>(&report)) {
    if (!std::exchange(feed_.down, true)) {
      feed_.told = lost->reason;
      log::warn("feed down", {{"reason", lost->reason}});
    }
  } else if (const auto* gap = std::get_if<FeedGap>(&report)) {
    gaps_.warn("feed messages were lost, reconciling", {{"reason", gap->reason}});
  } else if (const auto* malformed = std::get_if<FeedMalformed>(&report)) {
    ++malformed_count_;
    malformed_.warn("malformed feed message dropped, reconciling",
                    {{"reason", malformed->error.message}, {"dropped_so_far", malformed_count_}});
  }
}

void TransitionLog::update(const View& view, SteadyMs now) {
  progress_.tell(view.sync.status(), now);
  log_feed(view, now);
  log_misp(view);
  peers_.resize(view.peers.size());
  for (std::size_t i = 0; i < peers_.size(); ++i) {
    log_zeek(view, view.peers[i], peers_[i]);
  }
}

void TransitionLog::log_feed(const View& view, SteadyMs now) {
  constexpr SteadyMs kPause = 10'000;
  if (!feed_.down) {
    return;
  }
  if (!feed_.told_at) {
    feed_.told_at = now;
  } else if (view.feed_problem != feed_.told && now - *feed_.told_at >= kPause) {
    log::warn("feed still down", {{"reason", view.feed_problem}});
    feed_.told = view.feed_problem;
    feed_.told_at = now;
  }
}

void TransitionLog::log_misp(const View& view) {
  const auto& status = view.sync.status();
  const auto ended = view.sync.counters().ended;
  const ReconcileEnd& end = status.last_end;
  if (std::exchange(ended_, ended) != ended &&
      (end.cause == Cause::kOperator || end.kind == ReconcileKind::kFull)) {
    log::info("reconcile complete", {{"kind", to_string(end.kind)},
                                     {"cause", to_string(end.cause)},
                                     {"seconds", static_cast<double>(end.duration) / 1000},
                                     {"added", end.drift.added},
                                     {"changed", end.drift.changed},
                                     {"removed", end.drift.removed}});
  }
  if (status.bootstrapped && !bootstrapped_) {
    bootstrapped_ = true;
    log::info("bootstrap complete", {{"attributes", view.store.attribute_count()},
                                     {"items", view.store.item_count()},
                                     {"revision", view.store.revision()}});
  }
  if (status.rest_error != rest_problem_) {
    rest_problem_ = status.rest_error;
    if (rest_problem_.empty()) {
      log::info("MISP answers again");
    } else {
      log::warn("MISP request failed", {{"reason", rest_problem_}});
    }
  }
  const auto& drift = view.sync.counters().drift;
  if (drift.added + drift.changed + drift.removed !=
      drift_.added + drift_.changed + drift_.removed) {
    log::info("drift repaired", {{"added", drift.added - drift_.added},
                                 {"changed", drift.changed - drift_.changed},
                                 {"removed", drift.removed - drift_.removed}});
    drift_ = drift;
  }
  log_trouble(status);
}

void TransitionLog::log_trouble(const SyncStatus& status) {
  const bool blocked = status.blocked.count > 0;
  if (blocked && status.blocked.count != blocked_) {
    log::error("removals blocked by max_shrink", {{"removals", status.blocked.count},
                                                  {"attributes", status.blocked.held},
                                                  {"allowed", status.blocked.allowed},
                                                  {"cause", to_string(status.blocked.cause)},
                                                  {"reason", status.blocked.text}});
  } else if (!blocked && blocked_ > 0) {
    log::info("no removals are blocked any more");
  }
  blocked_ = status.blocked.count;
  std::set<std::uint64_t> growing;
  for (const BlockedGrowth& event : status.growth) {
    growing.insert(event.event_id);
    if (!growing_.contains(event.event_id)) {
      log::error(
          "an event is blocked by max_growth",
          {{"event", event.event_id}, {"info", event.info}, {"attributes", event.attributes}});
    }
  }
  growing_ = std::move(growing);
  if (std::exchange(clock_trusted_, status.clock_trusted) != status.clock_trusted) {
    if (status.clock_trusted) {
      log::info("the clocks agree again");
    } else {
      log::error("this machine's clock and MISP's disagree, nothing is removed by age",
                 {{"skew_seconds", status.clock_skew.value_or(0)}});
    }
  }
  if (status.skipped_count > skipped_ && !status.skipped_rows.empty()) {
    const SkippedRow& row = status.skipped_rows.back();
    log::error("rows of MISP cannot be read", {{"rows", status.skipped_count},
                                               {"attribute", row.uuid ? row.uuid->str() : ""},
                                               {"event", row.event_id},
                                               {"position", row.position},
                                               {"reason", row.reason}});
  }
  skipped_ = status.skipped_count;
  if (status.repeated_cause != repeated_) {
    repeated_ = status.repeated_cause;
    if (!repeated_.empty()) {
      log::warn("a cause of reads repeats and is backed off", {{"cause", repeated_}});
    }
  }
}

void TransitionLog::log_zeek(const View& view, const Peer& peer, PeerRecord& record) {
  const ZeekSession& session = *peer.session;
  if (session.state() != record.state) {
    record.state = session.state();
    log::info("zeek session", {{"zeek", session.name()},
                               {"state", to_string(record.state)},
                               {"zeek_version", session.zeek_version()},
                               {"package_version", session.package_version()},
                               {"items", view.store.item_count()}});
  }
  const bool trouble = record.state == ZeekSession::State::kDisconnected ||
                       record.state == ZeekSession::State::kGreeting;
  std::string problem = trouble ? zeek_message(view, peer) : "";
  if (problem != record.problem) {
    record.problem = std::move(problem);
    if (!record.problem.empty()) {
      log::warn("zeek not ready", {{"zeek", session.name()}, {"reason", record.problem}});
    }
  }
}

}  // namespace misp_zeek::app
