// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/mapping/filter.h"
#include "core/sync/misp_rest.h"

namespace misp_zeek::misp {

/// What decides the body of a search besides the search itself.
struct SearchContext {
  FilterOptions filter;
  /// MISP types that can become indicators. Every search names its types, so that MISP never
  /// sends what is of no use.
  std::vector<std::string> mapped_types;
  UnixSeconds now = 0;
};

/// A page of `returnFormat json`, or the number of rows alone.
struct SearchPage {
  std::uint32_t page = 1;
  std::uint32_t limit = 0;
};

/// The JSON body of POST /attributes/restSearch; without `page`, of `returnFormat count`. nullopt
/// when nothing can match, e.g. because the filter and the search name different events.
///
/// What MISP does with each key is in its RestSearchComponent and MispAttribute::restSearch. Two
/// traps decide the form: a filter with JSON `false` is ignored, and so is an unknown key; hence 1
/// for true and no key for "either".
std::optional<std::string> search_body(const AttributeSearch& search, const SearchContext& context,
                                       const std::optional<SearchPage>& page);

}  // namespace misp_zeek::misp
