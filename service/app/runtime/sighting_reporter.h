// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "app/config/config.h"
#include "app/process/log.h"
#include "app/runtime/call_thread.h"
#include "app/runtime/match_notifier.h"
#include "app/telemetry/view.h"
#include "core/sightings/sighting.h"
#include "core/sightings/sighting_queue.h"
#include "core/store/indicator_store.h"

namespace misp_zeek::app {

/// What Zeek saw on its way to MISP: SightingQueue with its storage and MISP, each on a thread of
/// its own, so that neither a slow disk nor a slow MISP holds the loop up.
///
/// Threads: all functions are called by the loop thread.
class Sightings {
 public:
  /// Reads what waits in the storage. `wake` is called by other threads when turn() has something
  /// to do.
  static Result<std::unique_ptr<Sightings>> start(const SightingConfig& config,
                                                  std::unique_ptr<SightingStorage> storage,
                                                  std::unique_ptr<MispSightings> misp,
                                                  Mapping mapping, std::function<void()> wake);
  /// Compares values by this mapping from now on.
  void set_mapping(Mapping mapping);
  /// Matches go to a webhook, too.
  void notify(std::unique_ptr<MatchNotifier> notifier) { notifier_ = std::move(notifier); }
  ~Sightings();
  Sightings(const Sightings&) = delete;
  Sightings& operator=(const Sightings&) = delete;

  /// `name` is the Zeek's in the configuration; `known` the indicators, nullptr while they are not
  /// all known.
  void on_seen(contract::Seen seen, std::size_t zeek, const std::string& name,
               const IndicatorStore* known, TimePoint now);
  void on_feed(const SightingMessage& message);
  /// Takes outcomes, answers Zeek, starts what is due. `user` as MISP last told.
  void turn(const std::vector<Peer>& peers, const std::optional<MispUser>& user, TimePoint now);
  std::optional<SteadyMs> deadline() const;
  /// Whether MISP is to be asked for the user anew: once a minute while a right is missing.
  bool wants_user(TimePoint now);
  /// Waits a moment for the post under way and stores its outcome, so that an orderly end repeats
  /// nothing. Idempotent.
  void stop(TimePoint now);

  const SightingQueue& queue() const { return queue_; }
  /// Why sightings are in memory alone; empty: they are stored.
  std::string storage_problem() const {
    return queue_.in_memory() ? write_error_ + "; sightings wait in memory alone" : "";
  }
  /// nullptr: there is no webhook.
  const MatchNotices* notices() const { return notifier_ ? &notifier_->notices() : nullptr; }

 private:
  Sightings(const SightingConfig& config, SightingState stored,
            std::unique_ptr<SightingStorage> storage, std::unique_ptr<MispSightings> misp,
            Mapping mapping, std::function<void()> wake);

  /// On the poster's thread.
  Result<PostOutcome> post(const SightingPost& post);
  void take_outcomes(TimePoint now);
  void tell(bool right_is_missing);
  void tell_dropped(TimePoint now);

  const SightingConfig config_;
  std::unique_ptr<SightingStorage> storage_;
  std::unique_ptr<MispSightings> misp_;
  std::mutex mapping_mutex_;
  Mapping mapping_;
  SightingQueue queue_;
  CallThread<SightingWrite, Result<void>> writer_;
  CallThread<SightingPost, Result<PostOutcome>> poster_;
  std::unique_ptr<MatchNotifier> notifier_;  ///< nullptr: there is no webhook
  bool stopped_ = false;

  bool told_right_ = false;  ///< that it is missing
  std::string told_problem_;
  SightingQueue::Counters told_dropped_;  ///< as of the last line about what was dropped
  std::optional<SteadyMs> tell_dropped_after_;
  SteadyMs ask_user_after_ = 0;
  std::string write_error_;  ///< of the last write that failed
  bool told_in_memory_ = false;
  log::Limited write_problem_;
  log::Limited impossible_;
};

}  // namespace misp_zeek::app
