// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace misp_zeek::zeek {

/// A value of Zeek as far as the contract needs it, the same over every transport. A record is a
/// vector of its fields in order; `count` is std::uint64_t; sets and tables are of strings.
struct WireValue {
  using Vector = std::vector<WireValue>;
  using Set = std::set<std::string>;
  using Table = std::map<std::string, std::string>;
  /// std::monostate: an optional field that is absent.
  std::variant<bool, std::uint64_t, std::string, Vector, Set, Table, std::monostate> value;

  WireValue(bool v) : value(v) {}
  WireValue(std::uint64_t v) : value(v) {}
  WireValue(std::string v) : value(std::move(v)) {}
  WireValue(Vector v) : value(std::move(v)) {}
  WireValue(Set v) : value(std::move(v)) {}
  WireValue(Table v) : value(std::move(v)) {}
  WireValue(std::monostate) : value(std::monostate{}) {}
  /// Without this one, a literal would become a bool.
  WireValue(const char* v) : value(std::string(v)) {}

  bool operator==(const WireValue& other) const { return value == other.value; }
};

/// An event of Zeek with its module, e.g. "MISP::ping_v2".
struct WireEvent {
  std::string name;
  WireValue::Vector args;
  bool operator==(const WireEvent& other) const { return name == other.name && args == other.args; }
};

/// An event on its way.
struct WireMessage {
  std::string topic;
  WireEvent event;
  bool operator==(const WireMessage& other) const {
    return topic == other.topic && event == other.event;
  }
};

}  // namespace misp_zeek::zeek
