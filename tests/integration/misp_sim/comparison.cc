// SPDX-License-Identifier: BSD-3-Clause
#include "comparison.h"

#include <cstdlib>
#include <nlohmann/json.hpp>

namespace misp_zeek::misp_sim {
namespace {

constexpr long kNear = 5;  // seconds; the recording took a second or two per operation

bool is_time(const std::string& key) {
  return key == "timestamp" || key == "publish_timestamp" || key == "sighting_timestamp" ||
         key == "date_sighting";
}

bool is_uuid(const std::string& key) { return key == "uuid" || key == "attribute_uuid"; }

long number_of(const nlohmann::ordered_json& value) {
  return value.is_string() ? std::strtol(value.get<std::string>().c_str(), nullptr, 10)
                           : value.get<long>();
}

}  // namespace

bool Comparison::uuids_correspond(const std::string& recorded, const std::string& simulated) {
  return uuids_.try_emplace(recorded, simulated).first->second == simulated;
}

std::string Comparison::compare_objects(const Json& recorded, const Json& simulated,
                                        const std::string& path) {
  auto other = simulated.begin();
  for (auto it = recorded.begin(); it != recorded.end(); ++it, ++other) {
    if (other == simulated.end()) return path + " lacks " + it.key();
    if (it.key() != other.key()) return path + " has " + other.key() + " for " + it.key();
    auto found = compare(it.value(), other.value(), path + '/' + it.key(), it.key());
    if (!found.empty()) return found;
  }
  return other == simulated.end() ? "" : path + " has " + other.key() + " too much";
}

std::string Comparison::compare(const Json& recorded, const Json& simulated,
                                const std::string& path, const std::string& key) {
  const auto differ = [&] { return path + ": " + recorded.dump() + " != " + simulated.dump(); };
  if (recorded.type() != simulated.type() && !(recorded.is_number() && simulated.is_number())) {
    return differ();
  }
  if (recorded.is_object()) return compare_objects(recorded, simulated, path);
  if (recorded.is_array()) {
    if (recorded.size() != simulated.size()) return differ();
    for (std::size_t i = 0; i < recorded.size(); ++i) {
      auto found = compare(recorded[i], simulated[i], path + '/' + std::to_string(i), key);
      if (!found.empty()) return found;
    }
    return "";
  }
  if (key == "colour" || key == "description" || key == "attribute_count") return "";
  if (is_time(key)) {
    return std::labs(number_of(recorded) - number_of(simulated)) <= kNear ? "" : differ();
  }
  if (is_uuid(key)) return uuids_correspond(recorded, simulated) ? "" : differ();
  return recorded == simulated ? "" : differ();
}

std::string Comparison::difference(const Json& recorded, const Json& simulated) {
  return compare(recorded, simulated, "", "");
}

std::string Comparison::translated(const std::string& text) const {
  std::string out = text;
  for (const auto& [recorded, simulated] : uuids_) {
    for (auto at = out.find(recorded); at != std::string::npos; at = out.find(recorded, at)) {
      out.replace(at, recorded.size(), simulated);
      at += simulated.size();
    }
  }
  return out;
}

}  // namespace misp_zeek::misp_sim
