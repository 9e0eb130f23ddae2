// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/model/attribute.h"
#include "core/model/uuid.h"

/// What the core asks MISP's REST interface, and what MISP replies.
namespace misp_zeek {

/// Which rows of `/attributes/restSearch` are meant. Every search carries `returnFormat json` and
/// `order Attribute.id ASC`.
struct AttributeSearch {
  bool apply_filter = true;   ///< the configured filter's to_ids, published, types, tags, ...
  bool fixed_events = false;  ///< instead of the filter: no condition but the mapped types
  /// No condition of the configuration at all, not even the mapped types: what left the filter
  /// shows. With `apply_filter` false.
  bool any_type = false;
  bool with_deleted = false;  ///< `deleted: [0, 1]`: soft-deleted rows, too
  /// `attribute_timestamp`, seconds of MISP's clock; 0 = any. The filter's max_age comes by it,
  /// too: who builds the request knows no clock.
  std::int64_t changed_since = 0;
  std::vector<std::uint64_t> event_ids;  ///< `eventid`; empty = no restriction
  std::vector<Uuid> uuids;               ///< `uuid`; empty = no restriction
  std::string value;                     ///< `value`; empty = no restriction
};

/// GET /servers/getVersion and /users/view/me.
struct UserCall {};

/// POST /events/index with `minimal`.
struct IndexCall {
  enum class Which {
    kAll,
    kChangedSince,    ///< `timestamp: since`
    kPublishedSince,  ///< `publish_timestamp: since`
  };
  Which which = Which::kAll;
  std::int64_t since = 0;  ///< seconds of MISP's clock; inclusive
};

/// POST /events/restSearch with `metadata: 1` and `eventid: ids`: these events, whether they have
/// attributes or not.
struct EventCall {
  std::vector<std::uint64_t> ids;
};

/// POST /attributes/restSearch.
struct SearchCall {
  AttributeSearch search;
  std::uint32_t limit = 0;  ///< 0: neither `limit` nor `page` is sent
  std::uint32_t page = 1;
};

/// GET /attributes/view/UUID.
struct PresenceCall {
  Uuid uuid;
};

using RestCall = std::variant<UserCall, IndexCall, EventCall, SearchCall, PresenceCall>;

/// A call with the number that its reply carries.
struct RestRequest {
  std::uint64_t id = 0;
  RestCall call;
};

struct MispUser {
  std::string misp_version;
  std::uint64_t org_id = 0;
  std::uint64_t role_id = 0;
  bool site_admin = false;
  bool perm_sighting = false;
  bool operator==(const MispUser&) const = default;
};

/// A row of `/events/index` with `minimal`.
struct EventIndexRow {
  std::uint64_t id = 0;
  Uuid uuid;
  std::int64_t timestamp = 0;
  bool published = false;
  bool operator==(const EventIndexRow&) const = default;
};

struct EventIndex {
  std::vector<EventIndexRow> rows;
  std::uint64_t skipped = 0;  ///< rows that could not be read
};

/// An event of `/events/restSearch` with `metadata`.
struct EventDetail {
  EventIndexRow row;
  std::string info;
  std::uint64_t attribute_count = 0;  ///< active attributes, whatever the filter says
};

struct EventDetails {
  std::vector<EventDetail> events;
};

/// A row of a reply that could not be read. It was skipped to its end.
struct SkippedRow {
  std::optional<Uuid> uuid;    ///< nullopt: not readable either
  std::uint64_t event_id = 0;  ///< 0 = not readable
  std::uint64_t position = 0;  ///< in the reply, from 1
  std::string reason;
};

struct AttributeReply {
  std::vector<AttributeRow> rows;
  std::vector<SkippedRow> skipped;
  /// Rows that MISP counted in `X-Result-Count` and does not show: allowedlist, warninglist.
  std::uint64_t hidden = 0;
  /// The reply holds all that the search finds: `X-Result-Count` is below `limit`, or no limit was
  /// sent. Without the header: rows and skipped rows are fewer than `limit`.
  bool complete = true;
};

/// Of one attribute, by HTTP status and structure, never by words, which are translated: MISP
/// answers 404 or 405 with an error object when there is none.
struct Presence {
  bool present = false;  ///< active, and the user may see it; its value may be allowedlisted
};

struct RestReply {
  std::variant<MispUser, EventIndex, EventDetails, AttributeReply, Presence> body;
  std::int64_t server_time = 0;  ///< the reply's Date header, MISP's clock; 0 = absent
};

}  // namespace misp_zeek
