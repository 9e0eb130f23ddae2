// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "core/session/messages.h"
#include "core/session/zeek_session.h"

namespace misp_zeek {

/// Port: a chat's incoming webhook. Blocking; one call at a time. `cancel` makes the running and
/// all later calls return kCancelled and may be called from any thread.
class Webhook {
 public:
  virtual ~Webhook() = default;
  /// `text` in Slack's markup. Errors: kUnavailable and kTimeout (try again), kRateLimited with the
  /// time to wait, kIncompatible (the hook does not take this, or is gone), kCancelled. No text
  /// holds the hook's URL.
  virtual Result<void> post(const std::string& text) = 0;
  virtual void cancel() = 0;
};

struct MatchNoticeOptions {
  std::string misp_url;               ///< base of links to events, without a '/' at its end
  std::uint32_t max_per_minute = 10;  ///< matches told one by one
  std::size_t max_waiting = 100;      ///< texts, while the hook fails
  std::uint64_t seed = 1;             ///< of the jitter in retries
};

/// Matches on their way to a webhook: at most so many a minute one by one, the others as a number
/// at the minute's end. Nothing is stored and nobody waits for it: what a failing hook does not
/// take, and what waits at the end of the process, is lost. Pure; at most one post is under way.
///
/// At `max_waiting` further matches are counted alone. A text that failed five times is dropped.
class MatchNotices {
 public:
  struct Counters {
    std::uint64_t posted = 0;    ///< texts that the hook took
    std::uint64_t failures = 0;  ///< posts that failed
    std::uint64_t limited = 0;   ///< matches that are told as a number alone
    std::uint64_t dropped = 0;   ///< texts given up
  };

  explicit MatchNotices(MatchNoticeOptions options);

  /// `zeek` is the name of the Zeek that saw it.
  void add(const contract::Sighting& sighting, std::string_view zeek, SteadyMs now);
  std::optional<std::string> next_post(SteadyMs now);
  void on_posted(const Result<void>& outcome, SteadyMs now);

  /// When next_post() may have something at the latest; nullopt: nothing waits.
  std::optional<SteadyMs> deadline() const;
  /// Texts.
  std::size_t waiting() const { return waiting_.size(); }
  /// Why the last post failed; empty after a success.
  const std::string& problem() const { return problem_; }
  const Counters& counters() const { return counters_; }

 private:
  void turn_minute(SteadyMs now);
  void drop_first();

  MatchNoticeOptions options_;
  std::minstd_rand jitter_;
  std::deque<std::string> waiting_;
  std::optional<SteadyMs> minute_;  ///< start of the one that counts
  std::uint32_t told_ = 0;          ///< of this minute, one by one
  std::uint64_t more_ = 0;          ///< of this minute, not told yet
  bool posting_ = false;
  int attempts_ = 0;  ///< of the first text
  int failures_ = 0;  ///< since the last success
  SteadyMs post_after_ = 0;
  std::string problem_;
  Counters counters_;
};

/// One line in Slack's markup: all that comes from the network or from MISP stands as code, where
/// nothing but `&`, `<`, `>` and the backtick has a meaning, and these are taken out.
std::string notice_of(const contract::Sighting& sighting, std::string_view zeek,
                      std::string_view misp_url);

}  // namespace misp_zeek
