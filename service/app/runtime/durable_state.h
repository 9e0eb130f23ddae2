// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <string>

#include "app/config/config.h"
#include "app/process/log.h"
#include "core/base/error.h"
#include "core/store/indicator_store.h"
#include "core/sync/misp_sync.h"
#include "storage/state_folder.h"
#include "storage/state_writer.h"

namespace misp_zeek::app {

/// Keeps the store and the watermarks on disk, and gives them back at the next start.
///
/// The loop hands over what changed in batches, at least every second and at most as fast as the
/// disk takes them; what the disk does not take stays noted in the store, which bounds it. Only for
/// the loop thread; the writer has a thread of its own.
class DurableState {
 public:
  /// Opens `[state] path`, which must not be empty, and restores `store` and `sync`. A file that
  /// cannot be used is quarantined and the log says so. Errors: the folder cannot be used.
  static Result<std::unique_ptr<DurableState>> open(const Config& config, IndicatorStore& store,
                                                    MispSync& sync);

  /// Filter or mapping has changed. From the end of the next full pass on, the file is of this
  /// configuration; until then it is of the old one, and a restart by the new one sets it aside.
  void change_rules(const Config& config, TimePoint now);
  /// At the end of every turn.
  void save(IndicatorStore& store, const MispSync& sync, TimePoint now);
  /// Writes what is left, and ends. Bounded.
  void finish(IndicatorStore& store, const MispSync& sync);

  const storage::StateFolder& folder() const { return folder_; }
  storage::StateWriter::Counters counters() const { return writer_->counters(); }

 private:
  explicit DurableState(storage::StateFolder folder) : folder_(std::move(folder)) {}
  Result<void> restore(const Config& config, IndicatorStore& store, MispSync& sync);
  void tell(const std::string& error);
  storage::StateBatch next_batch(IndicatorStore& store, const MispSync& sync);

  storage::StateFolder folder_;
  log::Limited failures_;  ///< used by the writer's thread
  std::unique_ptr<storage::StateWriter> writer_;
  SteadyMs last_batch_ = 0;
  std::uint64_t passes_saved_ = 0;
  std::string next_fingerprint_;  ///< empty: the file has it already
  SteadyMs rules_changed_ = 0;
};

/// All that decides which attributes belong into the set: MISP, filter and mapping.
std::string state_fingerprint(const Config& config);

}  // namespace misp_zeek::app
