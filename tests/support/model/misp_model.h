// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/attribute.h"
#include "core/filter.h"
#include "core/mapping.h"
#include "core/misp_sync.h"

namespace misp_zeek::model {

/// An instance of MISP reduced to what decides which attributes Zeek must hold: its data, the
/// messages each operation sends (and does not send), transactions that commit after their
/// messages, and the REST answers. Deterministic; time is passed in.
class MispModel {
 public:
  struct ModelEvent {
    Event event;
    std::set<std::string> tags;
    bool blocked = false;
  };
  struct ModelAttribute {
    Attribute attribute;
    std::set<std::string> tags;
  };
  /// The data at one moment.
  struct State {
    std::map<std::uint64_t, ModelEvent> events;
    std::map<std::uint64_t, ModelAttribute> attributes;  ///< by id
  };
  /// What one operation did: its messages, in order, and the data after it.
  struct Outcome {
    std::vector<FeedMessage> messages;
  };

  explicit MispModel(std::uint32_t seed);

  // Operations. Each changes `live()` at once and returns the messages that MISP sends.
  Outcome add_event(std::int64_t now);
  Outcome add_attribute(std::uint64_t event, std::string type, std::string value, bool to_ids,
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
  /// `fast_update`: the event says it was edited, the attribute says nothing.
  Outcome fast_update(std::uint64_t attribute, std::string value, bool to_ids, std::int64_t now);
  /// Nobody says anything and no timestamp moves.
  void sql_delete(std::uint64_t attribute);
  void sql_set_to_ids(std::uint64_t attribute, bool to_ids);

  /// The database refused what was announced: the data is what it was, the messages are out.
  void roll_back(State before) { live_ = std::move(before); }

  const State& live() const { return live_; }

  std::vector<std::uint64_t> events() const;
  /// Ids of attributes; deleted ones only or active ones only.
  std::vector<std::uint64_t> attributes(bool deleted) const;

  // REST, on a given state.
  static AttributePage search(const State& state, const FilterOptions& filter,
                              const AttributeSearch& search, std::uint32_t page,
                              std::uint32_t limit, std::int64_t now);
  static std::uint64_t count(const State& state, const FilterOptions& filter,
                             const AttributeSearch& search, std::int64_t now);
  static EventIndex index(const State& state, std::int64_t now);

  /// The naive answer to "which attributes must Zeek have?".
  static std::vector<AttributeRow> wanted(const State& state, const FilterOptions& filter,
                                          std::int64_t now);

 private:
  Uuid new_uuid();
  Event message_event(std::uint64_t id) const;
  FeedMessage attribute_message(AttributeMessage::Action action, const ModelAttribute& attribute,
                                bool with_tags, bool was_published) const;
  Outcome edited(ModelAttribute& attribute, AttributeMessage::Action action, std::int64_t now);
  bool unpublish_silently(std::uint64_t event, std::int64_t now);

  State live_;
  std::mt19937 random_;
  std::uint64_t next_id_ = 1;
  std::uint64_t next_event_ = 1;
};

}  // namespace misp_zeek::model
