// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "core/sync/misp_feed.h"

namespace misp_zeek::misp {

/// One report in a line: "up", "down: REASON", "gap: REASON", "malformed: TEXT", "uptime N" for
/// heartbeats, "message" for others.
std::string describe(const FeedReport& report);

/// A receiver of reports with a bounded queue, and waits that are bounded too.
class FeedReportLog {
 public:
  MispFeed::OnReport callback();
  /// From now on so many reports are taken and others refused.
  void set_room(std::size_t room);
  std::vector<std::string> lines() const;
  /// Waits at most 10 s for a line that begins so, after the first `skip` lines.
  bool wait_for(const std::string& prefix, std::size_t skip = 0);

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t room_ = 1'000'000;
  std::vector<std::string> lines_;
};

}  // namespace misp_zeek::misp
