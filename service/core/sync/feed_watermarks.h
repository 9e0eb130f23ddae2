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

/// Remembers when the feed last spoke of an attribute, so that an older reply of the REST
/// interface does not undo it, and which events it saw deleted, so that late messages of another
/// topic do not bring them back. The watermarks of DBLog and Debezium, by time.
class FeedWatermarks {
 public:
  struct Watermark {
    SteadyMs at = 0;
    std::int64_t timestamp = 0;  ///< the attribute's own, as the message had it
    std::size_t content = 0;     ///< content_of() what the message said
    bool gone = false;           ///< the message removed it
    bool published = false;      ///< it was a publish message, whose topic may overtake others
    bool shown = false;          ///< MISP's replies showed the attribute before the message already
  };

  explicit FeedWatermarks(std::size_t max_attributes = 500'000, std::size_t max_events = 100'000)
      : max_attributes_(max_attributes), max_events_(max_events) {}

  /// Tells apart two states of an attribute within one second of MISP's clock.
  static std::size_t content_of(const Attribute& attribute);

  void set(const Uuid& attribute, const Watermark& watermark);
  const Watermark* find(const Uuid& attribute) const;
  bool since(const Uuid& attribute, SteadyMs since) const;
  /// Forgets watermarks before `before`. Returns the number of younger ones that had to be
  /// forgotten because there were more than the bound: replies under way may be stale then.
  std::size_t prune(SteadyMs before);

  void add_tombstone(std::uint64_t event_id, SteadyMs now);
  void drop_tombstone(std::uint64_t event_id) { tombstones_.erase(event_id); }
  /// When the event was seen deleted; nullopt if it was not.
  std::optional<SteadyMs> tombstone(std::uint64_t event_id) const;

 private:
  std::size_t max_attributes_;
  std::size_t max_events_;
  std::unordered_map<Uuid, Watermark> watermarks_;
  std::deque<std::pair<SteadyMs, Uuid>> order_;
  std::unordered_map<std::uint64_t, SteadyMs> tombstones_;
  std::deque<std::pair<std::uint64_t, SteadyMs>> tombstone_order_;  ///< oldest first
};

}  // namespace misp_zeek
