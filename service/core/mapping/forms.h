// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/mapping/mapping.h"

/// Where Zeek presents indicators to its Intel framework: as data, for `explain` and for the docs.
namespace misp_zeek::mapping {

struct SeenPlace {
  IndicatorType type;
  std::string_view where;  ///< an Intel::Where of Zeek 8.2, or of the package
  std::string_view in;     ///< for people: "DNS requests"
  std::string_view needs;  ///< besides frameworks/intel/seen, e.g. "extra/subdomains"; often empty
  /// Of which indicators of the type; nullptr: of all.
  bool (*presents)(std::string_view indicator) = nullptr;
};

/// In the order of the types, the most common place first.
std::span<const SeenPlace> seen_places();

/// Those of one indicator. Empty for one that none of Zeek's scripts and extras presents.
std::vector<SeenPlace> places_of(const IndicatorKey& key);

/// "DNS requests, TLS server names, HTTP Host headers, certificates"; empty if there are none.
std::string shown_places(const IndicatorKey& key);

/// Why a Zeek with these capabilities (`proto/README.md`) does not see an indicator that it holds,
/// e.g. "needs extra/http-urls"; empty if it does.
std::string blindness(const IndicatorKey& key, const std::set<std::string>& capabilities);

/// A sentence's end about a refusal: "a wildcard of mail addresses; Zeek compares whole ones".
/// Empty where the reason's name says all.
std::string_view explanation_of(Reject reason);

/// The page docs/what-zeek-sees.md below its mark: what types become, and where that is seen.
std::string forms_tables();

}  // namespace misp_zeek::mapping
