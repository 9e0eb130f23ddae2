// SPDX-License-Identifier: BSD-3-Clause
#include "core/sightings/sighting_check.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace misp_zeek {
namespace {

constexpr std::size_t kUuidBytes = 36;

/// The attributes of the list that are known, in the same form.
std::string known_of(std::string_view list, const IndicatorStore* known_set, std::size_t max,
                     std::uint64_t& dropped) {
  std::string known;
  std::size_t count = 0;
  while (!list.empty()) {
    const std::string_view part = list.substr(0, list.find(','));
    list.remove_prefix(std::min(part.size() + 1, list.size()));
    const auto uuid = part.size() == kUuidBytes ? Uuid::parse(part) : std::nullopt;
    const bool good =
        uuid && count < max && (known_set == nullptr || known_set->find(*uuid) != nullptr);
    if (good) {
      known += (known.empty() ? "" : ",") + std::string(part);
      ++count;
    } else {
      ++dropped;
    }
  }
  return known;
}

}  // namespace

std::uint64_t drop_impossible(contract::Seen& seen, const IndicatorStore* known, UnixSeconds now,
                              const SightingBounds& bounds) {
  std::uint64_t dropped = 0;
  std::erase_if(seen.sightings, [&](contract::Sighting& sighting) {
    const auto at = static_cast<UnixSeconds>(
        std::min<std::uint64_t>(sighting.seen_at, static_cast<std::uint64_t>(INT64_MAX)));
    const std::string& uuids = sighting.attribute_uuids;
    const std::size_t listed = uuids.size();
    if (at < now - bounds.oldest || at > now + bounds.newest) {
      dropped += listed == 0 ? 0 : 1 + std::count(uuids.begin(), uuids.end(), ',');
      return true;
    }
    sighting.attribute_uuids =
        known_of(sighting.attribute_uuids, known, bounds.max_attributes, dropped);
    return listed > 0 && sighting.attribute_uuids.empty();
  });
  return dropped;
}

bool still_says(const Mapping& mapping, const AttributeValue& now, const IndicatorKey& matched) {
  const auto mapped = mapping.map(now.type, now.value);
  if (!mapped) {
    return mapped.error() == Reject::kUnmappedType;
  }
  return std::any_of(mapped->begin(), mapped->end(),
                     [&](const Mapped& one) { return one.key == matched; });
}

Result<PostOutcome> post_if_unchanged(MispSightings& misp, const Mapping& mapping,
                                      const SightingPost& post) {
  if (post.matched) {
    const auto now = misp.value_of(post.attribute);
    if (!now) {
      return tl::unexpected<Error>(now.error());
    }
    if (*now && !still_says(mapping, **now, *post.matched)) {
      return PostOutcome::kChanged;
    }
  }
  return misp.add(post);
}

}  // namespace misp_zeek
