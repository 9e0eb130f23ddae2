// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "app/process/log.h"
#include "app/telemetry/progress.h"
#include "app/telemetry/view.h"
#include "core/sync/misp_feed.h"

namespace misp_zeek::app {

/// Logs changes of state since the last turn, each once. Only for
/// the loop thread.
class TransitionLog {
 public:
  /// Before the report has had its effect on `view`.
  void on_feed(const FeedReport& report, const View& view);
  /// At the end of every turn.
  void update(const View& view, SteadyMs now);

 private:
  struct PeerRecord {
    ZeekSession::State state = ZeekSession::State::kDisconnected;
    std::string problem;
  };

  /// The feed while it is down. A reason that changes at once, as while a publisher restarts, is
  /// told only when it stays.
  struct FeedRecord {
    bool down = false;
    std::string told;
    std::optional<SteadyMs> told_at;
  };

  void log_feed(const View& view, SteadyMs now);
  void log_misp(const View& view);
  void log_trouble(const SyncStatus& status);
  void log_zeek(const View& view, const Peer& peer, PeerRecord& record);

  FeedRecord feed_;
  std::uint64_t ended_ = 0;  ///< reconciles
  bool bootstrapped_ = false;
  std::string rest_problem_;
  std::size_t blocked_ = 0;
  std::set<std::uint64_t> growing_;
  bool clock_trusted_ = true;
  std::size_t skipped_ = 0;
  std::string repeated_;
  Drift drift_;  ///< as far as it was told
  std::vector<PeerRecord> peers_;
  Progress progress_;
  log::Limited gaps_;  ///< an overrun feed has one after the other
  log::Limited malformed_;
  std::uint64_t malformed_count_ = 0;
};

}  // namespace misp_zeek::app
