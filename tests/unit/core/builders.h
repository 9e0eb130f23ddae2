// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/mapping/mapping.h"
#include "core/model/attribute.h"
#include "core/model/indicator.h"
#include "core/store/indicator_store.h"

/// Short ways to say what a test is about; `n` names an attribute or event.
namespace misp_zeek::test {

inline constexpr std::int64_t kNow = 1'700'000'000;

inline Uuid uuid(unsigned n) {
  Uuid result;
  for (std::size_t i = 0; i < sizeof(n); ++i) {
    result.bytes.at(15 - i) = static_cast<std::uint8_t>(n >> (8 * i));
  }
  return result;
}

inline Attribute attribute(unsigned n, std::uint64_t event, std::string type, std::string value) {
  Attribute result;
  result.uuid = uuid(n);
  result.id = n;
  result.event_id = event;
  result.type = std::move(type);
  result.value = std::move(value);
  result.to_ids = true;
  result.timestamp = kNow;
  result.distribution = Distribution::kInherit;
  return result;
}

inline Event event(std::uint64_t id) {
  Event result;
  result.id = id;
  result.uuid = uuid(static_cast<unsigned>(1'000'000 + id));
  result.info = "event " + std::to_string(id);
  result.org_id = 1;
  result.orgc_id = 1;
  result.distribution = Distribution::kAll;
  return result;
}

inline EntryKey address(std::string text, std::uint64_t event) {
  return {{IndicatorType::kAddr, std::move(text)}, event};
}

/// Puts an attribute in as the default mapping has it.
inline bool put(IndicatorStore& store, const Attribute& attribute, const Event& event) {
  static const Mapping kMapping;
  const auto mapped = kMapping.map(attribute.type, attribute.value);
  return mapped ? store.upsert(attribute, event, *mapped)
                : store.upsert(attribute, event, {}, mapped.error());
}

inline bool put(IndicatorStore& store, unsigned n, std::uint64_t event_id, std::string type,
                std::string value) {
  return put(store, attribute(n, event_id, std::move(type), std::move(value)), event(event_id));
}

}  // namespace misp_zeek::test
