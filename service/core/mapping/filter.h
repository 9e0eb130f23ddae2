// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/time.h"
#include "core/model/attribute.h"

namespace misp_zeek {

enum class PublishedMode {
  kAny,        ///< published or not
  kPublished,  ///< only while the event is published (an edit unpublishes it until re-published)
  kEverPublished,  ///< once published, edits included (publish_timestamp > 0)
};

/// How to find out what the API user may see: the feed ignores distribution, REST does not.
enum class VisibilityMode {
  kAuto,    ///< judge from the message where it tells, else ask MISP
  kLookup,  ///< look up every live change in MISP
  kTrust,   ///< take every message; for a user who sees everything
};

/// What MISP says of the user whose key is used (`/users/view/me`).
struct Viewer {
  std::uint64_t org_id = 0;
  bool site_admin = false;
};

/// Which attributes Zeek shall have; `[filter]` of the configuration.
struct FilterOptions {
  bool to_ids = true;  ///< only attributes with the IDS flag
  PublishedMode published = PublishedMode::kAny;
  std::vector<std::string> types;      ///< MISP types; "!md5" excludes; empty = all mapped ones
  std::vector<std::string> tags;       ///< tag names, any of them; "!tag" excludes
  std::vector<std::string> event_ids;  ///< decimal ids; "!id" excludes
  std::vector<std::uint64_t> fixed_events;   ///< all attributes of these, whatever to_ids and age
  std::chrono::seconds max_age{0};           ///< by attribute timestamp; 0 = no limit
  bool enforce_warninglist = false;          ///< leave out what MISP's warninglists list
  std::uint32_t honour_false_positives = 0;  ///< leave out what has so many such sightings; 0 = off
  bool honour_expirations = false;           ///< leave out what a sighting says is expired
  VisibilityMode visibility = VisibilityMode::kAuto;  ///< `[misp.feed] visibility`
  /// No condition: tags of attributes and events that Zeek shall show; `[mapping] show_tags`.
  std::vector<std::string> shown_tags;

  /// Whether sightings decide about attributes, so that searches must show them.
  bool needs_sightings() const { return honour_false_positives > 0 || honour_expirations; }
  /// Whether tags matter, of which no message of an attribute knows all.
  bool needs_tags() const { return !tags.empty() || !shown_tags.empty(); }
};

/// What a judge that sees only one message can say.
enum class Verdict {
  kAccept,
  kReject,
  kAskMisp,  ///< the answer needs what the message lacks (tags, published, warninglists)
};

/// Why an attribute is not in Zeek. A closed set: the names are metric labels.
enum class FilterReason {
  kNone,
  kDeleted,
  kNotToIds,
  kType,
  kTag,
  kEvent,
  kUnpublished,
  kTooOld,
  kNotVisible,
  kFalsePositive,
  kExpired,
};
inline constexpr std::size_t kFilterReasonCount = 11;
std::string_view to_string(FilterReason reason);

struct Judgement {
  Verdict verdict = Verdict::kAccept;
  FilterReason reason = FilterReason::kNone;
};

/// Decides from an attribute and its event alone. No I/O; the viewer is the only state.
class Filter {
 public:
  explicit Filter(FilterOptions options);

  /// Until the viewer is known, messages whose visibility matters are left to MISP.
  void set_viewer(Viewer viewer) { viewer_ = viewer; }

  /// For a live message. Needs `event.publish_timestamp` to decide PublishedMode::kEverPublished.
  Judgement judge_message(const Attribute& attribute, const Event& event, UnixSeconds now) const;

  /// For a row that MISP returned for our own filtered search: what MISP already decided (tags,
  /// published = "published", warninglists, visibility) is trusted, the rest is checked again.
  Judgement judge_row(const Attribute& attribute, const Event& event, UnixSeconds now) const;

  /// For an attribute of a publish message: the event counts as published.
  Judgement judge_published(const Attribute& attribute, const Event& event, UnixSeconds now) const;

  /// Whether a publish message can be applied as it is, or only MISP's search can tell.
  bool publish_needs_misp() const;
  /// Whether sightings of this type decide about the event's attributes.
  bool honours_sighting(int type, std::uint64_t event_id) const;
  /// Whether a change of an event itself (tags, distribution, publication) can change the answer
  /// for its attributes in a way that the message does not tell.
  bool event_edit_needs_misp() const;
  /// Whether attributes of the event may have to leave because a change unpublished it: by the
  /// filter, or since an instance can hide other organisations' unpublished events. What the event
  /// lacks is not known; `published` is from before the change.
  bool unpublishing_matters(const Event& event) const;

  /// Whether the publication of an event decides about attributes that REST shows.
  bool publication_matters() const {
    return options_.published != PublishedMode::kAny || !sees_all();
  }
  /// Whether a row of a search without the filter does not tell all that the filter asks for.
  bool row_needs_misp(std::uint64_t event_id) const;
  /// Whether something decides about attributes that moves no timestamp: tags, sightings,
  /// warninglists, visibility.
  bool has_silent_conditions() const;

  /// When an accepted attribute becomes too old; nullopt = never.
  std::optional<UnixSeconds> expires_at(const Attribute& attribute) const;

  bool is_fixed_event(std::uint64_t event_id) const;
  const FilterOptions& options() const { return options_; }

 private:
  /// A list of names where a leading '!' excludes.
  struct NameList {
    std::vector<std::string> include;
    std::vector<std::string> exclude;
    bool admits(std::string_view name) const;
  };
  static NameList parse_names(const std::vector<std::string>& names);

  bool sees_all() const;
  bool owns(const Event& event) const;
  Judgement judge_basic(const Attribute& attribute, UnixSeconds now) const;
  Judgement judge_tags(const Attribute& attribute) const;
  Judgement judge_sightings(const Attribute& attribute, UnixSeconds now) const;
  Judgement judge_visibility(const Attribute& attribute, const Event& event, bool published) const;

  FilterOptions options_;
  NameList types_;
  NameList tags_;
  NameList event_ids_;
  std::optional<Viewer> viewer_;
};

}  // namespace misp_zeek
