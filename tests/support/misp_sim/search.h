// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "database.h"
#include "instance.h"
#include "json_fields.h"

namespace misp_zeek::misp_sim {

/// attributes/restSearch: filters, paging and the two counters MISP sends with it.
/// Not thread safe: the owner locks.
class Search {
 public:
  struct Page {
    std::string body;                  ///< `{"response":{"Attribute":[...]}}`, or a number
    std::uint64_t result_count = 0;    ///< X-Result-Count
    std::size_t fetched = 0;           ///< rows before any was hidden
    std::size_t shown = 0;             ///< rows after that
    std::uint64_t skipped = 0;         ///< X-Skipped-Elements-Count
    std::chrono::nanoseconds cost{0};  ///< what it costs MISP
    bool too_many = false;             ///< more than MISP can count
    Id first_match = 0;                ///< of all pages; 0: nothing matches
    bool paged = false;
  };

  Search(const Database& db, const Instance& instance) : db_(db), instance_(instance) {}

  /// `filters` as posted, without the `request` wrapper; `count_only`: returnFormat count.
  /// `now`: seconds since 1970, for relative times.
  Page run(const Json& filters, std::int64_t now, bool count_only);

 private:
  const std::vector<Id>& matches(const Json& filters, std::int64_t now);
  /// Appends the rows to `page.body`; returns how many of them no warninglist hides.
  std::size_t write_rows(Page& page, const Json& filters, std::size_t first, std::size_t last,
                         bool count_only) const;
  /// MISP fetches a long reply in chunks, and ends it after the first chunk in which a warninglist
  /// hid a row. `limit` 0: none.
  void fetch_in_chunks(Page& page, const Json& filters, std::size_t skip, std::size_t limit,
                       bool count_only) const;
  [[nodiscard]] bool is_warned(const Attribute& attribute) const;

  const Database& db_;
  const Instance& instance_;
  // The last search, so that the pages after the first cost only their rows.
  std::string last_key_;
  std::uint64_t last_version_ = 0;
  std::vector<Id> last_matches_;
};

}  // namespace misp_zeek::misp_sim
