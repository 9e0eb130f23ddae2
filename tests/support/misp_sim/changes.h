// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "database.h"
#include "json_fields.h"

namespace misp_zeek::misp_sim {

class Publisher;

/// A saved row, or the reason why not, as MISP's validation names it.
struct Saved {
  Id id = 0;  ///< 0: not saved
  std::string field;
  std::string error;

  [[nodiscard]] bool ok() const { return id != 0; }
};

/// What users do to events, as MISP 2.5.1 carries it out: which rows change, which messages go out
/// in which order, and which changes go without a word. Fields are those of MISP's own JSON.
/// Not thread safe: the owner locks. Ids given must exist.
class Changes {
 public:
  /// `clock` gives seconds since 1970.
  Changes(Database& db, Publisher& publisher, std::function<std::int64_t()> clock);

  /// Nothing is sent, as if the rows were changed by SQL.
  void set_silent(bool silent) { silent_ = silent; }
  /// Security.sanitise_attribute_on_delete.
  void set_sanitise(bool sanitise) { sanitise_ = sanitise; }
  [[nodiscard]] std::int64_t now() const { return clock_(); }

  // Events. `Attribute`, `Object` and `Tag` lists inside `fields` are carried out too; invalid
  // attributes in them are left out.
  Saved add_event(const Json& fields);
  /// Attributes that `fields` does not list stay. `fast`: no message for attributes.
  Saved edit_event(Id id, const Json& fields, bool fast);
  void delete_event(Id id);
  void publish(Id id);
  void unpublish(Id id);
  /// Sends the snapshot of a publication, without publishing.
  void push_event(Id id);

  Saved add_attribute(Id event, const Json& fields);
  Saved edit_attribute(Id id, const Json& fields);
  void soft_delete(Id id);
  void hard_delete(Id id);
  void restore(Id id);

  Id add_object(Id event, const Json& fields);
  /// Attributes of the object that `fields` does not list are soft-deleted.
  void edit_object(Id id, const Json& fields);
  void soft_delete_object(Id id);
  void hard_delete_object(Id id);

  /// The tag with that name, made if there is none.
  Id tag_named(const std::string& name, const std::string& colour = {});
  void rename_tag(Id tag, const std::string& name);
  void delete_tag(Id tag);
  /// False: it was there already, or was not there.
  bool tag_attribute(Id id, Id tag, bool local);
  /// `quiet`: as /attributes/removeTag, which touches neither timestamp nor event.
  bool untag_attribute(Id id, Id tag, bool quiet);
  bool tag_event(Id id, Id tag, bool local);
  bool untag_event(Id id, Id tag);

  struct NewSighting {
    std::string source;
    int type = 0;
    std::int64_t date = 0;
    /// An expiration given as a string replaces the former one of the organisation.
    bool replaces_expiration = false;
  };
  Id add_sighting(Id attribute, const NewSighting& sighting);
  void delete_sighting(Id sighting);

  void enable_warninglist(Id list, bool enabled);
  Id add_warninglist(Warninglist list);

 private:
  void emit(std::string_view topic, std::string_view message);
  void emit_attribute(Id id, std::string_view action);
  void emit_event(Id id, std::string_view action);
  void unpublish_silently(Id event);
  void create_tags_of(const Json& fields);

  std::optional<Saved> apply_fields(Attribute& attribute, const Json& fields) const;
  Saved insert_attribute(Id event, Id object, const Json& fields);
  void attach_listed_tags(Id attribute, const Json& tags);
  void edit_listed_attribute(Id event, Id object, const Json& fields);
  void edit_listed_object(Id event, const Json& fields);
  void edit_listed_event_tags(Id event, const Json& tags);
  Id insert_object(Id event, const Json& fields);
  void edit_object_attribute(const Object& object, const Json& fields);
  void sanitise(Attribute& attribute) const;
  void delete_object_attributes_twice(Id id);

  Database& db_;
  Publisher& publisher_;
  std::function<std::int64_t()> clock_;
  bool silent_ = false;
  bool muted_ = false;  ///< during a fast update
  bool sanitise_ = false;
};

}  // namespace misp_zeek::misp_sim
