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
                   const Row& row) {
  const Attribute& attribute = row.attribute;
  const FilterOptions& filter = reader.filter;
  const auto listed = [](const auto& list, const auto& value) {
    return list.empty() || has(list, value);
  };
  if ((attribute.deleted && !search.with_deleted) || !row_shows(state, reader, row) ||
      !listed(search.event_ids, attribute.event_id) || !listed(search.uuids, attribute.uuid) ||
      (search.changed_since != 0 && attribute.timestamp < search.changed_since)) {
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
  return (attribute.to_ids || !filter.to_ids) && published && names_admit(filter.tags, tags) &&
         names_admit(filter.types, {attribute.type}) &&
         names_admit(filter.event_ids, {std::to_string(attribute.event_id)});
}

/// Removed after the page was cut, as MISP does it.
bool is_hidden(const State& state, const Reader& reader, const AttributeSearch& search,
               const Row& row) {
  const bool warned = search.apply_filter && !search.fixed_events &&
                      reader.filter.enforce_warninglist &&
                      state.warninglist.contains(row.attribute.value);
  return warned || state.allowedlist.contains(row.attribute.value);
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

AttributeReply MispModel::search(const State& state, const Reader& reader, const SearchCall& call) {
  AttributeReply reply;
  std::uint64_t skip = std::uint64_t{call.limit} * (call.page - 1);
  std::uint64_t fetched = 0;
  for (const auto& [id, row] : state.attributes) {
    if (!search_admits(state, reader, call.search, row)) {
      continue;
    }
    if (call.limit > 0 && skip > 0) {
      --skip;
      continue;
    }
    if (call.limit > 0 && fetched == call.limit) {
      break;
    }
    ++fetched;
    if (!is_hidden(state, reader, call.search, row)) {
      reply.rows.push_back(make_row(state, reader, call.search, row));
    }
  }
  // As X-Result-Count tells: rows before any is hidden.
  reply.complete = call.limit == 0 || fetched < call.limit;
  reply.hidden = fetched - reply.rows.size();
  if (call.limit > 0 && reply.rows.empty() && fetched == 1) {
    reply.hidden = 0;  // the count of an empty page is 1, too
  }
  return reply;
}

EventIndex MispModel::index(const State& state, const Reader& reader, const IndexCall& call) {
  EventIndex index;
  std::set<std::uint64_t> active;
  for (const auto& [id, row] : state.attributes) {
    if (!row.attribute.deleted) {
      active.insert(row.attribute.event_id);
    }
  }
  for (const auto& [id, event] : state.events) {
    const auto moment = call.which == IndexCall::Which::kPublishedSince
                            ? *event.event.publish_timestamp
                            : *event.event.timestamp;
    const bool asked = call.which == IndexCall::Which::kAll || moment >= call.since;
    if (asked && active.contains(id) && event_shows(state, reader, event)) {
      index.rows.push_back({id, *event.event.uuid, *event.event.timestamp, *event.event.published});
    }
  }
  return index;
}

EventDetails MispModel::events(const State& state, const Reader& reader, const EventCall& call) {
  EventDetails details;
  for (const auto& [id, event] : state.events) {
    if (!has(call.ids, id) || !event_shows(state, reader, event)) {
      continue;
    }
    EventDetail detail;
    detail.row = {id, *event.event.uuid, *event.event.timestamp, *event.event.published};
    detail.info = event.event.info;
    for (const auto& [attribute, row] : state.attributes) {
      detail.attribute_count += row.attribute.event_id == id && !row.attribute.deleted ? 1 : 0;
    }
    details.events.push_back(std::move(detail));
  }
  return details;
}

bool MispModel::shows_anything(const State& state, const Reader& reader) {
  return std::any_of(state.attributes.begin(), state.attributes.end(), [&](const auto& item) {
    return !item.second.attribute.deleted && row_shows(state, reader, item.second);
  });
}

RestReply MispModel::reply(const State& state, const Reader& reader, const RestCall& call,
                           std::int64_t now) {
  RestReply reply;
  reply.server_time = now;
  if (const auto* search_call = std::get_if<SearchCall>(&call)) {
    reply.body = search(state, reader, *search_call);
  } else if (const auto* index_call = std::get_if<IndexCall>(&call)) {
    reply.body = index(state, reader, *index_call);
  } else if (const auto* event_call = std::get_if<EventCall>(&call)) {
    reply.body = events(state, reader, *event_call);
  } else if (const auto* presence = std::get_if<PresenceCall>(&call)) {
    const bool present =
        std::any_of(state.attributes.begin(), state.attributes.end(), [&](const auto& item) {
          const Row& row = item.second;
          return row.attribute.uuid == presence->uuid && !row.attribute.deleted &&
                 row_shows(state, reader, row);
        });
    reply.body = Presence{present};
  } else {
    reply.body =
        MispUser{"model", reader.org, reader.site_admin ? 1U : 3U, reader.site_admin, true};
  }
  return reply;
}

std::vector<AttributeRow> MispModel::wanted(const State& state, const Reader& reader,
                                            std::int64_t now) {
  std::vector<AttributeRow> rows;
  AttributeSearch fixed;
  fixed.fixed_events = true;
  for (const auto& [id, row] : state.attributes) {
    if (state.allowedlist.contains(row.attribute.value)) {
      continue;
    }
    const bool is_fixed = search_admits(state, reader, fixed, row);
    const auto age = reader.filter.max_age.count();
    const bool young = age == 0 || row.attribute.timestamp >= now - age;
    const bool ever = state.events.at(row.attribute.event_id).event.publish_timestamp > 0;
    const AttributeRow shown = make_row(state, reader, {}, row);
    const bool filtered = search_admits(state, reader, {}, row) && young &&
                          !is_hidden(state, reader, {}, row) &&
                          !is_disputed(reader, shown.attribute, now) &&
                          (reader.filter.published != PublishedMode::kEverPublished || ever);
    if (is_fixed || filtered) {
      rows.push_back(shown);
    }
  }
  return rows;
}

}  // namespace misp_zeek::model
