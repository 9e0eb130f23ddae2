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
constexpr std::size_t kMaxMessage = 200;

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

Result<EventIndexRow> index_row_from(const Json& json) {
  Fields fields(json, "event index");
  EventIndexRow row;
  row.id = fields.id("id");
  row.uuid = fields.uuid("uuid");
  row.timestamp = fields.integer("timestamp");
  row.published = fields.flag("published");
  return fields.ok() ? Result<EventIndexRow>(row) : Failure(fields.error());
}

/// What is left of a row that cannot be read; `event_key` holds its event's id.
void skip(SkippedRows& skipped, const Json& kept, const char* event_key, std::size_t position,
          std::string reason) {
  ++skipped.count;
  if (skipped.named.size() == SkippedRows::kMaxNamed) {
    return;
  }
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
  skipped.named.push_back(std::move(row));
}

/// One row's JSON in `kept`, and why it is of no use.
std::optional<Error> parse_row(const RawRow& row, const JsonStreamOptions& options,
                               const OnRecord& on_record, Json& kept) {
  auto error = read_json_part(row.text, options, on_record, kept);
  return row.whole ? std::move(error) : Error{ErrorCode::kTooLarge, "too large", 0};
}

/// `on_row` takes a row or says why it is of no use.
template <typename Take>
Result<Json> read_each(const NextChunk& next, std::span<const std::string_view> path,
                       const RowLimits& limits, const JsonStreamOptions& options,
                       const char* event_key, SkippedRows& skipped, const OnRecord& on_record,
                       const Take& take) {
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
      skip(skipped, kept, event_key, row.position, problem->message);
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

Result<DecodedIndex> decode_event_index(const NextChunk& next) {
  JsonStreamOptions options;
  options.keys = kIndexKeys;
  DecodedIndex decoded;
  const auto root = read_each(next, {}, RowLimits{}, options, "id", decoded.skipped, {},
                              [&](const Json& json) -> std::optional<Error> {
                                const auto row = index_row_from(json);
                                if (!row) {
                                  return row.error();
                                }
                                decoded.rows.push_back(*row);
                                return std::nullopt;
                              });
  if (!root) {
    return Failure(Error{root.error().code, "event index: " + root.error().message, 0});
  }
  if (!root->is_array()) {
    return unexpected_answer(*root, "event index: expected a list");
  }
  return decoded;
}

Result<std::uint64_t> decode_count(std::string_view body) {
  constexpr std::string_view kBlank = " \t\r\n";
  const auto first = std::min(body.find_first_not_of(kBlank), body.size());
  const auto digits = body.substr(first, body.find_last_not_of(kBlank) + 1 - first);
  std::uint64_t count = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  if (problem != std::errc{} || end != digits.data() + digits.size()) {
    return malformed("restSearch count: expected a number as text");
  }
  return count;
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

Result<MispUser> decode_user(std::string_view version_body, std::string_view user_body) {
  const auto version = read_json(version_body);
  if (!version) {
    return malformed("getVersion: " + version.error().message);
  }
  const auto me = read_json(user_body);
  if (!me) {
    return malformed("users/view/me: " + me.error().message);
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
  Fields role_fields(role != nullptr ? *role : none, "users/view/me: Role");
  user.site_admin = role_fields.flag("perm_site_admin");
  for (const auto* fields : {&version_fields, &me_fields, &person_fields, &role_fields}) {
    if (!fields->ok()) {
      return Failure(fields->error());
    }
  }
  return user;
}

}  // namespace misp_zeek::misp
