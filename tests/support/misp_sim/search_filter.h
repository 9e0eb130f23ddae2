// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "database.h"
#include "json_fields.h"

namespace misp_zeek::misp_sim {

/// A text column against `"a"`, `["a","!b","c%"]` or `{"OR":[...],"NOT":[...]}`.
struct TextFilter {
  std::vector<std::string> any;  ///< empty: everything
  std::vector<std::string> none;

  [[nodiscard]] bool accepts(std::string_view text) const;
};

/// Tags of an attribute and of its event together.
struct TagFilter {
  bool active = false;
  bool needs_any = false;
  std::set<Id> any;
  std::vector<std::set<Id>> all;  ///< one of each set
  std::set<Id> none;

  [[nodiscard]] bool accepts(const Attribute& attribute, const Event& event) const;
};

struct TimeRange {
  std::int64_t from = 0;
  std::optional<std::int64_t> to;

  [[nodiscard]] bool accepts(std::int64_t time) const {
    return time >= from && (!to || time <= *to);
  }
};

/// The filters of attributes/restSearch that matter to a client that keeps a copy. As in MISP,
/// filters that are false or unknown are ignored, and a time that cannot be read matches nothing.
class SearchFilter {
 public:
  SearchFilter(const Json& filters, const Database& db, std::int64_t now);

  [[nodiscard]] bool accepts(const Attribute& attribute, const Event& event) const;

  /// uuids asked for; empty: not a filter.
  [[nodiscard]] const std::set<std::string>& uuids() const { return uuids_; }
  /// The events among uuids().
  [[nodiscard]] const std::set<Id>& uuid_events() const { return uuid_events_; }
  /// Events asked for; empty: not a filter.
  [[nodiscard]] const std::set<Id>& events() const { return events_; }
  /// Equal filters may give other results at another time, or after a tag was renamed.
  [[nodiscard]] bool lasting() const { return !relative_ && !tags_.active; }

 private:
  void read_flags(const Json& filters);
  void read_events(const Json& filters, const Database& db);
  void read_tags(const Json& tags, const Database& db);
  void read_values(const Json& values);
  std::optional<TimeRange> read_time(const Json& time, std::int64_t now);
  [[nodiscard]] bool accepts_event(const Event& event) const;
  [[nodiscard]] bool accepts_value(const Attribute& attribute) const;

  bool nothing_ = false;
  bool relative_ = false;
  std::optional<bool> to_ids_;
  std::optional<bool> published_;
  std::optional<bool> deleted_ = false;  ///< nullopt: both
  TextFilter type_;
  TextFilter category_;
  TextFilter object_relation_;
  TextFilter org_;
  TextFilter threat_level_;
  TagFilter tags_;
  std::set<std::string> uuids_;
  std::set<Id> uuid_events_;
  bool has_events_ = false;
  std::set<Id> events_;
  std::set<Id> not_events_;
  std::vector<std::string> values_;
  std::optional<TimeRange> time_;
  std::optional<TimeRange> attribute_time_;
  std::optional<TimeRange> event_time_;
  std::optional<TimeRange> publish_time_;
  std::string from_;
  std::string to_;
};

}  // namespace misp_zeek::misp_sim
