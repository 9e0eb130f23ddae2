// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/mapping/filter.h"
#include "core/sync/rest_call.h"

namespace misp_zeek::misp {

/// What decides the body of a search besides the search itself.
struct SearchContext {
  FilterOptions filter;
  /// MISP types that can become indicators. Every search names its types, so that MISP never
  /// sends what is of no use.
  std::vector<std::string> mapped_types;
};

/// The JSON body of POST /attributes/restSearch. nullopt when nothing can match, e.g. because the
/// filter and the search name different events.
///
/// What MISP does with each key is in its RestSearchComponent and MispAttribute::restSearch. Two
/// traps decide the form: a filter with JSON `false` is ignored, and so is an unknown key; hence 1
/// for true and no key for "either".
std::optional<std::string> search_body(const SearchCall& call, const SearchContext& context);

/// POST /events/index. A moment alone, not a list of two, is what older versions take as well.
std::string index_body(const IndexCall& call);

/// POST /events/restSearch.
std::string events_body(const EventCall& call);

}  // namespace misp_zeek::misp
