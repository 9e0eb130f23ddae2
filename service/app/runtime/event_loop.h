// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "app/api/control.h"
#include "app/config/config.h"
#include "app/config/diff.h"
#include "app/process/systemd_notifier.h"
#include "app/runtime/durable_state.h"
#include "app/runtime/inbox.h"
#include "app/runtime/rest_worker.h"
#include "app/runtime/serving.h"
#include "app/runtime/sighting_reporter.h"
#include "app/telemetry/health.h"
#include "app/telemetry/metrics.h"
#include "app/telemetry/transition_log.h"
#include "app/telemetry/view.h"
#include "core/sync/misp_feed.h"
#include "core/sync/misp_rest.h"
#include "core/sync/misp_sync.h"

namespace misp_zeek::app {

/// The loop and all that it owns. One thread; the ports' threads only fill the inbox.
///
/// start(), run() and stop() are called by one thread; wake() by any.
class Loop {
 public:
  explicit Loop(Config config);

  /// Errors: what prevents a start, for an operator.
  Result<void> start();
  /// Until `stopping` is set and wake() was called.
  void run(const std::atomic<bool>& stopping);
  /// Ends in reverse order of start(). Idempotent.
  void stop();
  void wake() { inbox_.wake(); }
  /// Takes over what a reload can change, or says why it was not loaded. Called by any thread.
  void reload(Result<LoadedConfig> loaded) { inbox_.push_always(Reload{std::move(loaded)}); }

 private:
  struct ZeekReport {
    std::size_t zeek = 0;
    LinkReport report;
  };
  /// From a thread of the HTTP server.
  using Question = std::function<void(const View&, TimePoint)>;
  struct Asked {
    Command command;
    std::shared_ptr<std::promise<http::Response>> answer;
  };
  struct Reload {
    Result<LoadedConfig> loaded;
  };
  using Input = std::variant<FeedReport, RestDone, ZeekReport, Asked, Question, Reload>;

  Result<void> start_sightings();
  Result<void> start_rest_workers();
  void start_feed();
  /// Saved state is restored, or there is none: follow MISP.
  void follow_misp();
  void load_state();
  std::vector<http::Route> routes();
  Result<void> start_http();
  void add_zeek(const ZeekConfig& zeek, const std::string& service_id);
  SteadyMs next_deadline(TimePoint now) const;
  void handle(Input& input, TimePoint now);
  bool ask(const Question& question);
  std::optional<http::Response> ask(const Command& command);
  std::string on_command(const ReconcileCommand& command, TimePoint now);
  std::string on_command(const PauseCommand& command, TimePoint now);
  std::string accept_shrink(TimePoint now);
  std::string accept_growth(std::uint64_t event_id, TimePoint now);
  void on_reply(const RestDone& done, TimePoint now);
  void on_reload(const Result<LoadedConfig>& loaded, TimePoint now);
  Result<void> change_rules(const Config& wanted, TimePoint now);
  void on_feed(const FeedReport& report, TimePoint now);
  void on_seen(const contract::Seen& seen, std::size_t zeek, TimePoint now);
  void on_applied(const FeedMessageAt& message, TimePoint now);
  void turn(TimePoint now);
  bool loading() const { return state_ && state_->loading(); }
  void serve_zeek(Peer& peer, TimePoint now);
  void follow_changes(Peer& peer, TimePoint now);
  void follow_snapshot(Peer& peer, TimePoint now);
  /// Says once why nothing is stored, and remembers it. Restarting ends that.
  void go_without_storage(const Error& why);
  std::string storage_problem() const;
  View view() const;

  Config config_;
  Inbox<Input> inbox_;
  IndicatorStore store_;
  MispSync sync_;
  std::unique_ptr<DurableState> state_;  ///< empty without a `[state] path` that can be used
  std::string no_storage_;               ///< why the path could not be used at the start
  std::unique_ptr<RestWorkers> workers_;
  std::unique_ptr<MispFeed> feed_;
  std::vector<Peer> peers_;
  std::unique_ptr<Sightings> sightings_;  ///< nullptr: matches are not reported
  std::string feed_problem_ = "not connected yet";
  TransitionLog transition_log_;
  HealthBoard board_;
  SystemdNotifier systemd_;
  Metrics metrics_;
  LatencyHistory latency_;
  SteadyMs started_ = 0;
  bool paused_ = false;
  std::unique_ptr<Serving> serving_;
};

}  // namespace misp_zeek::app
