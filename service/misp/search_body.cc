// SPDX-License-Identifier: BSD-3-Clause
#include "misp/search_body.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

namespace misp_zeek::misp {
namespace {

using Json = nlohmann::json;
using Names = std::vector<std::string>;

bool contains(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Names and exclusions ("!name") apart.
struct NameList {
  explicit NameList(const Names& names) {
    for (const auto& name : names) {
      if (name.starts_with('!')) {
        exclude.push_back(name.substr(1));
      } else {
        include.push_back(name);
      }
    }
  }
  bool admits(std::string_view name) const {
    return !contains(exclude, name) && (include.empty() || contains(include, name));
  }

  Names include;
  Names exclude;
};

Names decimal(const std::vector<std::uint64_t>& ids) {
  Names names;
  names.reserve(ids.size());
  for (const auto id : ids) {
    names.push_back(std::to_string(id));
  }
  return names;
}

Names admitted(const Names& names, const NameList& list) {
  Names result;
  std::copy_if(names.begin(), names.end(), std::back_inserter(result),
               [&list](const std::string& name) { return list.admits(name); });
  return result;
}

/// Sets `eventid`; false when no event is left. MISP is never given names and exclusions in one
/// list: what that means is not documented.
bool restrict_events(Json& body, const AttributeSearch& search, const FilterOptions& filter) {
  const NameList configured(search.fixed_events   ? decimal(filter.fixed_events)
                            : search.apply_filter ? filter.event_ids
                                                  : Names{});
  const bool named = !search.event_ids.empty() || !configured.include.empty();
  if (search.fixed_events && configured.include.empty()) {
    return false;
  }
  if (named) {
    const auto ids = admitted(
        search.event_ids.empty() ? configured.include : decimal(search.event_ids), configured);
    body["eventid"] = ids;
    return !ids.empty();
  }
  if (!configured.exclude.empty()) {
    for (const auto& id : configured.exclude) {
      body["eventid"].push_back("!" + id);
    }
  }
  return true;
}

void apply_filter(Json& body, const FilterOptions& filter) {
  if (filter.to_ids) {
    body["to_ids"] = 1;
  }
  if (filter.published == PublishedMode::kPublished) {
    body["published"] = 1;
  }
  if (!filter.tags.empty()) {
    body["tags"] = filter.tags;
  }
  if (filter.enforce_warninglist) {
    body["enforceWarninglist"] = 1;
  }
}

std::string to_text(const Json& body) {
  // Invalid UTF-8 in a configured tag must not end in an exception.
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// False when no type is left.
bool restrict_types(Json& body, const AttributeSearch& search, const SearchContext& context) {
  if (search.any_type) {
    return true;
  }
  const bool filtered = search.apply_filter && !search.fixed_events;
  auto types = admitted(context.mapped_types, NameList(filtered ? context.filter.types : Names{}));
  const bool any = !types.empty();
  body["type"] = std::move(types);
  return any;
}

}  // namespace

std::optional<std::string> search_body(const SearchCall& call, const SearchContext& context) {
  const auto& search = call.search;
  Json body = {{"returnFormat", "json"}};
  if (call.limit > 0) {
    body["page"] = call.page;
    body["limit"] = call.limit;
    // Without an order MISP gives none, and pages would overlap.
    body["order"] = "Attribute.id ASC";
  }
  if (!restrict_types(body, search, context) || !restrict_events(body, search, context.filter)) {
    return std::nullopt;
  }
  if (search.apply_filter && !search.fixed_events) {
    apply_filter(body, context.filter);
  }
  if (search.changed_since > 0) {
    body["attribute_timestamp"] = search.changed_since;
  }
  if (search.with_deleted) {
    body["deleted"] = {0, 1};
  }
  if (!search.fixed_events && context.filter.needs_sightings()) {
    body["includeSightings"] = 1;
  }
  if (!search.value.empty()) {
    body["value"] = search.value;
  }
  if (!context.filter.shown_tags.empty()) {
    body["includeEventTags"] = 1;
  }
  for (const auto& uuid : search.uuids) {
    body["uuid"].push_back(uuid.str());
  }
  return to_text(body);
}

std::string index_body(const IndexCall& call) {
  Json body = {{"minimal", 1}};
  if (call.which == IndexCall::Which::kChangedSince) {
    body["timestamp"] = call.since;
  } else if (call.which == IndexCall::Which::kPublishedSince) {
    body["publish_timestamp"] = call.since;
  }
  return to_text(body);
}

std::string events_body(const EventCall& call) {
  return to_text({{"returnFormat", "json"}, {"metadata", 1}, {"eventid", decimal(call.ids)}});
}

}  // namespace misp_zeek::misp
