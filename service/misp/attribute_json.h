// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string_view>

#include "core/base/error.h"
#include "core/model/attribute.h"

namespace misp_zeek::misp {

/// The keys that attributes, their events, objects and tags are read from.
inline constexpr std::array<std::string_view, 23> kAttributeKeys = {
    "Attribute", "Event",   "Object",       "Tag",       "action",
    "id",        "uuid",    "event_id",     "object_id", "type",
    "value",     "value1",  "value2",       "to_ids",    "deleted",
    "timestamp", "info",    "distribution", "published", "publish_timestamp",
    "org_id",    "orgc_id", "name",
};

/// Counts the sightings of an attribute one by one, as a parser that forgets them comes by them: an
/// attribute can have any number. One that is not readable does not count.
class SightingTally {
 public:
  /// The keys that are read, besides kAttributeKeys.
  static constexpr std::array<std::string_view, 2> kKeys = {"Sighting", "date_sighting"};

  void take(const nlohmann::json& sighting);
  /// Hands what was counted to the attribute.
  void give(Attribute& attribute) const;

 private:
  std::uint32_t false_positives_ = 0;
  std::optional<std::int64_t> expires_;
};

/// kAttributeKeys, SightingTally::kKeys and `more`.
template <typename... More>
constexpr auto attribute_keys_and(More... more) {
  constexpr std::size_t kSize = kAttributeKeys.size() + SightingTally::kKeys.size();
  std::array<std::string_view, kSize + sizeof...(more)> keys{more...};
  std::copy(kAttributeKeys.begin(), kAttributeKeys.end(), keys.begin() + sizeof...(more));
  std::copy(SightingTally::kKeys.begin(), SightingTally::kKeys.end(),
            keys.begin() + sizeof...(more) + kAttributeKeys.size());
  return keys;
}

/// An attribute as in feed messages, publish messages and REST rows. Without a `Tag` list `tags`
/// is empty: a caller whose message cannot know the tags sets nullopt. `object_distribution` is
/// left to the caller, see object_distribution().
Result<Attribute> attribute_from(const nlohmann::json& json, std::string_view where);

/// An event of any message or row; only the id is required.
Result<Event> event_from(const nlohmann::json& json, std::string_view where);

/// The distribution of `holder`'s `Object`; nullopt when there is none. Rows have the object inside
/// the attribute, attribute messages beside it.
Result<std::optional<Distribution>> object_distribution(const nlohmann::json& holder);

}  // namespace misp_zeek::misp
