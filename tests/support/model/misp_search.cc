// SPDX-License-Identifier: BSD-3-Clause
// What MispModel answers over REST, and the naive rebuild of what Zeek must hold.
#include <algorithm>
#include <utility>

#include "model/misp_model.h"

namespace misp_zeek::model {
namespace {

using State = MispModel::State;
using Reader = MispModel::Reader;
using Row = MispModel::ModelAttribute;

bool names_admit(const std::vector<std::string>& names, const std::set<std::string>& values) {
  bool any_included = false;
  bool included = false;
  for (const auto& name : names) {
    if (name.starts_with('!')) {
      if (values.contains(name.substr(1))) {
        return false;
      }
    } else {
      any_included = true;
      included |= values.contains(name);
    }
  }
  return included || !any_included;
}

template <typename List, typename Value>
bool has(const List& list, const Value& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

bool level_shows(Distribution distribution, bool member) {
  return distribution != Distribution::kOrganisation &&
         (distribution != Distribution::kSharingGroup || member);
}

bool event_shows(const State& state, const Reader& reader, const MispModel::ModelEvent& event) {
  return reader.site_admin || event.event.org_id == reader.org ||
         (level_shows(*event.event.distribution, event.member) &&
          (!state.unpublished_private || event.event.published == true));
}

bool row_shows(const State& state, const Reader& reader, const Row& row) {
  const auto& owner = state.events.at(row.attribute.event_id);
  return event_shows(state, reader, owner) &&
         (reader.site_admin || owner.event.org_id == reader.org ||
          level_shows(*row.attribute.distribution, row.member));
}

/// What MISP's search decides itself; the rest of the filter is checked by its user.
bool search_admits(const State& state, const Reader& reader, const AttributeSearch& search,
                   const Row& row, std::int64_t now) {
  const Attribute& attribute = row.attribute;
  const FilterOptions& filter = reader.filter;
  const auto listed = [](const auto& list, const auto& value) {
    return list.empty() || has(list, value);
  };
  if (attribute.deleted || !row_shows(state, reader, row) ||
      !listed(search.event_ids, attribute.event_id) || !listed(search.uuids, attribute.uuid)) {
    return false;
  }
  if (search.fixed_events) {
    return has(filter.fixed_events, attribute.event_id);
  }
  if (!search.apply_filter) {
    return true;
  }
  const auto& owner = state.events.at(attribute.event_id);
  std::set<std::string> tags = row.tags;
  tags.insert(owner.tags.begin(), owner.tags.end());
  const bool published =
      filter.published != PublishedMode::kPublished || owner.event.published == true;
  const bool young =
      filter.max_age.count() == 0 || attribute.timestamp >= now - filter.max_age.count();
  return (attribute.to_ids || !filter.to_ids) && published && young &&
         names_admit(filter.tags, tags) && names_admit(filter.types, {attribute.type}) &&
         names_admit(filter.event_ids, {std::to_string(attribute.event_id)});
}

/// Removed after the page was cut, as MISP does it.
bool is_warned(const State& state, const Reader& reader, const AttributeSearch& search,
               const Row& row) {
  return search.apply_filter && !search.fixed_events && reader.filter.enforce_warninglist &&
         state.warninglist.contains(row.attribute.value);
}

/// MISP shows sightings to the event's owner, and when it is asked for them.
bool shows_sightings(const State& state, const Reader& reader, const AttributeSearch& search,
                     const Row& row) {
  return reader.filter.needs_sightings() && search.apply_filter &&
         (reader.site_admin || state.events.at(row.attribute.event_id).event.org_id == reader.org);
}

bool is_disputed(const Reader& reader, const Attribute& attribute, std::int64_t now) {
  const FilterOptions& filter = reader.filter;
  return (filter.honour_false_positives > 0 &&
          attribute.false_positives >= filter.honour_false_positives) ||
         (filter.honour_expirations && attribute.expires && *attribute.expires <= now);
}

AttributeRow make_row(const State& state, const Reader& reader, const AttributeSearch& search,
                      const Row& row) {
  Event event = state.events.at(row.attribute.event_id).event;
  event.published.reset();
  event.timestamp.reset();
  AttributeRow result{row.attribute, event};
  if (!shows_sightings(state, reader, search, row)) {
    result.attribute.false_positives = 0;
    result.attribute.expires.reset();
  }
  result.attribute.tags = std::vector<std::string>(row.tags.begin(), row.tags.end());
  if (!reader.filter.shown_tags.empty()) {
    const auto& inherited = state.events.at(row.attribute.event_id).tags;
    result.attribute.tags->insert(result.attribute.tags->end(), inherited.begin(), inherited.end());
  }
  return result;
}

}  // namespace

AttributePage MispModel::search(const State& state, const Reader& reader,
                                const AttributeSearch& search, std::uint32_t page,
                                std::uint32_t limit, std::int64_t now) {
  AttributePage result;
  std::uint64_t skip = std::uint64_t{limit} * (page - 1);
  for (const auto& [id, row] : state.attributes) {
    if (!search_admits(state, reader, search, row, now)) {
      continue;
    }
    if (skip > 0) {
      --skip;
    } else if (result.rows.size() + result.skipped == limit) {
      break;
    } else if (is_warned(state, reader, search, row)) {
      ++result.skipped;
    } else {
      result.rows.push_back(make_row(state, reader, search, row));
    }
  }
  result.last = result.rows.size() + result.skipped < limit;
  return result;
}

std::uint64_t MispModel::count(const State& state, const Reader& reader,
                               const AttributeSearch& search, std::int64_t now) {
  return static_cast<std::uint64_t>(std::count_if(
      state.attributes.begin(), state.attributes.end(),
      [&](const auto& item) { return search_admits(state, reader, search, item.second, now); }));
}

EventIndex MispModel::index(const State& state, const Reader& reader, std::int64_t now) {
  EventIndex index;
  index.server_time = now;
  std::set<std::uint64_t> active;
  for (const auto& [id, row] : state.attributes) {
    if (!row.attribute.deleted) {
      active.insert(row.attribute.event_id);
    }
  }
  for (const auto& [id, event] : state.events) {
    if (active.contains(id) && event_shows(state, reader, event)) {
      index.rows.push_back({id, *event.event.uuid, *event.event.timestamp, *event.event.published});
    }
  }
  return index;
}

bool MispModel::shows_anything(const State& state, const Reader& reader) {
  return std::any_of(state.attributes.begin(), state.attributes.end(), [&](const auto& item) {
    return !item.second.attribute.deleted && row_shows(state, reader, item.second);
  });
}

RestAnswer MispModel::answer(const State& state, const Reader& reader, const RestCall& call,
                             std::int64_t now) {
  if (const auto* listed = std::get_if<SearchCall>(&call)) {
    return search(state, reader, listed->search, listed->page, listed->limit, now);
  }
  if (const auto* counted = std::get_if<CountCall>(&call)) {
    return count(state, reader, counted->search, now);
  }
  if (std::holds_alternative<IndexCall>(call)) {
    return index(state, reader, now);
  }
  if (const auto* presence = std::get_if<PresenceCall>(&call)) {
    return Presence{
        std::any_of(state.attributes.begin(), state.attributes.end(), [&](const auto& item) {
          const Row& row = item.second;
          return row.attribute.uuid == presence->uuid && !row.attribute.deleted &&
                 row_shows(state, reader, row);
        })};
  }
  return MispUser{"model", reader.org, reader.site_admin, true};
}

std::vector<AttributeRow> MispModel::wanted(const State& state, const Reader& reader,
                                            std::int64_t now) {
  std::vector<AttributeRow> rows;
  AttributeSearch fixed;
  fixed.fixed_events = true;
  for (const auto& [id, row] : state.attributes) {
    const bool is_fixed = search_admits(state, reader, fixed, row, now);
    const bool ever = state.events.at(row.attribute.event_id).event.publish_timestamp > 0;
    const AttributeRow shown = make_row(state, reader, {}, row);
    const bool filtered = search_admits(state, reader, {}, row, now) &&
                          !is_warned(state, reader, {}, row) &&
                          !is_disputed(reader, shown.attribute, now) &&
                          (reader.filter.published != PublishedMode::kEverPublished || ever);
    if (is_fixed || filtered) {
      rows.push_back(shown);
    }
  }
  return rows;
}

}  // namespace misp_zeek::model
