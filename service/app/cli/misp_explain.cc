// SPDX-License-Identifier: BSD-3-Clause
#include "app/cli/misp_explain.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/base/text.h"
#include "core/mapping/forms.h"

namespace misp_zeek::app {
namespace {

constexpr std::uint32_t kMaxRows = 1'000;
constexpr std::size_t kMaxExplained = 20;

SearchCall search_for(const std::string& query) {
  SearchCall call;
  call.limit = kMaxRows;
  call.search.apply_filter = false;
  call.search.any_type = true;
  call.search.with_deleted = true;
  if (const auto uuid = Uuid::parse(query)) {
    call.search.uuids = {*uuid};
  } else if (const auto id = text::parse_decimal(query, UINT32_MAX)) {
    call.search.event_ids = {*id};
  } else {
    call.search.value = query;
  }
  return call;
}

/// MISP takes '%' for any characters, and finds parts of composites.
bool is_value_of(const std::string& value, const std::string& query) {
  if (text::lower(value) == text::lower(query)) {
    return true;
  }
  const auto bar = value.find('|');
  return bar != std::string::npos &&
         (is_value_of(value.substr(0, bar), query) || is_value_of(value.substr(bar + 1), query));
}

std::string list_of(const std::vector<std::string>& names) {
  std::string list;
  for (const auto& name : names) {
    list += (list.empty() ? "[\"" : ", \"") + name + "\"";
  }
  return list.empty() ? "[]" : list + "]";
}

std::string published_of(PublishedMode mode) {
  return mode == PublishedMode::kPublished ? "\"published\"" : "\"ever_published\"";
}

/// What the service itself judges.
std::string by_filter(FilterReason reason, const Attribute& attribute,
                      const FilterOptions& options) {
  switch (reason) {
    case FilterReason::kNotToIds:
      return "excluded by [filter] to_ids = true: it has no IDS flag in MISP";
    case FilterReason::kType:
      return "excluded by [filter] types = " + list_of(options.types);
    case FilterReason::kTag:
      return "excluded by [filter] tags = " + list_of(options.tags);
    case FilterReason::kEvent:
      return "excluded by [filter] event_ids = " + list_of(options.event_ids);
    case FilterReason::kUnpublished:
      return "excluded by [filter] published = " + published_of(options.published);
    case FilterReason::kTooOld:
      return "excluded by [filter] max_age = \"" +
             std::to_string(options.max_age.count() / 86'400) + "d\": it was changed " +
             rfc3339(attribute.timestamp);
    case FilterReason::kFalsePositive:
      return "excluded by [filter] honour_false_positives = " +
             std::to_string(options.honour_false_positives);
    case FilterReason::kExpired:
      return "excluded by [filter] honour_expirations: a sighting says that it expired";
    case FilterReason::kNone:
    case FilterReason::kDeleted:
    case FilterReason::kNotVisible:
      break;
  }
  return "excluded: " + std::string(to_string(reason));
}

/// A condition that only MISP's search can judge.
struct Condition {
  bool set = false;
  FilterOptions without;
  std::string text;
};

std::vector<Condition> conditions_of(const FilterOptions& options) {
  Condition tags{!options.tags.empty(), options,
                 "excluded by [filter] tags = " + list_of(options.tags) +
                     ": neither it nor its event has what they ask for"};
  tags.without.tags.clear();
  Condition warninglist{options.enforce_warninglist, options,
                        "excluded by [filter] enforce_warninglist = true: its value is on one of "
                        "MISP's warninglists"};
  warninglist.without.enforce_warninglist = false;
  Condition published{options.published != PublishedMode::kAny, options,
                      "excluded by [filter] published = " + published_of(options.published) +
                          ": its event is not published"};
  published.without.published = PublishedMode::kAny;
  return {std::move(tags), std::move(warninglist), std::move(published)};
}

class Explainer {
 public:
  Explainer(const FilterOptions& options, const Mapping& mapping, const AskMisp& ask,
            UnixSeconds now)
      : options_(options), filter_(options), mapping_(mapping), ask_(ask), now_(now) {}

  Result<std::string> explain(const AttributeRow& row) const {
    const Attribute& attribute = row.attribute;
    const std::string who = "attribute " + attribute.uuid.str() + " (" + attribute.type +
                            ") of event " + std::to_string(attribute.event_id) + " ";
    if (attribute.deleted) {
      return who + "is deleted in MISP";
    }
    if (!mapping_.knows(attribute.type)) {
      return who + "has a type without a rule: [mapping.types] can give it one";
    }
    const auto judgement = filter_.judge_row(attribute, row.event, now_);
    if (judgement.verdict == Verdict::kReject) {
      return who + "is " + by_filter(judgement.reason, attribute, options_);
    }
    const auto mapped = mapping_.map(attribute.type, attribute.value);
    if (const auto key = mapped ? "" : excluding_key(mapped.error()); !key.empty()) {
      return who + "is excluded by [filter] " + std::string(key);
    }
    if (!mapped) {
      const std::string why(mapping::explanation_of(mapped.error()));
      return who + "is not usable in Zeek: " + std::string(to_string(mapped.error())) +
             (why.empty() ? "" : ", " + why);
    }
    return by_search(attribute).map([&](const std::string& text) { return who + "is " + text; });
  }

  /// Of an attribute that no search shows.
  Result<std::string> explain_unseen(const Uuid& uuid) const {
    const auto reply = ask_(options_, PresenceCall{uuid});
    if (!reply) {
      return tl::unexpected<Error>(reply.error());
    }
    const auto* presence = std::get_if<Presence>(&reply->body);
    return presence != nullptr && presence->present
               ? "MISP has attribute " + uuid.str() +
                     ", but its searches do not show it: its allowedlist hits the value"
               : "MISP shows this user no attribute and no event " + uuid.str() +
                     ": there is none, or this user may not see it";
  }

 private:
  Result<bool> shows(const FilterOptions& options, const Attribute& attribute) const {
    SearchCall call;
    call.search.uuids = {attribute.uuid};
    call.search.fixed_events = filter_.is_fixed_event(attribute.event_id);
    call.search.apply_filter = !call.search.fixed_events;
    const auto reply = ask_(options, call);
    if (!reply) {
      return tl::unexpected<Error>(reply.error());
    }
    const auto* rows = std::get_if<AttributeReply>(&reply->body);
    return rows != nullptr && !rows->rows.empty();
  }

  /// What only MISP judges: the first condition without which its search shows the attribute.
  Result<std::string> by_search(const Attribute& attribute) const {
    auto shown = shows(options_, attribute);
    if (!shown || *shown) {
      return shown.map([](bool) {
        return std::string("accepted by filter and mapping: a service in sync has it in Zeek");
      });
    }
    for (const auto& condition : conditions_of(options_)) {
      shown = condition.set ? shows(condition.without, attribute) : Result<bool>(false);
      if (!shown || *shown) {
        return shown.map([&](bool) { return condition.text; });
      }
    }
    return std::string("excluded by several conditions of [filter] at once, or by MISP itself");
  }

  const FilterOptions& options_;
  Filter filter_;
  const Mapping& mapping_;
  const AskMisp& ask_;
  UnixSeconds now_;
};

}  // namespace

Result<std::vector<std::string>> explain_from_misp(const std::string& query,
                                                   const FilterOptions& options,
                                                   const Mapping& mapping, const AskMisp& ask,
                                                   UnixSeconds now) {
  const SearchCall call = search_for(query);
  const auto reply = ask(options, call);
  if (!reply) {
    return tl::unexpected<Error>(reply.error());
  }
  auto rows = std::get<AttributeReply>(reply->body).rows;
  if (!call.search.value.empty()) {
    std::erase_if(rows, [&](const auto& row) { return !is_value_of(row.attribute.value, query); });
  }
  const Explainer explainer(options, mapping, ask, now);
  std::vector<std::string> lines;
  const auto take = [&](Result<std::string> line) -> Result<void> {
    return line.map([&](std::string& text) { lines.push_back(std::move(text)); });
  };
  if (rows.empty() && !call.search.uuids.empty()) {
    if (auto taken = take(explainer.explain_unseen(call.search.uuids.front())); !taken) {
      return tl::unexpected<Error>(std::move(taken.error()));
    }
  } else if (rows.empty()) {
    lines.push_back(
        "MISP shows this user no attribute with exactly this value, nor an event of this id");
  }
  for (std::size_t i = 0; i < rows.size() && i < kMaxExplained; ++i) {
    if (auto taken = take(explainer.explain(rows[i])); !taken) {
      return tl::unexpected<Error>(std::move(taken.error()));
    }
  }
  if (rows.size() > kMaxExplained) {
    lines.push_back("and " + std::to_string(rows.size() - kMaxExplained) + " more");
  }
  return lines;
}

}  // namespace misp_zeek::app
