// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/error.h"
#include "core/base/time.h"
#include "core/mapping/mapping.h"
#include "core/session/messages.h"
#include "core/sightings/sighting.h"
#include "core/store/indicator_store.h"

namespace misp_zeek {

/// What a sighting may say, for whoever speaks as Zeek. Both ends belong to the range.
struct SightingBounds {
  UnixSeconds oldest = 7 * 86'400;      ///< so long ago
  UnixSeconds newest = 300;             ///< ahead: clocks differ
  std::size_t max_attributes = 10'000;  ///< of one sighting
};

/// Removes from a message what nobody can have seen: sightings of another time, and attributes that
/// are not in `known`. nullptr: the service does not know all yet, so attributes stay. Gives the
/// number of matches of attributes that went.
std::uint64_t drop_impossible(contract::Seen& seen, const IndicatorStore* known, UnixSeconds now,
                              const SightingBounds& bounds = {});

/// Whether an attribute with this value supports what matched. Also when this cannot be told: of a
/// type without a rule, as after a change of `[mapping.types]`.
bool still_says(const Mapping& mapping, const AttributeValue& now, const IndicatorKey& matched);

/// Posts a sighting if its attribute still has the value that matched: an edit in MISP moves all
/// sightings of an attribute to the new value, which nobody saw.
Result<PostOutcome> post_if_unchanged(MispSightings& misp, const Mapping& mapping,
                                      const SightingPost& post);

}  // namespace misp_zeek
