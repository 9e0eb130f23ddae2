// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "table.h"

namespace misp_zeek::misp_sim {

struct Tag {
  Id id = 0;
  std::string name;
  std::string colour;
  bool exportable = true;
};

/// A tag on an event or an attribute (a row of event_tags or attribute_tags).
struct TagUse {
  Id id = 0;
  Id tag = 0;
  bool local = false;
};

struct Event {
  Id id = 0;
  std::string uuid;
  std::string date;  ///< YYYY-MM-DD
  std::string info;
  bool published = false;
  int analysis = 0;
  int threat_level_id = 4;
  int distribution = 0;
  std::int64_t timestamp = 0;  ///< seconds since 1970, like all times here
  std::int64_t publish_timestamp = 0;
  bool disable_correlation = false;
  bool is_protected = false;  ///< signed with keys, of which this instance has none
  std::vector<TagUse> tags;
};

struct Object {
  Id id = 0;
  Id event_id = 0;
  std::string uuid;
  std::string name;
  std::string meta_category;
  std::string description;
  std::string template_uuid;
  int template_version = 1;
  std::string comment;
  std::int64_t timestamp = 0;
  int distribution = 0;
  bool deleted = false;
};

struct Attribute {
  Id id = 0;
  Id event_id = 0;
  Id object_id = 0;  ///< 0: in no object
  std::optional<std::string> object_relation;
  std::string category;
  std::string type;
  std::string value1;
  std::string value2;  ///< "" unless the type is composite
  bool to_ids = false;
  std::string uuid;
  std::int64_t timestamp = 0;
  int distribution = 5;
  int sharing_group_id = 0;
  std::string comment;
  bool deleted = false;
  bool disable_correlation = false;
  std::optional<std::string> first_seen;
  std::optional<std::string> last_seen;
  std::vector<TagUse> tags;

  [[nodiscard]] std::string value() const {
    return value2.empty() ? value1 : value1 + '|' + value2;
  }
};

struct Sighting {
  Id id = 0;
  Id attribute_id = 0;
  Id event_id = 0;
  std::int64_t date_sighting = 0;
  std::string uuid;
  std::string source;
  int type = 0;  ///< 0 seen, 1 false positive, 2 expiration
};

struct Warninglist {
  Id id = 0;
  std::string name;
  std::string type;  ///< "string", "cidr" (IPv4) or "hostname"
  std::string description;
  int version = 1;
  bool enabled = false;
  bool is_default = true;
  std::vector<std::string> entries;
  std::set<std::string, std::less<>> attribute_types;  ///< empty: all types

  /// True when the list names the attribute's value, or either part of a composite one.
  [[nodiscard]] bool hits(const Attribute& attribute) const;
};

/// The ids that the next rows get.
struct NextIds {
  Id event = 1;
  Id attribute = 1;
  Id object = 1;
  Id tag = 1;
  Id event_tag = 1;
  Id attribute_tag = 1;
  Id sighting = 1;
  Id warninglist = 1;
};

/// All that the simulated MISP holds, with the indexes of it. Keeps rows and indexes equal, knows
/// no rule of MISP. Not thread safe: the owner locks.
class Database {
 public:
  explicit Database(std::uint64_t uuid_seed) : random_(uuid_seed) {}

  [[nodiscard]] const Table<Event>& events() const { return events_; }
  [[nodiscard]] const Table<Attribute>& attributes() const { return attributes_; }
  [[nodiscard]] const Table<Object>& objects() const { return objects_; }
  [[nodiscard]] const std::map<Id, Tag>& tags() const { return tags_; }
  [[nodiscard]] const std::map<Id, Sighting>& sightings() const { return sightings_; }
  [[nodiscard]] const std::map<Id, Warninglist>& warninglists() const { return warninglists_; }

  /// By decimal id or uuid; nullptr: unknown.
  [[nodiscard]] const Event* event(std::string_view id_or_uuid) const;
  [[nodiscard]] const Attribute* attribute(std::string_view id_or_uuid) const;
  [[nodiscard]] const Object* object(std::string_view id_or_uuid) const;
  [[nodiscard]] const Tag* tag(Id id) const;
  [[nodiscard]] const Tag* tag(std::string_view name) const;

  /// Ids in ascending order.
  [[nodiscard]] const std::set<Id>& attributes_of(Id event) const;
  [[nodiscard]] const std::set<Id>& objects_of(Id event) const;
  [[nodiscard]] std::vector<Id> attributes_of_object(const Object& object) const;
  [[nodiscard]] const std::set<Id>& sightings_of(Id attribute) const;
  /// Attributes of the event that are not soft-deleted.
  [[nodiscard]] std::size_t active_attributes(Id event) const;

  /// An active attribute outside of objects with this type and value, other than `except`.
  [[nodiscard]] bool has_similar(Id event, const Attribute& like, Id except) const;

  /// The insert functions give the row an id when it has none, and a uuid likewise.
  const Event& insert(Event event);
  const Attribute& insert(Attribute attribute);
  const Object& insert(Object object);
  const Tag& insert(Tag tag);
  const Sighting& insert(Sighting sighting);
  const Warninglist& insert(Warninglist list);

  void replace(const Attribute& attribute);
  Event& edit_event(Id id) { return events_.edit(id); }
  Object& edit_object(Id id) { return objects_.edit(id); }
  Tag& edit_tag(Id id) { return tags_.at(id); }
  Warninglist& edit_warninglist(Id id) { return warninglists_.at(id); }

  void erase_attribute(Id id);
  void erase_object(Id id);
  void erase_sighting(Id id);
  void erase_tag(Id id) { tags_.erase(id); }
  /// The event with all that belongs to it.
  void erase_event(Id id);

  [[nodiscard]] std::string new_uuid();
  [[nodiscard]] std::string new_colour();
  [[nodiscard]] Id new_event_tag_id() { return next_.event_tag++; }
  [[nodiscard]] Id new_attribute_tag_id() { return next_.attribute_tag++; }

  [[nodiscard]] NextIds& next_ids() { return next_; }

  /// uuids of deleted events, which MISP refuses to take again.
  std::set<std::string, std::less<>> event_blocklist;
  /// Numbers are written as JSON numbers (a database.php without PDO::ATTR_STRINGIFY_FETCHES).
  bool native_numbers = false;

  void hold_until(std::optional<SteadyTime> until);
  void commit(SteadyTime now);
  [[nodiscard]] bool holds_changes() const;
  /// Equal versions mean equal visible events and attributes.
  [[nodiscard]] std::uint64_t version() const;

 private:
  using Index = std::unordered_map<std::string, Id>;

  static std::string similar_key(const Attribute& attribute);
  void index_similar(const Attribute& attribute);
  void unindex_similar(const Attribute& attribute);
  void count_active(const Attribute& attribute);
  void uncount_active(const Attribute& attribute);

  Table<Event> events_;
  Table<Attribute> attributes_;
  Table<Object> objects_;
  std::map<Id, Tag> tags_;
  std::map<Id, Sighting> sightings_;
  std::map<Id, Warninglist> warninglists_;
  Index event_by_uuid_;
  Index attribute_by_uuid_;
  Index object_by_uuid_;
  std::unordered_map<Id, std::set<Id>> attributes_by_event_;
  std::unordered_map<Id, std::size_t> active_by_event_;
  std::unordered_map<Id, std::set<Id>> objects_by_event_;
  std::unordered_map<Id, std::set<Id>> sightings_by_attribute_;
  std::unordered_map<std::string, Id> similar_;
  NextIds next_;
  std::mt19937_64 random_;
};

}  // namespace misp_zeek::misp_sim
