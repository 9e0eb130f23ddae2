// SPDX-License-Identifier: BSD-3-Clause
#include "core/mapping/filter.h"

#include <algorithm>
#include <utility>

namespace misp_zeek {
namespace {

constexpr Judgement kAccepted{};

Judgement rejected(FilterReason reason) { return {Verdict::kReject, reason}; }

Judgement ask() { return {Verdict::kAskMisp, FilterReason::kNone}; }

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// The first judgement that does not accept decides; a rejection wins over a question.
Judgement both(Judgement a, Judgement b) {
  if (a.verdict == Verdict::kReject) {
    return a;
  }
  if (b.verdict == Verdict::kReject || a.verdict == Verdict::kAccept) {
    return b;
  }
  return a;
}

}  // namespace

std::string_view to_string(FilterReason reason) {
  switch (reason) {
    case FilterReason::kNone:
      return "none";
    case FilterReason::kDeleted:
      return "deleted";
    case FilterReason::kNotToIds:
      return "not_to_ids";
    case FilterReason::kType:
      return "type";
    case FilterReason::kTag:
      return "tag";
    case FilterReason::kEvent:
      return "event";
    case FilterReason::kUnpublished:
      return "unpublished";
    case FilterReason::kTooOld:
      return "too_old";
    case FilterReason::kNotVisible:
      return "not_visible";
    case FilterReason::kFalsePositive:
      return "false_positive";
    case FilterReason::kExpired:
      return "expired";
  }
  return "none";
}

bool Filter::NameList::admits(std::string_view name) const {
  return !contains(exclude, name) && (include.empty() || contains(include, name));
}

Filter::NameList Filter::parse_names(const std::vector<std::string>& names) {
  NameList list;
  for (const auto& name : names) {
    if (name.starts_with('!')) {
      list.exclude.push_back(name.substr(1));
    } else {
      list.include.push_back(name);
    }
  }
  return list;
}

Filter::Filter(FilterOptions options)
    : options_(std::move(options)),
      types_(parse_names(options_.types)),
      tags_(parse_names(options_.tags)),
      event_ids_(parse_names(options_.event_ids)) {}

bool Filter::is_fixed_event(std::uint64_t event_id) const {
  return std::find(options_.fixed_events.begin(), options_.fixed_events.end(), event_id) !=
         options_.fixed_events.end();
}

std::optional<UnixSeconds> Filter::expires_at(const Attribute& attribute) const {
  if (options_.max_age.count() == 0 || is_fixed_event(attribute.event_id)) {
    return std::nullopt;
  }
  return attribute.timestamp + options_.max_age.count();
}

Judgement Filter::judge_basic(const Attribute& attribute, UnixSeconds now) const {
  if (attribute.deleted) {
    return rejected(FilterReason::kDeleted);
  }
  if (is_fixed_event(attribute.event_id)) {
    return kAccepted;
  }
  if (options_.to_ids && !attribute.to_ids) {
    return rejected(FilterReason::kNotToIds);
  }
  if (!types_.admits(attribute.type)) {
    return rejected(FilterReason::kType);
  }
  if (!event_ids_.admits(std::to_string(attribute.event_id))) {
    return rejected(FilterReason::kEvent);
  }
  if (const auto expires = expires_at(attribute); expires && *expires < now) {
    return rejected(FilterReason::kTooOld);
  }
  return kAccepted;
}

Judgement Filter::judge_tags(const Attribute& attribute) const {
  if (options_.tags.empty()) {
    return kAccepted;
  }
  if (attribute.tags) {
    for (const auto& tag : *attribute.tags) {
      if (contains(tags_.exclude, tag)) {
        return rejected(FilterReason::kTag);
      }
    }
    // Event tags count too and no message has them: an exclusion can never be ruled out here.
    const bool included =
        std::any_of(attribute.tags->begin(), attribute.tags->end(),
                    [&](const auto& tag) { return contains(tags_.include, tag); });
    if (included && tags_.exclude.empty()) {
      return kAccepted;
    }
  }
  return ask();
}

Judgement Filter::judge_sightings(const Attribute& attribute, UnixSeconds now) const {
  if (options_.honour_false_positives > 0 &&
      attribute.false_positives >= options_.honour_false_positives) {
    return rejected(FilterReason::kFalsePositive);
  }
  if (options_.honour_expirations && attribute.expires && *attribute.expires <= now) {
    return rejected(FilterReason::kExpired);
  }
  return kAccepted;
}

Judgement Filter::judge_visibility(const Attribute& attribute, const Event& event,
                                   bool published) const {
  if (options_.visibility == VisibilityMode::kTrust) {
    return kAccepted;
  }
  if (options_.visibility == VisibilityMode::kLookup || !viewer_) {
    return ask();
  }
  if (viewer_->site_admin) {
    return kAccepted;
  }
  if (owns(event)) {
    return kAccepted;
  }
  Judgement result = kAccepted;
  const auto level = [&](std::optional<Distribution> distribution) {
    if (!distribution || *distribution == Distribution::kSharingGroup) {
      result = both(result, ask());
    } else if (*distribution == Distribution::kOrganisation) {
      result = both(result, rejected(FilterReason::kNotVisible));
    }
  };
  level(event.distribution);
  level(attribute.distribution);
  if (attribute.object_id != 0) {
    level(attribute.object_distribution);
  }
  // An instance can hide other organisations' unpublished events ("unpublishedprivate").
  return both(result, published ? kAccepted : ask());
}

Judgement Filter::judge_message(const Attribute& attribute, const Event& event,
                                UnixSeconds now) const {
  Judgement result = judge_basic(attribute, now);
  if (result.verdict != Verdict::kAccept) {
    return result;
  }
  // The change that the message tells of unpublishes the event; its flag is from before.
  result = judge_visibility(attribute, event, false);
  if (!options_.shown_tags.empty()) {
    result = both(result, ask());
  }
  if (is_fixed_event(attribute.event_id)) {
    return result;
  }
  if (options_.published == PublishedMode::kPublished) {
    result = both(result, ask());
  } else if (options_.published == PublishedMode::kEverPublished) {
    const bool ever = event.publish_timestamp.value_or(0) > 0;
    result = both(result, ever ? kAccepted : ask());
  }
  if (options_.enforce_warninglist) {
    result = both(result, ask());
  }
  if (const auto sighted = judge_sightings(attribute, now); sighted.verdict == Verdict::kReject) {
    // The message lists the sightings of everybody, of which MISP shows others its own alone.
    result = both(result, viewer_ && viewer_->site_admin ? sighted : ask());
  }
  return both(result, judge_tags(attribute));
}

Judgement Filter::judge_row(const Attribute& attribute, const Event& event, UnixSeconds now) const {
  const Judgement result = judge_basic(attribute, now);
  if (result.verdict != Verdict::kAccept || is_fixed_event(attribute.event_id)) {
    return result;
  }
  if (options_.published == PublishedMode::kEverPublished &&
      event.publish_timestamp.value_or(0) == 0) {
    return rejected(FilterReason::kUnpublished);
  }
  return judge_sightings(attribute, now);
}

Judgement Filter::judge_published(const Attribute& attribute, const Event& event,
                                  UnixSeconds now) const {
  const Judgement result = judge_basic(attribute, now);
  return result.verdict == Verdict::kAccept ? judge_visibility(attribute, event, true) : result;
}

bool Filter::publish_needs_misp() const {
  // The sightings in it are those that the user who published the event may see.
  return options_.needs_tags() || options_.enforce_warninglist || options_.needs_sightings();
}

bool Filter::honours_sighting(int type, std::uint64_t event_id) const {
  const bool honoured = (type == 1 && options_.honour_false_positives > 0) ||
                        (type == 2 && options_.honour_expirations);
  return honoured && !is_fixed_event(event_id);
}

bool Filter::event_edit_needs_misp() const {
  return !sees_all() || options_.needs_tags() || options_.published != PublishedMode::kAny;
}

bool Filter::row_needs_misp(std::uint64_t event_id) const {
  if (is_fixed_event(event_id)) {
    return !options_.shown_tags.empty();
  }
  return options_.needs_tags() || options_.enforce_warninglist || options_.needs_sightings() ||
         options_.published == PublishedMode::kPublished;
}

bool Filter::has_silent_conditions() const {
  return options_.needs_tags() || options_.enforce_warninglist || options_.needs_sightings() ||
         !sees_all();
}

bool Filter::unpublishing_matters(const Event& event) const {
  const bool filtered =
      options_.published == PublishedMode::kPublished && !is_fixed_event(event.id);
  return filtered || (!sees_all() && !owns(event) && event.published != false);
}

bool Filter::sees_all() const {
  return options_.visibility == VisibilityMode::kTrust ||
         (options_.visibility == VisibilityMode::kAuto && viewer_ && viewer_->site_admin);
}

bool Filter::owns(const Event& event) const {
  // Of the instance's owner, not the creator: MISP asks for Event.org_id alone.
  return viewer_ && viewer_->org_id != 0 && event.org_id == viewer_->org_id;
}

}  // namespace misp_zeek
