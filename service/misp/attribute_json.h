// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string_view>

#include "core/attribute.h"
#include "core/error.h"

namespace misp_zeek::misp {

/// The keys that attributes, their events, objects and tags are read from.
inline constexpr std::array<std::string_view, 23> kAttributeKeys = {
    "Attribute", "Event",   "Object",       "Tag",       "action",
    "id",        "uuid",    "event_id",     "object_id", "type",
    "value",     "value1",  "value2",       "to_ids",    "deleted",
    "timestamp", "info",    "distribution", "published", "publish_timestamp",
    "org_id",    "orgc_id", "name",
};

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
