// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "app/runtime/call_thread.h"
#include "core/sightings/match_notifications.h"

namespace misp_zeek::app {

/// Matches on their way to a webhook: MatchNotices with a thread for the calls, so that neither the
/// loop nor a sighting waits for a chat.
///
/// Threads: all functions are called by the loop thread.
class MatchNotifier {
 public:
  /// `wake` is called by another thread when turn() has something to do.
  MatchNotifier(MatchNoticeOptions options, std::unique_ptr<Webhook> webhook,
                std::function<void()> wake);
  /// Ends the post under way.
  ~MatchNotifier();
  MatchNotifier(const MatchNotifier&) = delete;
  MatchNotifier& operator=(const MatchNotifier&) = delete;

  void add(const contract::Seen& seen, const std::string& zeek, SteadyMs now);
  /// Takes outcomes and starts what is due.
  void turn(SteadyMs now);
  std::optional<SteadyMs> deadline() const { return notices_.deadline(); }

  const MatchNotices& notices() const { return notices_; }

 private:
  std::unique_ptr<Webhook> webhook_;
  MatchNotices notices_;
  CallThread<std::string, Result<void>> poster_;
  std::string told_problem_;
};

}  // namespace misp_zeek::app
