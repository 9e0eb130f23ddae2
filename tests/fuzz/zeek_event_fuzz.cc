// SPDX-License-Identifier: BSD-3-Clause
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "fuzz_target.h"
#include "zeek/codec.h"

namespace {

using Json = nlohmann::ordered_json;
using misp_zeek::zeek::WireEvent;
using misp_zeek::zeek::WireValue;

/// A record is an object with its fields in order; what a WireValue cannot hold becomes a text.
WireValue value_of(const Json& json) {
  if (json.is_boolean()) {
    return json.get<bool>();
  }
  if (json.is_number_unsigned()) {
    return json.get<std::uint64_t>();
  }
  if (json.is_structured()) {
    WireValue::Vector values;
    for (const auto& member : json) {
      values.push_back(value_of(member));
    }
    return values;
  }
  return json.is_string() ? json.get<std::string>() : std::string();
}

}  // namespace

/// The form of the files in proto/golden.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace misp_zeek;
  const auto json = Json::parse(data, data + size, nullptr, false);
  if (!json.is_object() || !json.contains("event") || !json.contains("args") ||
      !json["event"].is_string() || !json["args"].is_array()) {
    return 0;
  }
  WireEvent event{json["event"].get<std::string>(), {}};
  for (const auto& argument : json["args"]) {
    event.args.push_back(value_of(argument));
  }
  if (const auto from = zeek::decode_from_zeek(event)) {
    const auto again = zeek::decode_from_zeek(zeek::encode(*from));
    fuzz::require(again.has_value() && zeek::encode(*again) == zeek::encode(*from),
                  "an answer of Zeek survives encoding");
  } else {
    fuzz::require_sound_text(from.error().message);
  }
  if (const auto to = zeek::decode_to_zeek(event)) {
    const auto again = zeek::decode_to_zeek(zeek::encode(*to));
    fuzz::require(again.has_value() && zeek::encode(*again) == zeek::encode(*to),
                  "a message to Zeek survives encoding");
  } else {
    fuzz::require_sound_text(to.error().message);
  }
  return 0;
}
