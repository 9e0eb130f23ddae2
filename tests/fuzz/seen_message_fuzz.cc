// SPDX-License-Identifier: BSD-3-Clause
// A sighting that anybody who speaks as Zeek can make: attributes, then after a newline a time.
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>

#include "core/sightings/sighting_check.h"
#include "fuzz_target.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace misp_zeek;
  constexpr UnixSeconds kNow = 1'800'000'000;
  static const IndicatorStore kEmpty({}, "0123456789abcdef");
  const auto text = fuzz::text_of(data, size);
  const auto newline = std::min(text.find('\n'), text.size());
  contract::Sighting sighting;
  sighting.attribute_uuids = std::string(text.substr(0, newline));
  const auto rest = text.substr(std::min(newline + 1, text.size()));
  sighting.seen_at = kNow;
  std::from_chars(rest.data(), rest.data() + rest.size(), sighting.seen_at);
  contract::Seen seen{"zeek", 1, 0, {sighting, sighting}};
  const auto dropped = drop_impossible(seen, nullptr, kNow, {.max_attributes = 10});
  for (const auto& one : seen.sightings) {
    fuzz::require(one.seen_at >= kNow - 7 * 86'400 && one.seen_at <= kNow + 300,
                  "a time that is kept can be");
    fuzz::require(one.attribute_uuids.size() <= 10 * 37, "attributes are bounded");
    fuzz::require(one.attribute_uuids.empty() || one.attribute_uuids.size() % 37 == 36,
                  "attributes are uuids");
  }
  fuzz::require(dropped > 0 || seen.sightings.size() == 2 || sighting.attribute_uuids.empty(),
                "what is dropped is counted");
  drop_impossible(seen, &kEmpty, kNow);
  for (const auto& one : seen.sightings) {
    fuzz::require(one.attribute_uuids.empty(), "what the service does not have is dropped");
  }
  return 0;
}
