// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <utility>

#include "core/base/time.h"
#include "core/model/attribute.h"
#include "core/model/uuid.h"

namespace misp_zeek {

/// Remembers when the feed last spoke of an attribute, so that an older answer of the REST
/// interface does not undo it, and which events it saw deleted, so that late messages of another
/// topic do not bring them back. The watermarks of DBLog and Debezium, by time.
class TouchLog {
 public:
  struct Touch {
    SteadyMs at = 0;
    std::int64_t timestamp = 0;  ///< the attribute's own, as the message had it
    std::size_t content = 0;     ///< content_of() what the message said
    bool gone = false;           ///< the message took it away
    bool published = false;      ///< it was a publish message, whose topic may overtake others
    bool shown = false;          ///< MISP's answers showed the attribute before the message already
  };

  explicit TouchLog(std::size_t max_attributes = 500'000, std::size_t max_events = 100'000)
      : max_attributes_(max_attributes), max_events_(max_events) {}

  /// Tells apart two states of an attribute within one second of MISP's clock.
  static std::size_t content_of(const Attribute& attribute);

  void touch(const Uuid& attribute, const Touch& touch);
  const Touch* find(const Uuid& attribute) const;
  /// Forgets touches before `before`. Returns the number of younger ones that had to be forgotten
  /// because there were more than the bound: answers under way may be stale then.
  std::size_t prune(SteadyMs before);

  void bury_event(std::uint64_t event_id, SteadyMs now);
  void unbury_event(std::uint64_t event_id) { buried_.erase(event_id); }
  /// When the event was seen deleted; nullopt if it was not.
  std::optional<SteadyMs> find_burial(std::uint64_t event_id) const;

 private:
  std::size_t max_attributes_;
  std::size_t max_events_;
  std::unordered_map<Uuid, Touch> touches_;
  std::deque<std::pair<SteadyMs, Uuid>> order_;
  std::unordered_map<std::uint64_t, SteadyMs> buried_;
  std::deque<std::pair<std::uint64_t, SteadyMs>> burials_;  ///< every bury_event(), oldest first
};

}  // namespace misp_zeek
