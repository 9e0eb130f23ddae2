// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "database.h"
#include "json_fields.h"

namespace misp_zeek::misp_sim {

/// The user whose key the clients have. The events belong to the organisation ORGNAME.
struct Viewer {
  bool site_admin = true;
  bool own_org = true;  ///< of ORGNAME; else of another organisation
  bool disabled = false;
  bool sighting_right = true;  ///< perm_sighting of the role
  /// The user setting default_restsearch_parameters, as JSON; "": none.
  std::string search_defaults;
};

/// What answers cost. All zero: nothing.
struct Costs {
  std::chrono::nanoseconds request{0};     ///< any answer
  std::chrono::nanoseconds row{0};         ///< a row of a search
  std::chrono::nanoseconds offset_row{0};  ///< a row of a search that OFFSET passes over
  std::chrono::nanoseconds count_row{0};   ///< a row of a search with returnFormat count
  std::chrono::nanoseconds index_row{0};   ///< a row of events/index
  std::size_t count_rows_at_most = 0;      ///< counting more ends in HTTP 500; 0: no limit

  /// As measured on a real MISP 2.5.1 with 1,000,000 attributes, PHP's memory limit at 2048M.
  [[nodiscard]] static Costs measured();
};

/// What an administrator of the simulated MISP sets. Not thread safe: the owner locks.
class Instance {
 public:
  /// Takes over the settings that `settings` has (README.md, `/sim/instance`). Returns what is
  /// wrong with them, "" when nothing is; nothing is changed then.
  std::string change(const Json& settings);

  /// Rows that MISP fetches at once: 50 for each MB of PHP's memory limit.
  [[nodiscard]] std::size_t chunk_rows() const { return chunk_rows_; }
  [[nodiscard]] const Costs& costs() const { return costs_; }
  [[nodiscard]] const Viewer& viewer() const { return viewer_; }
  void set_sighting_right(bool right) { viewer_.sighting_right = right; }

  /// The allowedlist hides the value from every search, after paging.
  [[nodiscard]] bool hides(const std::string& value) const;

  // Rules of distribution, for the viewer.
  [[nodiscard]] bool shows(const Event& event) const;
  [[nodiscard]] bool shows(const Attribute& attribute, const Event& event) const;

  /// Equal texts mean equal answers of `shows`.
  [[nodiscard]] std::string visibility() const;

  /// `english` in MISP.language, where MISP translates it.
  [[nodiscard]] std::string words(std::string_view english) const;
  [[nodiscard]] const std::string& version() const { return version_; }
  /// True when the simulated version is `major.minor.hotfix` or newer.
  [[nodiscard]] bool is_since(int major, int minor, int hotfix) const;

 private:
  std::vector<std::function<bool(const std::string&)>> allowedlist_;
  std::string language_ = "eng";
  std::string version_ = "2.5.1";
  bool unpublished_private_ = false;
  std::size_t chunk_rows_ = 102'400;
  Costs costs_;
  Viewer viewer_;
};

}  // namespace misp_zeek::misp_sim
