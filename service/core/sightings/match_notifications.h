// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <set>
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
  std::uint32_t max_per_minute = 10;  ///< values told one by one
  std::size_t max_waiting = 100;      ///< texts, while the hook fails
  std::uint64_t seed = 1;             ///< of the jitter in retries
};

/// Matches that are told as a number, with the values that have most of them.
class MatchTally {
 public:
  void add(const std::string& value, std::uint64_t matches);
  void add(const MatchTally& other);
  std::uint64_t matches() const { return matches_; }
  /// "7 matches of 3 values: `a` 4, `b` 2, `c` 1"; without names: "7 matches of 3 values". Starts
  /// "7 more matches" if `more`.
  std::string text(bool names, bool more) const;

 private:
  std::uint64_t matches_ = 0;
  std::map<std::string, std::uint64_t> values_;  ///< bounded
  bool other_values_ = false;
};

/// Matches on their way to a webhook. What matches one value within two seconds is one text with a
/// count; so many values a minute are told so, and all else as a tally at the minute's end. Nothing
/// is stored and nobody waits for it: what waits at the end of the process is lost. Pure; at most
/// one post is under way.
///
/// A post that fails is tried again at growing intervals, whatever the fault, because a hook that
/// is being moved or repaired answers anything; only a wait that the hook itself names is kept to.
/// After five attempts everything that waits and that comes becomes a tally, which is tried at most
/// every 30 s until the hook takes it.
class MatchNotices {
 public:
  struct Counters {
    std::uint64_t posted = 0;    ///< texts that the hook took
    std::uint64_t failures = 0;  ///< posts that failed
    std::uint64_t limited = 0;   ///< matches that are told in a tally alone
    std::uint64_t dropped = 0;   ///< texts that became part of a tally because the hook failed
  };

  explicit MatchNotices(MatchNoticeOptions options);

  /// `zeek` is the name of the Zeek that saw it.
  void add(const contract::Sighting& sighting, std::string_view zeek, SteadyMs now);
  std::optional<std::string> next_post(SteadyMs now);
  void on_posted(const Result<void>& outcome, SteadyMs now);

  /// When next_post() may have something at the latest; nullopt: nothing waits.
  std::optional<SteadyMs> deadline() const;
  /// Texts.
  std::size_t waiting() const;
  /// Why the last post failed; empty after a success.
  const std::string& problem() const { return problem_; }
  const Counters& counters() const { return counters_; }

 private:
  struct Value {
    contract::Sighting first;
    std::set<std::string> zeeks;
    /// Matches by event: one match of a value that two events name comes twice.
    std::map<std::string, std::uint64_t> events;
    std::uint64_t sightings = 0;
    SteadyMs due = 0;
    bool told = false;  ///< in this minute
  };
  struct Text {
    std::string text;
    MatchTally tally;  ///< what it tells
  };
  struct Outage {
    SteadyMs since = 0;
    MatchTally untold;
    MatchTally under_way;  ///< in the post under way
  };

  void turn_minute(SteadyMs now);
  void close_values(SteadyMs now);
  void begin_outage();
  void on_failure(const Error& error, SteadyMs now);
  std::string text_of(const Value& value) const;

  MatchNoticeOptions options_;
  std::minstd_rand jitter_;
  std::map<std::string, Value> values_;  ///< of this minute, told or to be told one by one
  MatchTally rest_;                      ///< of this minute
  std::optional<SteadyMs> minute_;       ///< start of the one that counts
  std::deque<Text> waiting_;
  std::optional<Outage> outage_;
  bool posting_ = false;
  int failures_ = 0;      ///< since the last success
  bool refused_ = false;  ///< the last failure was the hook's own no
  SteadyMs failing_since_ = 0;
  SteadyMs post_after_ = 0;
  std::string problem_;
  Counters counters_;
};

/// One line in Slack's markup: all that comes from the network or from MISP stands as code, where
/// nothing but `&`, `<`, `>` and the backtick has a meaning, and these are taken out.
std::string notice_of(const contract::Sighting& sighting, std::string_view zeek,
                      std::string_view misp_url);

}  // namespace misp_zeek
