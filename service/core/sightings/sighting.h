// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/model/indicator.h"
#include "core/model/uuid.h"

/// What is to be told to MISP about matches, and the ports for it.
namespace misp_zeek {

/// Matches of one value of an attribute at one sensor within one slot of time; one sighting in
/// MISP.
struct SightingRow {
  std::uint64_t id = 0;  ///< grows; the oldest row has the smallest
  Uuid attribute;
  std::string source;          ///< who saw it, at most 255 bytes: MISP's bound
  std::int64_t slot = 0;       ///< start of the slot, seconds since the epoch
  std::uint64_t matches = 0;   ///< not yet told
  std::int64_t last_seen = 0;  ///< of these, seconds since the epoch
  /// What matched, as Zeek held it; nullopt: not known, or of a type that this program lacks.
  std::optional<IndicatorKey> matched = std::nullopt;
  bool operator==(const SightingRow&) const = default;
};

/// The last message of one instance of Zeek whose sightings are stored.
struct SeenMark {
  std::string instance;
  std::uint64_t seq = 0;
  std::int64_t at = 0;  ///< when, seconds since the epoch
  bool operator==(const SeenMark&) const = default;
};

/// What became of matches, in matches of attributes, by all processes that used the storage. Every
/// match is in one of the first four; of `matches`, each waits or is in one of the last six.
struct SightingTotals {
  std::uint64_t matches = 0;          ///< taken from Zeek
  std::uint64_t withheld = 0;         ///< kept back by Zeek's caps
  std::uint64_t vetoed = 0;           ///< kept back by a policy in Zeek
  std::uint64_t dropped_by_zeek = 0;  ///< Zeek's queue was full
  std::uint64_t posted_matches = 0;   ///< in sightings that MISP confirmed
  std::uint64_t implausible = 0;      ///< dropped: of no known attribute, or of another time
  std::uint64_t gone = 0;             ///< dropped: the attribute is gone
  std::uint64_t changed = 0;          ///< dropped: the attribute has another value by now
  std::uint64_t refused = 0;          ///< dropped: MISP does not take the sighting
  std::uint64_t dropped = 0;          ///< dropped: too many rows waited
  std::uint64_t posted = 0;           ///< sightings that MISP confirmed
  bool operator==(const SightingTotals&) const = default;
};

/// Changes that must be stored together or not at all.
struct SightingWrite {
  std::vector<SightingRow> put;  ///< new rows, and rows that replace the one with their id
  std::vector<std::uint64_t> erase;
  std::vector<SeenMark> marks;
  std::vector<std::string> forget;  ///< instances
  SightingTotals totals = {};       ///< with the changes above
  bool empty() const { return put.empty() && erase.empty() && marks.empty() && forget.empty(); }
};

/// All that is stored.
struct SightingState {
  std::vector<SightingRow> rows;  ///< by id
  std::vector<SeenMark> marks;
  SightingTotals totals = {};
};

/// Port: where sightings wait. Blocking; one call at a time.
class SightingStorage {
 public:
  virtual ~SightingStorage() = default;
  virtual Result<SightingState> load() = 0;
  /// When it returns without an error, the changes survive a crash. kUnavailable: nothing was
  /// changed, e.g. because the disk is full.
  virtual Result<void> write(const SightingWrite& changes) = 0;
};

/// One call of MISP's /sightings/add, of type 0.
struct SightingPost {
  Uuid attribute;
  std::string source;
  std::int64_t seen_at = 0;
  std::optional<IndicatorKey> matched = std::nullopt;  ///< as in SightingRow
};

/// What an attribute says now.
struct AttributeValue {
  std::string type;   ///< of MISP
  std::string value;  ///< both parts of a composite, separated by '|'
};

enum class PostOutcome {
  kTaken,    ///< MISP has it
  kGone,     ///< there is no such attribute
  kChanged,  ///< the attribute says something else than what matched: not posted
  kRefused,  ///< MISP will never take this one
};

/// Port: MISP's interface for sightings. Blocking; one call at a time. `cancel` makes the running
/// and all later calls return kCancelled and may be called from any thread.
class MispSightings {
 public:
  virtual ~MispSightings() = default;
  /// Errors as MispRest's. After one it is unknown whether MISP has the sighting.
  virtual Result<PostOutcome> add(const SightingPost& post) = 0;
  /// nullopt: MISP shows no such attribute. Errors as MispRest's.
  virtual Result<std::optional<AttributeValue>> value_of(const Uuid& attribute) = 0;
  virtual void cancel() = 0;
};

}  // namespace misp_zeek
