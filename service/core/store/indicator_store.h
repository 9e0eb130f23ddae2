// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/mapping/mapping.h"
#include "core/model/attribute.h"
#include "core/model/indicator.h"
#include "core/store/change_log.h"

namespace misp_zeek {

struct StoreOptions {
  std::string misp_url;          ///< base of links to events, without a trailing '/'
  bool report_sightings = true;  ///< Item::report_sightings of every item
  /// Removals kept for sessions, and changes beyond twice the number of items; who is further
  /// behind gets a snapshot.
  std::size_t max_log = 200'000;
  std::size_t max_desc = 128;  ///< bytes of Item::desc
  std::size_t max_uuids = 64;  ///< attribute uuids listed in one item
  /// Names of tags that items show, at most 64; FilterOptions::shown_tags.
  std::vector<std::string> shown_tags = {};
  bool track_unsaved = false;  ///< remember what changed for take_unsaved()
};

/// An accepted attribute with all that is needed to put it back without MISP.
struct SavedAttribute {
  Uuid uuid;
  std::uint64_t event_id = 0;
  std::uint64_t id = 0;
  std::int64_t timestamp = 0;  ///< seconds since the epoch
  std::string type;            ///< MISP type
  std::optional<Reject> reject;
  struct Support {
    IndicatorKey key;
    std::uint16_t port = 0;  ///< 0 = none
    bool operator==(const Support&) const = default;
  };
  std::vector<Support> supports;  ///< empty when `reject` says why
  std::uint64_t tags = 0;         ///< a bit for each of StoreOptions::shown_tags
  bool operator==(const SavedAttribute&) const = default;
};

/// What the store knows of an event with attributes.
struct SavedEvent {
  std::uint64_t id = 0;
  std::optional<Uuid> uuid;
  std::string info;
  std::int64_t publish_timestamp = 0;
  bool operator==(const SavedEvent&) const = default;
};

/// What changed in the store since it was last taken. An event comes with or before its attributes.
struct Unsaved {
  std::vector<SavedEvent> events;
  std::vector<SavedAttribute> attributes;
  std::vector<Uuid> gone_attributes;
  std::vector<std::uint64_t> gone_events;
  bool empty() const {
    return events.empty() && attributes.empty() && gone_attributes.empty() && gone_events.empty();
  }
};

/// All attributes that the filter accepts, the indicators they support, and the history of changes.
///
/// An entry (indicator, type, event) exists as long as at least one attribute supports it. Every
/// change of what Zeek shows of an entry gets a revision and a place in a bounded log. Not thread
/// safe: the loop thread owns it.
class IndicatorStore {
 public:
  /// An accepted attribute as the store remembers it.
  struct StoredAttribute {
    std::uint64_t event_id = 0;
    std::uint64_t id = 0;
    std::int64_t timestamp = 0;
    std::uint16_t type = 0;        ///< see type_name()
    std::optional<Reject> reject;  ///< why it supports no indicator
    std::uint64_t tags = 0;        ///< a bit for each of StoreOptions::shown_tags
    bool taken = false;            ///< take_unsaved() gave it out at least once
    /// Entries it supports with the port it adds to each (0 = none); pointers into the store.
    std::vector<std::pair<const EntryKey*, std::uint16_t>> entries;
  };

  /// `epoch`: 16 hexadecimal digits that name this history of revisions.
  IndicatorStore(StoreOptions options, std::string epoch);

  // ---- writing; each returns whether Zeek will see a difference ----

  /// Puts in or replaces an accepted attribute. `mapped` is empty when `reject` says why.
  bool upsert(const Attribute& attribute, const Event& event, const std::vector<Mapped>& mapped,
              std::optional<Reject> reject = std::nullopt);
  bool withdraw(const Uuid& attribute);
  /// All attributes of the event.
  bool withdraw_event(std::uint64_t event_id);
  /// Takes over what is known of an event that has attributes here (info, publication).
  bool update_event(const Event& event);

  // ---- durable state ----

  /// Puts back what was saved; the store must be empty before the first call. A store with restored
  /// attributes is incomplete until set_complete(). Nothing restored counts as unsaved.
  void restore(const SavedEvent& event);
  void restore(const SavedAttribute& saved);
  /// Up to `max` attributes and their events that changed, the oldest changes first. What is given
  /// out is not given again.
  /// The memory for this is bounded by the attributes in the store and those ever given out.
  Unsaved take_unsaved(std::size_t max);
  /// Changes noted so far, and given out of these: when the second has reached an earlier value of
  /// the first, all changes of before it were given out.
  std::uint64_t noted() const { return noted_; }
  std::uint64_t given_out() const {
    return unsaved_order_.empty() ? noted_ : unsaved_order_.front().first;
  }
  /// What was restored is nowhere saved any more.
  void note_all_unsaved();
  std::size_t unsaved() const { return unsaved_attributes_.size() + unsaved_events_.size(); }

  /// False: attributes may be missing here that MISP has, so that Zeek must not lose what the store
  /// lacks.
  bool complete() const { return complete_; }
  /// Whether all that MISP has of the event was read: what the store lacks of it may leave Zeek.
  bool authoritative(std::uint64_t event_id) const {
    return complete_ || authoritative_.contains(event_id);
  }
  void set_authoritative(std::uint64_t event_id) {
    if (!complete_) {
      authoritative_.insert(event_id);
    }
  }
  /// Complete, and not by answers that showed nothing at all: what Zeek holds besides may leave.
  bool proven() const { return proven_; }
  void set_complete(bool complete, bool proven = true) {
    complete_ = complete;
    proven_ = complete && proven;
    authoritative_.clear();
  }

