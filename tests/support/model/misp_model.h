// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/mapping/filter.h"
#include "core/mapping/mapping.h"
#include "core/model/attribute.h"
#include "core/sync/misp_sync.h"

namespace misp_zeek::model {

/// An instance of MISP reduced to what decides which attributes Zeek must hold: its data, the
/// messages each operation sends (and does not send), transactions that commit after their
/// messages, and the REST answers. Deterministic; time is passed in.
class MispModel {
 public:
  struct ModelEvent {
    Event event;
    std::set<std::string> tags;
    bool member = false;  ///< the reader is in the sharing group, if distribution names one
  };
  struct ModelAttribute {
    Attribute attribute;
    std::set<std::string> tags;
    bool member = false;
  };
  /// The data at one moment.
  struct State {
    std::map<std::uint64_t, ModelEvent> events;
    std::map<std::uint64_t, ModelAttribute> attributes;  ///< by id
    std::set<std::string> warninglist;                   ///< values that an enabled list has
    std::set<std::string> allowedlist;                   ///< values that no search shows
    bool unpublished_private = false;  ///< other organisations' unpublished events are hidden
    std::uint64_t next_attribute = 1;
    std::uint64_t next_event = 1;
  };
  /// Whose key the service uses, and what it asks for.
  struct Reader {
    FilterOptions filter;
    std::uint64_t org = 1;
    bool site_admin = true;
  };
  /// What one operation did: its messages, in order, and the data after it.
  struct Outcome {
    std::vector<FeedMessage> messages;
  };

  // Operations. Each changes `live()` at once and returns the messages that MISP sends.
  Outcome add_event(const Uuid& uuid, std::uint64_t org, std::int64_t now);
  Outcome add_attribute(const Uuid& uuid, std::uint64_t event, std::string type, std::string value,
                        bool to_ids, std::int64_t now);
  Outcome distribute_event(std::uint64_t event, Distribution distribution, bool member,
                           std::int64_t now);
  Outcome distribute_attribute(std::uint64_t attribute, Distribution distribution, bool member,
                               std::int64_t now);
  Outcome edit_value(std::uint64_t attribute, std::string value, std::int64_t now);
  Outcome set_to_ids(std::uint64_t attribute, bool to_ids, std::int64_t now);
  Outcome touch(std::uint64_t attribute, std::int64_t now);
  Outcome soft_delete(std::uint64_t attribute, bool sanitise, bool twice, std::int64_t now);
  Outcome hard_delete(std::uint64_t attribute, std::int64_t now);
  Outcome restore(std::uint64_t attribute, std::int64_t now);
  Outcome delete_event(std::uint64_t event);
  Outcome publish(std::uint64_t event, std::int64_t now);
  Outcome unpublish(std::uint64_t event);
  Outcome edit_info(std::uint64_t event, std::string info, std::int64_t now);
  Outcome tag_attribute(std::uint64_t attribute, const std::string& tag, bool attach,
                        std::int64_t now);
  Outcome tag_event(std::uint64_t event, const std::string& tag, bool attach, std::int64_t now);
  /// Of the whole instance: taken from everything that carries it.
  Outcome delete_tag(const std::string& tag);
  Outcome list_value(const std::string& value, bool listed);
  /// `fast_update`: the event says it was edited, the attribute says nothing.
  Outcome fast_update(std::uint64_t attribute, std::string value, bool to_ids, std::int64_t now);
  /// Sightings of others. Neither a timestamp nor the publication moves.
  Outcome false_positive(std::uint64_t attribute, bool withdrawn, std::int64_t now);
  /// One expiration at `date`, in the place of the earlier one; nullopt: none.
  Outcome expire(std::uint64_t attribute, std::optional<std::int64_t> date, std::int64_t now);
  /// The same for an attribute that is put in, or (softly) taken out.
  Outcome fast_add(const Uuid& uuid, std::uint64_t event, std::string type, std::string value,
                   bool to_ids, std::int64_t now);
  Outcome fast_delete(std::uint64_t attribute, std::int64_t now);
  /// What carried the tag carries another one: only the end of the tag is told.
  Outcome merge_tag(const std::string& tag, const std::string& into);
  /// Nobody says anything and no timestamp moves.
  void sql_delete_event(std::uint64_t event);
  void delete_warninglist() { live_.warninglist.clear(); }
  void join_group(std::uint64_t event, bool member);
  void sql_delete(std::uint64_t attribute);
  void sql_set_to_ids(std::uint64_t attribute, bool to_ids);

  /// No message says so, and no timestamp moves.
  void allow_value(const std::string& value, bool listed);

  void hide_unpublished(bool hide) { live_.unpublished_private = hide; }

  /// The database refused what was announced: the data is what it was, the messages are out. Ids
  /// that were given out are not given out again.
  void roll_back(State before);
  /// The database is an earlier copy of itself; ids are given out again.
  void restore_backup(State backup) { live_ = std::move(backup); }

  const State& live() const { return live_; }

  // REST, on a given state.
  static AttributeReply search(const State& state, const Reader& reader, const SearchCall& call);
  static EventIndex index(const State& state, const Reader& reader, const IndexCall& call);
  static EventDetails events(const State& state, const Reader& reader, const EventCall& call);
  /// Whether the reader sees any active attribute, whatever the filter says.
  static bool shows_anything(const State& state, const Reader& reader);
  /// The reply to any call.
  static RestReply reply(const State& state, const Reader& reader, const RestCall& call,
                         std::int64_t now);

  /// The naive answer to "which attributes must Zeek have?".
  static std::vector<AttributeRow> wanted(const State& state, const Reader& reader,
                                          std::int64_t now);

 private:
  Event message_event(std::uint64_t id) const;
  FeedMessage attribute_message(AttributeMessage::Action action, const ModelAttribute& attribute,
                                bool with_tags, bool was_published) const;
  static FeedMessage sighting_message(const ModelAttribute& attribute, int type, bool withdrawn,
                                      std::int64_t date);
  Outcome edited(ModelAttribute& attribute, AttributeMessage::Action action, std::int64_t now);
  bool unpublish_silently(std::uint64_t event, std::int64_t now);
  Outcome fast(std::uint64_t event, std::int64_t now);

  State live_;
};

}  // namespace misp_zeek::model
