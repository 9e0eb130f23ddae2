// SPDX-License-Identifier: BSD-3-Clause
#include "misp/rest_decode.h"

#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "core/base/text.h"
#include "core/store/indicator_store.h"
#include "misp/attribute_json.h"
#include "misp/json_stream.h"
#include "misp/json_values.h"

namespace misp_zeek::misp {
namespace {

using Json = nlohmann::json;
using Failure = tl::unexpected<Error>;

constexpr std::array<std::string_view, 2> kRowsAt = {"response", "Attribute"};
constexpr std::array<std::string_view, 1> kRowRecords = {"/Sighting/*"};
constexpr std::array<std::string_view, 4> kIndexKeys = {"id", "uuid", "timestamp", "published"};
constexpr std::array<std::string_view, 1> kEventsAt = {"response"};
constexpr std::array<std::string_view, 7> kEventKeys = {
    "Event", "id", "uuid", "timestamp", "published", "info", "attribute_count"};
constexpr std::size_t kMaxMessage = 200;
/// The first with `order` and `attribute_timestamp` in searches.
constexpr std::array<std::uint64_t, 3> kOldestMisp = {2, 4, 180};

constexpr auto kRowKeys = attribute_keys_and();

Failure malformed(std::string text) {
  return Failure(Error{ErrorCode::kMalformed, std::move(text), 0});
}

/// An answer without the expected content, which often says why.
Failure unexpected_answer(const Json& root, std::string expected) {
  if (root.is_object()) {
    const auto message = root.find("message");
    if (message != root.end() && message->is_string()) {
      expected +=
          ", MISP says: " + text::short_line(message->get_ref<const std::string&>(), kMaxMessage);
    }
  }
  return malformed(std::move(expected));
}

Result<AttributeRow> row_from(const Json& json) {
  auto attribute = attribute_from(json, "Attribute");
  if (!attribute) {
    return Failure(attribute.error());
  }
  const auto object = object_distribution(json);
  if (!object) {
    return Failure(object.error());
  }
  attribute->object_distribution = *object;
  const auto event_json = json.find("Event");
  if (event_json == json.end()) {
    return malformed("Attribute.Event: missing");
  }
  auto event = event_from(*event_json, "Attribute.Event");
  if (!event) {
    return Failure(event.error());
  }
  return AttributeRow{*std::move(attribute), *std::move(event)};
}

Result<EventIndexRow> index_row_from(const Json& json, std::string_view where) {
  Fields fields(json, where);
  EventIndexRow row;
  row.id = fields.id("id");
  row.uuid = fields.uuid("uuid");
  row.timestamp = fields.integer("timestamp");
  row.published = fields.flag("published");
  return fields.ok() ? Result<EventIndexRow>(row) : Failure(fields.error());
}

Result<EventDetail> event_detail_from(const Json& json) {
  const auto it = json.find("Event");
  const auto row = it == json.end() ? malformed("Event: missing") : index_row_from(*it, "Event");
  if (!row) {
    return Failure(row.error());
  }
  Fields fields(*it, "Event");
  EventDetail event{*row, fields.text_if("info").value_or(""), fields.id("attribute_count")};
  return fields.ok() ? Result<EventDetail>(std::move(event)) : Failure(fields.error());
}

/// What is left of a row that cannot be read; `event_key` holds its event's id.
SkippedRow skipped_row(const Json& kept, const char* event_key, std::size_t position,
                       std::string reason) {
  SkippedRow row;
  row.position = position;
  row.reason = std::move(reason);
  // Each by itself: one that is not readable must not hide the other.
  if (kept.is_object()) {
    Fields event(kept, "row");
    row.event_id = event.id_if(event_key).value_or(0);
    Fields name(kept, "row");
    row.uuid = name.uuid_if("uuid");
  }
  return row;
}

/// One row's JSON in `kept`, and why it is of no use.
std::optional<Error> parse_row(const RawRow& row, const JsonStreamOptions& options,
                               const OnRecord& on_record, Json& kept) {
  auto error = read_json_part(row.text, options, on_record, kept);
  return row.whole ? std::move(error) : Error{ErrorCode::kTooLarge, "too large", 0};
}

/// `take` takes a row or says why it is of no use.
template <typename Take>
Result<Json> read_each(const NextChunk& next, std::span<const std::string_view> path,
                       const RowLimits& limits, const JsonStreamOptions& options,
                       const char* event_key, std::vector<SkippedRow>& skipped,
                       const OnRecord& on_record, const Take& take) {
  bool too_many = false;
  auto around = read_rows(next, path, limits.max_row_bytes, [&](const RawRow& row) {
    too_many = limits.max_rows != 0 && row.position > limits.max_rows;
    if (too_many) {
      return false;
    }
    Json kept;
    auto problem = parse_row(row, options, on_record, kept);
    if (!problem) {
      problem = take(kept);
    }
    if (problem) {
      skipped.push_back(skipped_row(kept, event_key, row.position, problem->message));
    }
    return true;
  });
  if (too_many) {
    return malformed("more than the " + std::to_string(limits.max_rows) +
                     " rows that were asked for");
  }
  return around;
}

}  // namespace

Result<DecodedRows> decode_rows(const NextChunk& next, const RowLimits& limits) {
  JsonStreamOptions options;
  options.keys = kRowKeys;
  options.records = kRowRecords;
  DecodedRows decoded;
  SightingTally sightings;
  const auto root = read_each(
      next, kRowsAt, limits, options, "event_id", decoded.skipped,
      [&](std::string_view, const Json& record) {
        sightings.take(record);
        return true;
      },
      [&](const Json& json) -> std::optional<Error> {
        auto row = row_from(json);
        const SightingTally of_row = std::exchange(sightings, {});
        if (!row) {
          return row.error();
        }
        of_row.give(row->attribute);
        decoded.rows.push_back(*std::move(row));
        return std::nullopt;
      });
  if (!root) {
    return Failure(Error{root.error().code, "restSearch: " + root.error().message, 0});
  }
  const auto list = Json::json_pointer("/response/Attribute");
  if (!root->is_object() || !root->contains(list) || !root->at(list).is_array()) {
    return unexpected_answer(*root, "restSearch: expected a list in response.Attribute");
  }
  return decoded;
}

AttributeReply attribute_reply(DecodedRows rows, const RowCounts& counts, std::uint64_t limit) {
  const std::uint64_t shown = rows.rows.size() + rows.skipped.size();
  const std::uint64_t counted = counts.counted.value_or(shown + counts.removed);
  AttributeReply reply{std::move(rows.rows), std::move(rows.skipped), 0, true};
  reply.complete = limit == 0 || counted < limit;
  // The one that stands for "perhaps more", and the one of an empty page.
  const bool one_more = counts.counted && limit > 0 && (!reply.complete || shown == 0);
  const std::uint64_t real = counted - (one_more && counted > 0 ? 1 : 0);
  reply.hidden = real > shown ? real - shown : 0;
  return reply;
}

Result<EventIndex> decode_event_index(const NextChunk& next) {
  JsonStreamOptions options;
  options.keys = kIndexKeys;
  EventIndex index;
  std::vector<SkippedRow> skipped;
  const auto root = read_each(next, {}, RowLimits{}, options, "id", skipped, {},
                              [&](const Json& json) -> std::optional<Error> {
                                const auto row = index_row_from(json, "event index");
                                if (!row) {
                                  return row.error();
                                }
                                index.rows.push_back(*row);
                                return std::nullopt;
                              });
  if (!root) {
    return Failure(Error{root.error().code, "event index: " + root.error().message, 0});
  }
  if (!root->is_array()) {
    return unexpected_answer(*root, "event index: expected a list");
  }
  index.skipped = skipped.size();
  return index;
}

Result<EventDetails> decode_events(const NextChunk& next) {
  JsonStreamOptions options;
  options.keys = kEventKeys;
  EventDetails details;
  std::vector<SkippedRow> skipped;
  const auto root = read_each(next, kEventsAt, RowLimits{}, options, "id", skipped, {},
                              [&](const Json& json) -> std::optional<Error> {
                                const auto event = event_detail_from(json);
                                if (!event) {
                                  return event.error();
                                }
                                details.events.push_back(*event);
                                return std::nullopt;
                              });
  if (!root) {
    return Failure(Error{root.error().code, "events: " + root.error().message, 0});
  }
  if (!skipped.empty()) {
    return malformed("events: " + skipped.front().reason);
  }
  if (!root->is_object() || !root->contains("response") || !root->at("response").is_array()) {
    return unexpected_answer(*root, "events: expected a list in response");
  }
  return details;
}

Result<Presence> decode_presence(std::string_view body, const Uuid& asked) {
  const auto json = read_json(body);
  if (!json) {
    return malformed("attributes/view: " + json.error().message);
  }
  Fields fields(*json, "attributes/view");
  const auto* attribute = fields.child("Attribute");
  const Json none;
  Fields attribute_fields(attribute != nullptr ? *attribute : none, "attributes/view: Attribute");
  const auto uuid = Uuid::parse(attribute_fields.text("uuid"));
  const bool deleted = attribute_fields.flag_if("deleted").value_or(false);
  for (const auto* each : {&fields, &attribute_fields}) {
    if (!each->ok()) {
      return Failure(each->error());
    }
  }
  if (uuid != asked) {
    return malformed("attributes/view: another attribute than " + asked.str());
  }
  return Presence{!deleted};
}

namespace {

/// "2.4.180" or "2.5.1"; what follows the numbers does not matter. nullopt for anything else.
std::optional<std::array<std::uint64_t, 3>> version_numbers(std::string_view text) {
  std::array<std::uint64_t, 3> numbers{};
  for (auto& number : numbers) {
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (problem != std::errc{}) {
      return std::nullopt;
    }
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    text.remove_prefix(text.starts_with('.') ? 1 : 0);
  }
  return numbers;
}

std::optional<Error> version_problem(const std::string& version) {
  const auto numbers = version_numbers(version);
  if (!numbers || *numbers >= kOldestMisp) {
    return std::nullopt;  // a version that cannot be read is not an old one
  }
  return Error{ErrorCode::kIncompatible,
               "MISP " + version +
                   " is too old: its searches ignore order and attribute_timestamp; 2.4.180 is "
                   "the oldest that works",
               0};
}

/// Settings are an object, or an empty list.
std::optional<Error> settings_problem(const Fields& me) {
  const auto* settings = me.child("UserSetting");
  if (settings == nullptr || !settings->is_object()) {
    return std::nullopt;
  }
  const auto it = settings->find("default_restsearch_parameters");
  if (it == settings->end() || it->empty()) {
    return std::nullopt;
  }
  return Error{ErrorCode::kIncompatible,
               "the user of the API key has the setting default_restsearch_parameters, which MISP "
               "adds to every search: delete it (MISP: My Profile, User settings), or use the key "
               "of a user without it",
               0};
}

}  // namespace

Result<MispUser> decode_user(std::string_view version_body, std::string_view user_body) {
  // Another page of MISP answers as well-formed, and so do other programs.
  const auto no_misp = [](const Error& error) {
    return malformed(error.message +
                     ": is misp.url the address of MISP itself, without the path of "
                     "a page?");
  };
  const auto version = read_json(version_body);
  if (!version) {
    return no_misp({ErrorCode::kMalformed, "getVersion: " + version.error().message, 0});
  }
  const auto me = read_json(user_body);
  if (!me) {
    return no_misp({ErrorCode::kMalformed, "users/view/me: " + me.error().message, 0});
  }
  MispUser user;
  Fields version_fields(*version, "getVersion");
  user.misp_version = version_fields.text("version");
  user.perm_sighting = version_fields.flag_if("perm_sighting").value_or(false);
  Fields me_fields(*me, "users/view/me");
  const Json none;
  const auto* person = me_fields.child("User");
  const auto* role = me_fields.child("Role");
  Fields person_fields(person != nullptr ? *person : none, "users/view/me: User");
  user.org_id = person_fields.id("org_id");
  user.role_id = person_fields.id_if("role_id").value_or(0);
  Fields role_fields(role != nullptr ? *role : none, "users/view/me: Role");
  user.site_admin = role_fields.flag("perm_site_admin");
  for (const auto* fields : {&version_fields, &me_fields, &person_fields, &role_fields}) {
    if (!fields->ok()) {
      return no_misp(fields->error());
    }
  }
  if (auto problem = version_problem(user.misp_version)) {
    return Failure(*std::move(problem));
  }
  if (auto problem = settings_problem(me_fields)) {
    return Failure(*std::move(problem));
  }
  return user;
}

}  // namespace misp_zeek::misp
