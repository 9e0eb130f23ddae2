// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>

#include "core/mapping/mapping.h"

/// Tables of values and what becomes of them, as text: "ADDR 192.0.2.1", "ADDR 192.0.2.1 :443",
/// "DOMAIN a.example + ADDR 192.0.2.1", or the reason of a refusal such as "!bad_address".
namespace misp_zeek::test {

inline std::string shown(const tl::expected<std::vector<Mapped>, Reject>& result) {
  if (!result) return "!" + std::string(to_string(result.error()));
  std::string out;
  for (const Mapped& mapped : *result) {
    if (!out.empty()) out += " + ";
    out += to_string(mapped.key.type).substr(std::string_view("Intel::").size());
    out += " " + mapped.key.indicator;
    if (!mapped.port.empty()) out += " :" + mapped.port;
  }
  return out;
}

struct Row {
  std::string_view type;
  std::string_view value;
  std::string_view expected;
};

inline void check(const Mapping& mapping, std::initializer_list<Row> rows) {
  for (const Row& row : rows) {
    EXPECT_EQ(shown(mapping.map(row.type, row.value)), row.expected)
        << row.type << " \"" << row.value << "\"";
  }
}

inline void check(std::initializer_list<Row> rows) { check(Mapping(), rows); }

}  // namespace misp_zeek::test
