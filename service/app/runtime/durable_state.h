// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "app/config/config.h"
#include "app/process/log.h"
#include "core/base/error.h"
#include "core/store/indicator_store.h"
#include "core/sync/misp_sync.h"
#include "storage/state_folder.h"
#include "storage/state_loader.h"
#include "storage/state_writer.h"

namespace misp_zeek::app {

/// Keeps the store, the event table and the watermarks on disk, and gives them back at the next
/// start: in slices, while the service runs already.
///
/// The loop hands over what changed in batches, at least every second and at most as fast as the
/// disk takes them; what the disk does not take stays noted in store and event table, which bound
/// it. Only for the loop thread; loader and writer have threads of their own.
class DurableState {
 public:
  /// Opens `[state] path`, which must not be empty, and begins to load. A file that cannot be used
  /// is quarantined and the log says so. `wake` is called by another thread when load_some() has
  /// something to do. Errors: the folder cannot be used; kNoStorage because of the disk.
  static Result<std::unique_ptr<DurableState>> open(const Config& config,
                                                    std::function<void()> wake);

  bool loading() const { return loader_ != nullptr; }
  /// Restores the next slice. While loading(), nothing else may be called on `sync`. Errors: a
  /// damaged file cannot be replaced; nothing is saved then.
  Result<void> load_some(IndicatorStore& store, MispSync& sync);

  /// Why Zeek may hold what the store does not: "no saved state", "the filter changed: tags";
  /// empty: the state is of this configuration.
  const std::string& start_cause() const { return start_cause_; }

  /// Why nothing can be saved; empty: it can.
  std::string problem();

  /// Filter or mapping has changed. From the end of the next full reconcile on, the file is of this
  /// configuration; until then it is of the old one, and a restart by the new one quarantines it.
  void change_rules(const Config& config, TimePoint now);
  /// At the end of every turn.
  void save(IndicatorStore& store, MispSync& sync, TimePoint now);
  /// Writes what is left, and ends. Bounded.
  void finish(IndicatorStore& store, MispSync& sync);

  const storage::StateFolder& folder() const { return folder_; }

 private:
  explicit DurableState(storage::StateFolder folder) : folder_(std::move(folder)) {}
  Result<void> start_loading(const Config& config, std::function<void()> wake);
  void end_loading(storage::StateLoader::End end, IndicatorStore& store, MispSync& sync);
  void tell(const std::string& error);
  storage::StateBatch next_batch(IndicatorStore& store, MispSync& sync);

  storage::StateFolder folder_;
  log::Limited failures_;  ///< used by the writer's thread
  std::mutex problem_mutex_;
  std::string problem_;
  std::string start_cause_;
  std::unique_ptr<storage::StateLoader> loader_;
  std::unique_ptr<storage::StateWriter> writer_;  ///< nullptr while loading
  SteadyMs began_ = 0;
  SteadyMs last_batch_ = 0;
  std::uint64_t reconciles_saved_ = 0;
  UnsavedEvents events_;            ///< they wait until the changes before them are in a batch
  std::uint64_t events_after_ = 0;  ///< IndicatorStore::noted() when they were taken
  std::string next_fingerprint_;    ///< empty: the file has it already
  SteadyMs rules_changed_ = 0;
};

/// All that decides which attributes belong into the set: MISP, filter and mapping.
std::string state_fingerprint(const Config& config);

/// What differs between two fingerprints, for an operator: "the filter changed: tags, types".
std::string fingerprint_change(const std::string& before, const std::string& now);

}  // namespace misp_zeek::app
