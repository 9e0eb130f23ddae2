// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>

#include "storage/state_database.h"

namespace misp_zeek::storage {

inline constexpr const char* kFingerprint = "https://misp.example.org; all of it";

/// Attribute `number` of event `number / 10`; `version` changes what is saved of it.
inline SavedAttribute attribute_row(std::uint32_t number, std::int64_t version = 1) {
  SavedAttribute row;
  for (unsigned i = 0; i < 4; ++i) {
    row.uuid.bytes.at(12 + i) = static_cast<std::uint8_t>(number >> (24 - 8 * i));
    row.uuid.bytes.at(i) = static_cast<std::uint8_t>(number * 2654435761U >> (24 - 8 * i));
  }
  row.event_id = number / 10;
  row.id = number + 1;
  row.timestamp = version;
  row.tags = number * 0x9e3779b97f4a7c15U;
  row.type = number % 7 == 0 ? "domain" : "ip-dst|port";
  if (number % 7 == 0) {
    row.reject = Reject::kBadDomain;
  } else {
    row.supports = {{{IndicatorType::kAddr, "198.51.100." + std::to_string(number % 256)},
                     static_cast<std::uint16_t>(number % 5)},
                    {{IndicatorType::kDomain, "d" + std::to_string(version) + ".example"}, 0}};
  }
  return row;
}

inline SavedEvent event_row(std::uint64_t id, std::int64_t version = 1) {
  SavedEvent row;
  row.id = id;
  row.info = "event " + std::to_string(id) + " \xe2\x82\xac";
  row.publish_timestamp = version;
  if (id % 3 != 0) {
    row.uuid = attribute_row(static_cast<std::uint32_t>(id)).uuid;
  }
  return row;
}

inline SavedEventState state_row(std::uint64_t id, std::int64_t version = 1) {
  SavedEventState state;
  state.row = {id, attribute_row(static_cast<std::uint32_t>(id)).uuid, version, id % 2 == 0};
  state.fresh = id % 3 == 0;
  state.read_until = version + 1;
  state.rows = id * 7;
  return state;
}

struct Content {
  std::map<Uuid, SavedAttribute> attributes;
  std::map<std::uint64_t, SavedEvent> events;
  std::map<std::uint64_t, SavedEventState> states;
  SavedSync sync;

  bool operator()(SavedAttribute&& row) {
    return attributes.emplace(row.uuid, std::move(row)).second;
  }
  bool operator()(SavedEvent&& row) { return events.emplace(row.id, std::move(row)).second; }
  bool operator()(SavedEventState&& row) { return states.emplace(row.row.id, row).second; }
};

inline Content load_all(StateDatabase& database) {
  Content content;
  auto sync = database.load([&](StateRow&& row) { return std::visit(content, std::move(row)); });
  if (!sync) {
    throw std::runtime_error(sync.error().message);
  }
  content.sync = std::move(*sync);
  return content;
}

inline StateDatabase::Opened open_state(const std::string& file,
                                        const std::string& fingerprint = kFingerprint) {
  auto opened = StateDatabase::open(file, fingerprint);
  if (!opened) {
    throw std::runtime_error(opened.error().message);
  }
  return std::move(*opened);
}

}  // namespace misp_zeek::storage
