// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/mapping/filter.h"
#include "core/model/attribute.h"

namespace misp_zeek {

/// Which rows of `/attributes/restSearch` are meant. Besides these, every search carries
/// `returnFormat json`, `order Attribute.id ASC` and active attributes only.
struct AttributeSearch {
  bool apply_filter = true;   ///< the configured filter's to_ids, published, types, tags, age, ...
  bool fixed_events = false;  ///< instead of the filter: all attributes of the fixed events
  std::vector<std::uint64_t> event_ids;  ///< restrict to these events; empty = no restriction
  std::string value;                     ///< restrict to this value; empty = no restriction
  std::vector<Uuid> uuids;               ///< restrict to these attributes; empty = no restriction
};

/// A row of a reply that could not be read.
struct SkippedRow {
  std::optional<Uuid> uuid;    ///< if that could be read
  std::uint64_t event_id = 0;  ///< 0: could not be read
  std::size_t position = 0;    ///< in its reply, from 1
  std::string reason;          ///< never a value
};

struct AttributePage {
  std::vector<AttributeRow> rows;
  std::uint64_t undecodable = 0;         ///< rows that could not be read
  std::vector<SkippedRow> skipped_rows;  ///< of these the first 100
  std::uint64_t skipped = 0;             ///< X-Skipped-Elements-Count: rows removed by warninglists
  /// X-Result-Count: rows of this reply before MISP hid any by allowedlist, warninglist, decay or
  /// proposals; one more when the page is full, 1 when it is empty. nullopt: no such header.
  std::optional<std::uint64_t> result_count;
  std::int64_t server_time = 0;  ///< the answer's Date header, MISP's clock; 0 = absent
  bool last = true;              ///< rows + undecodable + skipped < limit
};

/// A row of `/events/index` with `minimal`.
struct EventIndexRow {
  std::uint64_t id = 0;
  Uuid uuid;
  std::int64_t timestamp = 0;
  bool published = false;
};

struct EventIndex {
  std::vector<EventIndexRow> rows;
  std::int64_t server_time = 0;  ///< the answer's Date header, MISP's clock; 0 = absent
};

/// Of one attribute, by `/attributes/view`, which has a word for no ("Invalid attribute"); a search
/// says no by an empty list.
struct Presence {
  bool present = false;  ///< active, and the user may see it
};

struct MispUser {
  std::string misp_version;
  std::uint64_t org_id = 0;
  bool site_admin = false;
  bool perm_sighting = false;
};

/// Port: MISP's REST interface. Blocking; one call at a time, from one thread. `cancel` makes the
/// running and all later calls return kCancelled and may be called from any thread.
class MispRest {
 public:
  virtual ~MispRest() = default;
  /// One page, `page` from 1.
  virtual Result<AttributePage> search(const AttributeSearch& search, std::uint32_t page,
                                       std::uint32_t limit) = 0;
  /// The number of rows that the search has now (`returnFormat count`).
  virtual Result<std::uint64_t> count(const AttributeSearch& search) = 0;
  virtual Result<EventIndex> event_index() = 0;
  virtual Result<Presence> presence(const Uuid& uuid) = 0;
  /// `/servers/getVersion` and `/users/view/me`.
  virtual Result<MispUser> user() = 0;
  virtual void cancel() = 0;
};

}  // namespace misp_zeek
