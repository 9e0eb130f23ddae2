// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <utility>

#include "core/sync/misp_feed.h"

namespace misp_zeek::misp {

/// Hands reports to a receiver that may have no room: messages are dropped then, and what the
/// receiver must know (the newest connection state, that there is a gap) is kept and sent first.
///
/// Threads: one.
class FeedOutbox {
 public:
  explicit FeedOutbox(MispFeed::OnReport on_report) : on_report_(std::move(on_report)) {}

  /// A message or FeedMalformed. False: dropped, a FeedGap will follow unless it told nothing.
  bool offer(FeedReport report);
  /// A message was lost before it came here.
  void note_gap() { gap_ = true; }
  /// FeedConnected or FeedDisconnected: replaces an older one that still waits.
  void set_state(FeedReport state);
  /// Sends what waits, as far as there is room.
  bool flush();

 private:
  MispFeed::OnReport on_report_;
  std::optional<FeedReport> state_;
  bool gap_ = false;
};

}  // namespace misp_zeek::misp
