// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/time.h"
#include "core/sync/rest_call.h"
#include "core/sync/sync_context.h"

namespace misp_zeek {

/// When the event index is asked for, and how much of it: the whole one as long as it costs at most
/// 1 % of the time, else the rows that changed, and the whole one as often as 1 % allows, at least
/// each 15 min. One request at a time.
class IndexPoller {
 public:
  explicit IndexPoller(SyncContext& context) : context_(context) {}

  /// The whole index is wanted now.
  void force() { forced_ = true; }
  bool forced() const { return forced_; }
  /// `feed_healthy`: every change is told by messages.
  std::optional<IndexCall> next_call(bool feed_healthy, bool publications);
  void on_reply(std::int64_t server_time, SteadyMs asked);
  void on_error();
  SteadyMs next_due() const { return asked_ ? INT64_MAX : forced_ || !steps_.empty() ? 0 : next_; }
  const std::optional<IndexCall>& asked() const { return asked_; }
  /// How late the whole index shows what nothing else does, at most.
  SteadyMs bound() const { return whole_pause_; }
  void clear();

 private:
  SteadyMs pause(bool feed_healthy) const;

  SyncContext& context_;
  std::vector<IndexCall> steps_;  ///< of the look under way, last one first
  std::optional<IndexCall> asked_;
  bool forced_ = false;
  SteadyMs next_ = 0;
  SteadyMs next_whole_ = 0;
  SteadyMs whole_took_ = 0;
  SteadyMs whole_pause_ = 0;
  std::int64_t looked_until_ = 0;  ///< MISP's clock at the last look; 0 = not known
  std::int64_t look_time_ = 0;     ///< of the look under way
};

}  // namespace misp_zeek
