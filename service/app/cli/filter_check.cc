// SPDX-License-Identifier: BSD-3-Clause
#include "app/cli/filter_check.h"

#include <charconv>
#include <map>
#include <set>
#include <utility>

namespace misp_zeek::app {
namespace {

using Findings = std::vector<FilterFinding>;

Result<void> check_events(const FilterOptions& filter, const AskMisp& ask, Findings& findings) {
  std::map<std::uint64_t, std::string> keys;
  for (const std::uint64_t id : filter.fixed_events) {
    keys[id] = "filter.fixed_events";
  }
  for (const std::string& name : filter.event_ids) {
    const std::size_t skip = name.starts_with('!') ? 1 : 0;
    std::uint64_t id = 0;
    std::from_chars(name.data() + skip, name.data() + name.size(), id);
    keys[id] = "filter.event_ids";
  }
  if (keys.empty()) {
    return {};
  }
  EventCall call;
  for (const auto& [id, key] : keys) {
    call.ids.push_back(id);
  }
  const auto reply = ask(filter, call);
  if (!reply) {
    return tl::unexpected<Error>(reply.error());
  }
  if (const auto* details = std::get_if<EventDetails>(&reply->body)) {
    for (const EventDetail& event : details->events) {
      keys.erase(event.row.id);
    }
  }
  for (const auto& [id, key] : keys) {
    findings.push_back({false, key + ": MISP shows this user no event " + std::to_string(id) +
                                   ": check the number, and whether the user may see it"});
  }
  return {};
}

/// Whether any attribute that the user may see has the tag, or its event.
Result<bool> is_used(const std::string& tag, const AskMisp& ask) {
  FilterOptions only;
  only.to_ids = false;
  only.tags = {tag};
  SearchCall call;
  call.search.apply_filter = true;
  call.search.any_type = true;
  call.limit = 1;
  const auto reply = ask(only, call);
  if (!reply) {
    return tl::unexpected<Error>(reply.error());
  }
  const auto* found = std::get_if<AttributeReply>(&reply->body);
  return found != nullptr && (!found->rows.empty() || !found->skipped.empty() || found->hidden > 0);
}

}  // namespace

Result<std::vector<FilterFinding>> check_filter(const FilterOptions& filter, const AskMisp& ask) {
  Findings findings;
  if (auto checked = check_events(filter, ask, findings); !checked) {
    return tl::unexpected<Error>(std::move(checked.error()));
  }
  for (const std::string& name : filter.tags) {
    const bool exclusion = name.starts_with('!');
    const std::string tag = name.substr(exclusion ? 1 : 0);
    const auto used = is_used(tag, ask);
    if (!used) {
      return tl::unexpected<Error>(used.error());
    }
    if (!*used) {
      findings.push_back(
          {exclusion, "filter.tags: MISP shows this user no attribute with the tag \"" + tag +
                          "\": " +
                          (exclusion ? "it excludes nothing yet; check its spelling"
                                     : "nothing with it can go to Zeek; check its "
                                       "spelling, capitals count")});
    }
  }
  return findings;
}

}  // namespace misp_zeek::app
