// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/store/indicator_store.h"
#include "core/sync/sync_status.h"

/// Values of the database's columns that SQLite has no type for.
namespace misp_zeek::storage {

/// A line for each: "Intel::ADDR PORT INDICATOR\n". An indicator has no control characters.
std::string encode_supports(const std::vector<SavedAttribute::Support>& supports);
std::optional<std::vector<SavedAttribute::Support>> decode_supports(std::string_view text);

/// Over all fields. SQLite notices damage of its structure, not of a value; this notices the rest.
std::int64_t checksum(const SavedAttribute& attribute);
std::int64_t checksum(const SavedEvent& event);
std::int64_t checksum(const SavedEventState& event);

/// By the name of to_string().
std::optional<Reject> reject_from(std::string_view name);

/// From 16 bytes.
std::optional<Uuid> uuid_from(const void* bytes, int size);

}  // namespace misp_zeek::storage
