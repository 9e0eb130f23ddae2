// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/base/time.h"
#include "core/model/attribute.h"
#include "core/session/messages.h"
#include "core/sightings/sighting.h"

namespace misp_zeek {

struct SightingOptions {
  std::chrono::seconds aggregate{60};  ///< length of a slot
  std::uint32_t max_per_second = 5;    ///< posts to MISP
  std::size_t max_rows = 100'000;      ///< that wait; at the bound the oldest goes
  std::size_t max_instances = 256;     ///< of Zeek, remembered; at the bound the oldest goes
  std::uint64_t seed = 1;              ///< of the jitter in retries
};

/// Sightings between Zeek and MISP: what came is stored, then acknowledged, added up by attribute,
/// sensor and slot of time, posted at a bounded rate, and dropped when MISP has it. Pure: it says
/// what to write (next_write()) and what to post (next_post()) and is given the outcome. At most
/// one of each is under way.
///
/// The first match in a slot is posted at once, the others of the slot together, `aggregate` later.
/// So MISP gets at most two sightings of a value of an attribute from a sensor per slot.
///
/// A row is posted only as it is stored, and the next one only when the end of the last one is
/// stored: after a crash at most the one post under way is repeated. When three writes in a row
/// have failed, all goes on in memory until one succeeds: a crash then loses what is not stored,
/// and may repeat what MISP took.
class SightingQueue {
 public:
  /// The totals outlive the process, the others count from its start.
  struct Counters : SightingTotals {
    std::uint64_t repeated = 0;   ///< messages that were stored before
    std::uint64_t malformed = 0;  ///< messages that cannot be
    std::uint64_t failures = 0;   ///< posts without an answer that tells
    std::uint64_t write_failures = 0;
    std::uint64_t own_echoes = 0;  ///< own sightings that came back on the feed
  };
  /// An answer for the link of the Zeek with this number.
  struct Acknowledgement {
    std::size_t zeek = 0;
    contract::SeenAck ack;
  };

  SightingQueue(SightingOptions options, SightingState stored);

  // ---- from Zeek ----
  /// `zeek` is the number to answer to, `source` the name for MISP; `implausible` matches of the
  /// message were left out of it, because they cannot be. Answers are in take_acknowledgements(),
  /// now or after the write. False: a repetition, or malformed.
  bool on_seen(const contract::Seen& seen, std::size_t zeek, const std::string& source,
               TimePoint now, std::uint64_t implausible = 0);
  std::vector<Acknowledgement> take_acknowledgements();

  // ---- storage ----
  /// What to write now; nullopt: nothing, or a write is under way or has just failed.
  std::optional<SightingWrite> next_write(SteadyMs now);
  void on_written(bool ok, SteadyMs now);

  // ---- MISP ----
  /// Whether the role of the key's user may add sightings; nullopt: not known yet. Without the
  /// right nothing is posted.
  void set_permitted(std::optional<bool> permitted, SteadyMs now = 0);
  std::optional<SightingPost> next_post(SteadyMs now);
  void on_posted(const Result<PostOutcome>& outcome, SteadyMs now);
  /// A sighting on the feed. True: it is one of this service's.
  bool is_own(const SightingMessage& message);

  /// When next_write() or next_post() may have something at the latest; nullopt: nothing waits.
  std::optional<SteadyMs> deadline() const;
  /// Writes fail: what came since is in memory alone.
  bool in_memory() const { return write_failures_ >= kWriteFailures; }
  std::size_t rows() const { return rows_.size(); }
  /// Matches that MISP does not have yet.
  std::uint64_t waiting_matches() const { return waiting_matches_; }
  /// Why MISP gets no sightings: the right is missing, or the last post failed; else empty.
  const std::string& problem() const;
  /// MISP said no to who is asking: its role may have changed.
  bool unauthorized() const { return unauthorized_; }
  const Counters& counters() const { return counters_; }

 private:
  /// Attribute, source, slot, what matched.
  using Key = std::tuple<Uuid, std::string, std::int64_t, std::optional<IndicatorKey>>;
  static constexpr int kWriteFailures = 3;
  struct Waiting {
    SightingRow row;
    SteadyMs due = 0;
    bool on_disk = false;                    ///< in whatever version
    int failures = 0;                        ///< while other posts succeeded
    std::optional<std::uint64_t> failed_at;  ///< counters_.posted at the last failure
  };
  struct Instance {
    SeenMark mark;
    std::uint64_t stored = 0;  ///< seq
    std::optional<std::size_t> answer_to;
  };
  struct Posting {
    std::uint64_t id = 0;
    std::uint64_t matches = 0;
  };

  static Key key_of(const SightingRow& row) {
    return {row.attribute, row.source, row.slot, row.matched};
  }
  /// A match: `match` without id and slot.
  void count(SightingRow match, SteadyMs now);
  void enforce_bounds();
  void acknowledge(const std::string& instance, Instance& known);
  bool end_is_stored() const;
  void erase(std::uint64_t id);
  void make_dirty(std::uint64_t id) { dirty_.insert(id); }
  void set_due(Waiting& waiting, SteadyMs due);
  void on_taken(const Posting& posting, SteadyMs now);
  void on_failure(const Error& error, const Posting& posting, SteadyMs now);
  SteadyMs delay(int failures, SteadyMs longest);
  bool is_stored(std::uint64_t id) const;

  SightingOptions options_;
  std::minstd_rand jitter_;
  std::map<std::uint64_t, Waiting> rows_;
  std::map<Key, std::uint64_t> ids_;
  std::set<std::pair<SteadyMs, std::uint64_t>> order_;  ///< by due
  std::map<Key, SteadyMs> recent_;                      ///< posts in slots that may still grow
  std::map<SteadyMs, std::vector<Key>> recent_order_;
  std::set<std::string> sources_;
  std::uint64_t last_id_ = 0;
  std::uint64_t waiting_matches_ = 0;

  std::map<std::string, Instance> instances_;
  std::vector<Acknowledgement> acknowledgements_;

  std::set<std::uint64_t> dirty_;
  std::set<std::uint64_t> erased_;
  std::set<std::string> dirty_marks_;
  std::set<std::string> forgotten_;
  std::optional<SightingWrite> writing_;
  std::set<std::uint64_t> being_written_;  ///< the rows of `writing_`
  bool end_unwritten_ = false;             ///< of a post
  bool end_writing_ = false;
  int write_failures_ = 0;
  SteadyMs write_after_ = 0;

  std::optional<bool> permitted_ = true;
  bool unauthorized_ = false;  ///< the last post
  std::optional<Posting> posting_;
  SteadyMs post_after_ = 0;
  int failures_ = 0;
  std::string problem_;
  Counters counters_;
};

}  // namespace misp_zeek
