// SPDX-License-Identifier: BSD-3-Clause
#include "search.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "json_writer.h"
#include "search_filter.h"
#include "shapes.h"
#include "values.h"

namespace misp_zeek::misp_sim {
namespace {

/// Everything but what picks and dresses the rows of a page.
std::string filter_key(const Json& filters) {
  Json key = filters;
  for (const char* name :
       {"page", "limit", "enforceWarninglist", "includeContext", "includeEventTags",
        "includeEventUuid", "includeSightings", "returnFormat"}) {
    key.erase(name);
  }
  return key.dump();
}

/// Calls `fn(attribute, event)` for the visible rows that can match, in order of the ids.
template <typename Fn>
void for_each_candidate(const Database& db, const SearchFilter& filter, Fn fn) {
  const Event* event = nullptr;
  const auto visit = [&](const Attribute& attribute) {
    if (event == nullptr || event->id != attribute.event_id) {
      event = db.events().find_visible(attribute.event_id);
    }
    if (event != nullptr) fn(attribute, *event);
  };
  // The indexes know only what is already committed to them, not what readers still see.
  if (db.holds_changes() || (filter.uuids().empty() && filter.events().empty())) {
    db.attributes().for_each_visible(visit);
    return;
  }
  std::set<Id> ids;
  if (!filter.uuids().empty()) {
    for (const auto& uuid : filter.uuids()) {
      if (const auto* attribute = db.attribute(uuid)) ids.insert(attribute->id);
    }
    for (const Id id : filter.uuid_events()) {
      ids.insert(db.attributes_of(id).begin(), db.attributes_of(id).end());
    }
  } else {
    for (const Id id : filter.events()) {
      ids.insert(db.attributes_of(id).begin(), db.attributes_of(id).end());
    }
  }
  for (const Id id : ids) visit(*db.attributes().find(id));
}

/// `"Attribute.timestamp DESC"`: by id, timestamp or uuid; anything else is by id.
void sort_rows(std::vector<const Attribute*>& rows, const std::string& order) {
  const std::string lower = to_lower(order);
  const bool by_time = lower.find("timestamp") != std::string::npos;
  const bool by_uuid = lower.find("uuid") != std::string::npos;
  const auto less = [&](const Attribute* a, const Attribute* b) {
    if (by_time && a->timestamp != b->timestamp) return a->timestamp < b->timestamp;
    return by_uuid ? a->uuid < b->uuid : a->id < b->id;
  };
  std::sort(rows.begin(), rows.end(), less);
  if (lower.ends_with("desc")) std::reverse(rows.begin(), rows.end());
}

}  // namespace

const std::vector<Id>& Search::matches(const Json& filters, std::int64_t now) {
  const auto key = filter_key(filters) + instance_.visibility();
  const SearchFilter filter(filters, db_, now);
  if (filter.lasting() && key == last_key_ && db_.version() == last_version_) {
    return last_matches_;
  }
  std::vector<const Attribute*> rows;
  for_each_candidate(db_, filter, [&](const Attribute& attribute, const Event& event) {
    if (instance_.shows(attribute, event) && filter.accepts(attribute, event)) {
      rows.push_back(&attribute);
    }
  });
  auto order = text_field(filters, "order").value_or("");
  if (order.empty() && !filter.uuids().empty()) order = "Attribute.uuid ASC";  // the index used
  if (!order.empty()) sort_rows(rows, order);
  last_matches_.clear();
  for (const auto* row : rows) last_matches_.push_back(row->id);
  last_key_ = filter.lasting() ? key : "";
  last_version_ = db_.version();
  return last_matches_;
}

bool Search::is_warned(const Attribute& attribute) const {
  return std::any_of(db_.warninglists().begin(), db_.warninglists().end(), [&](const auto& entry) {
    return entry.second.enabled && entry.second.hits(attribute);
  });
}

std::size_t Search::write_rows(Page& page, const Json& filters, std::size_t first, std::size_t last,
                               bool count_only) const {
  RowOptions options;
  options.event_tags = as_flag(field(filters, "includeEventTags"));
  options.event_uuid = as_flag(field(filters, "includeEventUuid"));
  options.sightings = as_flag(field(filters, "includeSightings"));
  options.context = as_flag(field(filters, "includeContext"));
  const bool enforce = as_flag(field(filters, "enforceWarninglist"));
  constexpr std::size_t kBytesPerRow = 640;
  if (!count_only) page.body.reserve(page.body.size() + (last - first + 1) * kBytesPerRow);
  JsonWriter json(page.body, db_.native_numbers);
  std::size_t left = 0;
  for (std::size_t i = first; i < last; ++i) {
    const auto& attribute = *db_.attributes().find_visible(last_matches_[i]);
    if (enforce && is_warned(attribute)) {
      ++page.skipped;
      continue;
    }
    ++left;
    if (instance_.hides(attribute.value())) continue;
    ++page.shown;
    if (count_only) continue;
    write_row(json, db_, attribute, *db_.events().find_visible(attribute.event_id), options);
  }
  return left;
}

void Search::fetch_in_chunks(Page& page, const Json& filters, std::size_t skip, std::size_t limit,
                             bool count_only) const {
  const std::size_t found = last_matches_.size();
  const std::size_t wanted = limit == 0 ? instance_.chunk_rows() : limit;
  std::size_t chunk = std::min(wanted, instance_.chunk_rows());
  bool more = limit == 0 || wanted > chunk;
  bool one_more = false;
  std::size_t at = skip;
  do {
    if (page.fetched + chunk > wanted) {
      chunk = wanted - page.fetched;
      more = false;
    }
    const std::size_t first = std::min(at, found);
    const std::size_t last = chunk == 0 ? found : std::min(found, first + chunk);
    const std::size_t left = write_rows(page, filters, first, last, count_only);
    page.fetched += last - first;
    // MISP takes a full page, and one where nothing is left, for one with more behind it.
    one_more = !more && (left == 0 || left >= chunk);
    if (left == 0 || left < chunk) break;
    at += chunk;
  } while (more);
  // Counted before the allowedlist hides any.
  page.result_count = page.fetched + (one_more ? 1 : 0);
}

Search::Page Search::run(const Json& filters, std::int64_t now, bool count_only) {
  const auto& found = matches(filters, now);
  Page page;
  if (!found.empty()) page.first_match = found.front();
  const auto limit = static_cast<std::size_t>(
      std::max<std::int64_t>(0, number_field(filters, "limit").value_or(0)));
  page.paged = limit > 0;
  const auto number = std::max<std::int64_t>(1, number_field(filters, "page").value_or(1));
  const std::size_t skip = std::min(found.size(), static_cast<std::size_t>(number - 1) * limit);
  const auto& costs = instance_.costs();
  const std::size_t rows = page.paged ? std::min(limit, found.size() - skip) : found.size();
  if (count_only && costs.count_rows_at_most != 0 && rows > costs.count_rows_at_most) {
    page.too_many = true;
    page.cost = costs.count_row * costs.count_rows_at_most;
    return page;
  }
  if (!count_only) page.body = R"({"response": {"Attribute": [)";
  fetch_in_chunks(page, filters, skip, limit, count_only);
  page.body = count_only ? std::to_string(page.shown) : std::move(page.body) + "]}}\n";
  page.cost = count_only ? costs.count_row * page.fetched
                         : costs.row * page.fetched + costs.offset_row * skip;
  return page;
}

}  // namespace misp_zeek::misp_sim
