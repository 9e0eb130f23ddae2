// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/process/log.h"
#include "app/telemetry/progress.h"
#include "app/telemetry/view.h"
#include "core/sync/misp_feed.h"

namespace misp_zeek::app {

/// Tells the service's life in the log: what changed since the last turn, each thing once. Only for
/// the loop thread.
class Narrator {
 public:
  /// Before the report has had its effect on `view`.
  void on_feed(const FeedReport& report, const View& view);
  /// At the end of every turn.
  void tell(const View& view, SteadyMs now);

 private:
  struct PeerStory {
    ZeekSession::State state = ZeekSession::State::kDisconnected;
    std::string problem;
  };

  void tell_misp(const View& view);
  void tell_zeek(const View& view, const Peer& peer, PeerStory& story);

  bool bootstrapped_ = false;
  std::string rest_problem_;
  std::string held_;
  Drift drift_;  ///< as far as it was told
  std::vector<PeerStory> peers_;
  Progress progress_;
  log::Limited gaps_;  ///< an overrun feed has one after the other
  log::Limited malformed_;
  std::uint64_t malformed_count_ = 0;
};

}  // namespace misp_zeek::app
