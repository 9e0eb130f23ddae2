// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <functional>
#include <string_view>

#include "core/mapping/mapping.h"
#include "fuzz_target.h"

namespace {

using namespace misp_zeek;

void check(const Mapping& mapping, std::string_view type, std::string_view value) {
  const auto mapped = mapping.map(type, value);
  if (!mapped) {
    fuzz::require(!to_string(mapped.error()).empty(), "a reason has a name");
    fuzz::require(mapping.knows(type) == (mapped.error() != Reject::kUnmappedType),
                  "only types without a rule are unmapped");
    return;
  }
  fuzz::require(mapping.knows(type), "only known types are mapped");
  fuzz::require(!mapped->empty() && mapped->size() <= 6,
                "one indicator, or a URL's spellings and host");
  for (const Mapped& one : *mapped) {
    const auto& indicator = one.key.indicator;
    fuzz::require(!indicator.empty() && indicator.size() <= MappingOptions().max_length,
                  "indicators are neither empty nor too long");
    fuzz::require(std::none_of(indicator.begin(), indicator.end(),
                               [](unsigned char c) { return c < 0x20 || c == 0x7f; }),
                  "indicators have no control characters");
    fuzz::require(std::none_of(indicator.begin(), indicator.end(),
                               [](char c) { return c >= 'A' && c <= 'Z'; }),
                  "indicators are in lower case");
    fuzz::require(one.port.size() <= 5, "ports have up to five digits");
  }
}

}  // namespace

/// The MISP type, a line feed, the value.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Mapping mapping;
  static const auto types = mapping.types();
  const auto text = fuzz::text_of(data, size);
  const auto end = text.find('\n');
  const auto type = text.substr(0, end);
  const auto value = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  check(mapping, type, value);
  if (!mapping.knows(type)) {  // a mutated name is seldom one: let the value reach a rule
    check(mapping, types[std::hash<std::string_view>{}(type) % types.size()], value);
  }
  return 0;
}
