// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/sync/misp_feed.h"

namespace misp_zeek::misp {

/// The feeds of a MISP with several web nodes as one: each node publishes what was changed through
/// it. The group is connected while all of them are, and speak: one that is silent for `silence`
/// while another speaks counts as away until it speaks again. Heartbeats carry the sum of the
/// publishers' uptimes, which falls when one of them restarts.
///
/// Threads: as MispFeed; reports come on the threads of the feeds, one at a time.
class FeedGroup : public MispFeed {
 public:
  struct Member {
    std::string name;  ///< for texts
    std::unique_ptr<MispFeed> feed;
  };
  FeedGroup(std::vector<Member> members, std::chrono::milliseconds silence);
  ~FeedGroup() override;

  void start(OnReport on_report) override;
  void stop() override;
  FeedCounters counters() const override;

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct State {
    bool connected = false;
    std::string problem = "not connected yet";
    std::int64_t uptime = 0;
    Time heard;
  };

  bool on_report(std::size_t member, FeedReport report);
  bool tell_state();
  void note(std::size_t member, const FeedReport& report);

  std::vector<Member> members_;
  const std::chrono::milliseconds silence_;
  OnReport on_report_;
  std::mutex mutex_;
  std::vector<State> states_;
  bool told_ = false;         ///< whether a state was reported
  std::string told_problem_;  ///< empty: as connected
};

}  // namespace misp_zeek::misp