  // ---- what Zeek must hold ----

  Revision revision() const { return log_.revision(); }
  const std::string& epoch() const { return epoch_; }
  /// XOR of what all items add under this key. Reads all of them when a key is new, and keeps the
  /// digests of a few keys up to date from then on.
  std::uint64_t digest(const DigestKey& key = {}) const;
  std::size_t item_count() const { return entries_.size(); }
  /// So many items were restored.
  std::size_t restored_items() const { return restored_items_; }
  std::optional<Item> item(const EntryKey& entry) const;
  /// All entries of an indicator.
  std::vector<EntryKey> entries_of(const IndicatorKey& indicator) const;
  /// Attributes that support an entry, sorted; at most `max`.
  std::vector<Uuid> supporters(const EntryKey& entry, std::size_t max) const;
  /// Up to `max` items in key order, after `cursor` (nullopt: from the start).
  std::vector<Item> items_after(const std::optional<EntryKey>& cursor, std::size_t max) const;

  /// Whether the log still has every change after `revision`.
  bool log_covers(Revision revision) const { return log_.covers(revision); }
  /// Up to `max` distinct entries changed after `since`, oldest first, and the revision up to which
  /// they go. Requires log_covers(since).
  struct ChangeSet {
    std::vector<EntryKey> entries;
    Revision up_to = 0;
  };
  ChangeSet changes_since(Revision since, std::size_t max) const;

  // ---- looking things up ----

  const StoredAttribute* find(const Uuid& attribute) const;
  std::string_view type_name(const StoredAttribute& attribute) const;
  std::size_t attribute_count() const { return attributes_.size(); }
  std::vector<Uuid> attributes_of(std::uint64_t event_id) const;
  std::vector<std::uint64_t> events() const;
  /// What is known of an event with attributes here; nullptr otherwise.
  struct StoredEvent {
    std::optional<Uuid> uuid;
    std::string info;
    std::int64_t publish_timestamp = 0;
    std::unordered_set<Uuid> attributes;
    bool taken = false;  ///< as StoredAttribute::taken
  };
  const StoredEvent* event(std::uint64_t event_id) const;
  std::optional<std::uint64_t> event_id_of(const Uuid& event) const;
  const std::array<std::size_t, kIndicatorTypeCount>& items_by_type() const { return by_type_; }
  /// Accepted attributes by MISP type; types that once were there stay, with 0.
  std::map<std::string_view, std::size_t> attributes_by_type() const;
  /// Attributes accepted by the filter that are no indicators, by reason.
  const std::map<Reject, std::size_t>& rejects() const { return rejects_; }
  const std::unordered_map<Uuid, StoredAttribute>& attributes() const { return attributes_; }

 private:
  struct Supporter {
    Uuid attribute;
    std::uint16_t port = 0;
    auto operator<=>(const Supporter&) const = default;
  };
  struct Entry {
    std::vector<Supporter> supporters;  ///< sorted
    std::uint64_t hash = 0;             ///< item_hash(); 0 before the first
    Revision changed = 0;               ///< its newest change; 0 = none
  };
  using Entries = std::map<EntryKey, Entry>;

  Item make_item(const EntryKey& key, const Entry& entry) const;
  std::uint64_t shown_tags_of(const Attribute& attribute) const;
  bool add_supporter(const EntryKey& key, const Supporter& supporter, StoredAttribute& attribute);
  bool drop_supporter(const EntryKey& key, const Supporter& supporter);
  bool drop_entries(const Uuid& uuid, const StoredAttribute& attribute);
  bool refresh(Entries::iterator entry);
  void change_digests(std::uint64_t old_hash, std::uint64_t new_hash);
  bool apply_event(const Event& event, StoredEvent& stored);
  std::uint16_t intern_type(const std::string& type);
  /// Unless the uuid is that of an event with another id by now.
  void forget_event_uuid(const StoredEvent& event, std::uint64_t event_id);
  void leave_event(std::uint64_t event_id, const Uuid& attribute);
  void forget(std::unordered_map<Uuid, StoredAttribute>::iterator it);
  void note_attribute(const Uuid& uuid);
  void note_event(std::uint64_t event_id);
  void take_attribute(const Uuid& uuid, Unsaved& unsaved);
  void take_event(std::uint64_t event_id, Unsaved& unsaved);

  StoreOptions options_;
  std::string epoch_;
  mutable std::map<DigestKey, std::uint64_t> digests_;
  Entries entries_;
  std::unordered_map<Uuid, StoredAttribute> attributes_;
  std::unordered_map<std::uint64_t, StoredEvent> events_;
  std::unordered_map<Uuid, std::uint64_t> event_ids_;
  ChangeLog log_;
  std::array<std::size_t, kIndicatorTypeCount> by_type_{};
  std::map<Reject, std::size_t> rejects_;
  std::vector<std::string> type_names_;
  bool complete_ = true;
  bool proven_ = true;
  std::size_t restored_items_ = 0;
  std::unordered_set<std::uint64_t> authoritative_;  ///< while not complete
  std::unordered_set<Uuid> unsaved_attributes_;      ///< changed, or gone after they were given out
  /// The same as they came, with the number of each; also some that are in it no more.
  std::deque<std::pair<std::uint64_t, Uuid>> unsaved_order_;
  std::uint64_t noted_ = 0;
  std::unordered_set<std::uint64_t> unsaved_events_;
  std::vector<std::size_t> type_counts_;  ///< of type_names_
};

}  // namespace misp_zeek
