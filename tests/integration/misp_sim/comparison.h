// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace misp_zeek::misp_sim {

/// Compares messages of a real MISP with simulated ones: same keys in the same order, same types,
/// same values, except what MISP makes up: uuids must correspond one to one, times must be near,
/// colours of tags, descriptions taken from object templates, and attribute_count (a counter that
/// MISP brings up to date late) may differ.
class Comparison {
 public:
  using Json = nlohmann::ordered_json;

  /// "" when alike, else where and how they differ.
  std::string difference(const Json& recorded, const Json& simulated);

  /// `text` with every recorded uuid known so far replaced by the simulated one.
  [[nodiscard]] std::string translated(const std::string& text) const;

 private:
  std::string compare(const Json& recorded, const Json& simulated, const std::string& path,
                      const std::string& key);
  std::string compare_objects(const Json& recorded, const Json& simulated, const std::string& path);
  bool uuids_correspond(const std::string& recorded, const std::string& simulated);

  std::map<std::string, std::string> uuids_;  ///< recorded to simulated
};

}  // namespace misp_zeek::misp_sim
