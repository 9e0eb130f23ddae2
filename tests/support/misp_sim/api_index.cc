// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "api.h"
#include "json_writer.h"
#include "shapes.h"
#include "values.h"

namespace misp_zeek::misp_sim {
namespace {

/// `FROM` or `[FROM, TO]`, inclusive.
struct Times {
  Times(const Json& value, std::int64_t now) {
    const auto texts = as_texts(value);
    if (texts.empty() || texts.front().empty()) return;
    from = parse_time(texts.front(), now);
    if (texts.size() > 1) to = parse_time(texts[1], now);
    readable = from.has_value() && (texts.size() < 2 || to.has_value());
  }

  [[nodiscard]] bool accepts(std::int64_t time) const {
    return readable && (!from || time >= *from) && (!to || time <= *to);
  }

  std::optional<std::int64_t> from;
  std::optional<std::int64_t> to;
  bool readable = true;  ///< else nothing is found
};

/// The filters of events/index.
class IndexFilter {
 public:
  IndexFilter(const Json& body, const Database& db, std::int64_t now)
      : timestamp_(field(body, "timestamp"), now),
        publish_timestamp_(field(body, "publish_timestamp"), now) {
    for (const auto& text : as_texts(field(body, "published"))) {
      if (text == "0" || text.empty() || text == "2") published_.insert(false);
      if (text != "0" && !text.empty()) published_.insert(true);
    }
    read_events(body, db);
  }

  [[nodiscard]] bool accepts(const Event& event) const {
    return (published_.size() != 1 || published_.contains(event.published)) &&
           timestamp_.accepts(event.timestamp) &&
           publish_timestamp_.accepts(event.publish_timestamp) &&
           (!ids_ || ids_->contains(event.id)) && (!uuids_ || uuids_->contains(event.id));
  }

 private:
  /// Of a list that mixes ids and uuids MISP gives the events that are in both.
  void read_events(const Json& body, const Database& db) {
    for (const auto& text : as_texts(field(body, "eventid"))) {
      auto& named = parse_id(text) ? ids_ : uuids_;
      if (!named) named.emplace();
      if (const auto* event = db.event(text)) named->insert(event->id);
    }
  }

  std::set<bool> published_;
  Times timestamp_;
  Times publish_timestamp_;
  std::optional<std::set<Id>> ids_;
  std::optional<std::set<Id>> uuids_;
};

/// By a column that exists; anything else leaves the order of the ids.
void sort_events(std::vector<const Event*>& events, const Json& body) {
  const auto column = to_lower(text_field(body, "sort").value_or(""));
  const bool descending = to_lower(text_field(body, "direction").value_or("")) == "desc";
  const auto sort_by = [&](auto key) {
    std::stable_sort(events.begin(), events.end(), [&](const Event* a, const Event* b) {
      return descending ? key(*b) < key(*a) : key(*a) < key(*b);
    });
  };
  if (column == "id") sort_by([](const Event& event) { return event.id; });
  if (column == "timestamp") sort_by([](const Event& event) { return event.timestamp; });
  if (column == "publish_timestamp") {
    sort_by([](const Event& event) { return event.publish_timestamp; });
  }
}

}  // namespace

Response Api::event_index(const Request& /*request*/, const Json& body) {
  const bool minimal = as_flag(field(body, "minimal"));
  const IndexFilter filter(body, db_, changes_.now());
  std::vector<const Event*> events;
  db_.events().for_each_visible([&](const Event& event) {
    // The short form leaves out events without an active attribute.
    if (minimal && db_.active_attributes(event.id) == 0 && !db_.holds_changes()) return;
    if (instance_.shows(event) && filter.accepts(event)) events.push_back(&event);
  });
  sort_events(events, body);
  const std::size_t total = events.size();
  const auto limit = std::max<std::int64_t>(0, number_field(body, "limit").value_or(0));
  const auto page = std::max<std::int64_t>(1, number_field(body, "page").value_or(1));
  const std::size_t per_page = limit == 0 ? total : static_cast<std::size_t>(limit);
  const std::size_t skip = limit == 0 ? 0 : static_cast<std::size_t>(page - 1) * per_page;
  const std::size_t first = std::min(total, skip);
  const std::size_t last = std::min(total, first + per_page);
  Response response;
  constexpr std::size_t kBytesPerEvent = 180;
  response.body.reserve((last - first + 1) * kBytesPerEvent);
  JsonWriter json(response.body, db_.native_numbers);
  json.begin_array();
  for (std::size_t i = first; i < last; ++i) {
    // MISP cannot sign a protected event without its key, so it leaves the event out, but counts
    // it.
    if (!events[i]->is_protected) write_index_entry(json, db_, *events[i], minimal);
  }
  json.end_array();
  response.headers.emplace_back("X-Result-Count", std::to_string(total));
  response.work = std::chrono::duration_cast<std::chrono::microseconds>(
      instance_.costs().index_row * (last - first));
  return response;
}

/// With `metadata` alone: events without their attributes, and those that have none.
Response Api::event_search(const Request& request, const Json& body) {
  if (!as_flag(field(body, "metadata"))) {
    return error_response(403, "Not simulated: search events without metadata.", request.path);
  }
  const IndexFilter filter(body, db_, changes_.now());
  Response response;
  JsonWriter json(response.body, db_.native_numbers);
  json.begin_object().key("response").begin_array();
  std::size_t count = 0;
  db_.events().for_each_visible([&](const Event& event) {
    if (instance_.shows(event) && filter.accepts(event)) {
      json.begin_object().key("Event");
      write_index_entry(json, db_, event, false);
      json.end_object();
      ++count;
    }
  });
  json.end_array().end_object();
  response.headers.emplace_back("X-Result-Count", std::to_string(count));
  return response;
}

}  // namespace misp_zeek::misp_sim
