// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/base/time.h"
#include "core/model/uuid.h"

namespace misp_zeek {

/// Why an attribute is looked up by its uuid.
enum class LookupKind : std::uint8_t {
  kAsk,      ///< a message could not be judged
  kAbsence,  ///< a complete reply of its event lacks it
  kVerify,   ///< a message changed it
};

struct Lookup {
  LookupKind kind = LookupKind::kAsk;
  std::uint64_t event_id = 0;
  SteadyMs due = 0;
  SteadyMs since = 0;          ///< of the first message about it
  std::int64_t timestamp = 0;  ///< a row older than this is from before the commit
  std::size_t attempts = 0;
  /// A reply asked for earlier is not the last one: no row tells whether a sighting is committed.
  SteadyMs again_at = 0;
  bool removal = false;  ///< a message removed it
};

/// Attributes to look up, coalesced into requests of at most 200 uuids. Those to verify go together
/// with the others, else one request each 5 s.
class LookupQueue {
 public:
  static constexpr std::size_t kUuidsPerRequest = 200;
  static constexpr SteadyMs kVerifyPause = 5'000;

  void ask(const Uuid& uuid, std::uint64_t event_id, std::int64_t timestamp, SteadyMs due);
  void ask_absence(const Uuid& uuid, std::uint64_t event_id, SteadyMs due);
  /// `removal`: a message removed it. The due time of an earlier change stays.
  void verify(const Uuid& uuid, std::uint64_t event_id, SteadyMs due, SteadyMs now, bool removal);
  /// For a sighting: once more at `again_at`, whatever the first reply says.
  void ask_twice(const Uuid& uuid, std::uint64_t event_id, SteadyMs due, SteadyMs again_at);
  /// A message told what was asked for.
  void forget(const Uuid& uuid);
  void erase(const Uuid& uuid);
  void postpone(const Uuid& uuid, SteadyMs due);

  const Lookup* find(const Uuid& uuid) const;
  Lookup* find(const Uuid& uuid);
  std::size_t size() const { return lookups_.size(); }
  bool empty() const { return lookups_.empty(); }
  /// Besides those that only verify.
  std::size_t open() const { return lookups_.size() - verifying_; }
  std::size_t unverified() const { return verifying_; }
  std::optional<SteadyMs> oldest_unverified() const;

  /// Uuids that are due and whose event `admits`, all in fixed events or none; may be empty.
  std::vector<Uuid> batch(SteadyMs now, const std::function<bool(std::uint64_t event)>& admits,
                          const std::function<bool(std::uint64_t event)>& fixed);
  /// Events of due lookups that only verify and are more than one request holds; they leave the
  /// queue.
  std::set<std::uint64_t> overflow(SteadyMs now);
  std::optional<SteadyMs> next_due() const;
  void clear();

 private:
  Lookup& put(const Uuid& uuid, LookupKind kind, std::uint64_t event_id, SteadyMs due);
  void unlist(const Uuid& uuid, const Lookup& lookup);
  void list(const Uuid& uuid, const Lookup& lookup);

  using Order = std::set<std::pair<SteadyMs, Uuid>>;
  std::unordered_map<Uuid, Lookup> lookups_;
  Order urgent_;        ///< kAsk and kAbsence by due time
  Order verify_;        ///< kVerify by due time
  Order verify_since_;  ///< kVerify by their first message
  std::size_t verifying_ = 0;
  SteadyMs next_verify_ = 0;
};

}  // namespace misp_zeek
