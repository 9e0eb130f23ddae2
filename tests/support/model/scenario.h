// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/sync/misp_sync.h"
#include "model/misp_model.h"

namespace misp_zeek::model {

/// One thing that happens: an operation in MISP, a fault, or an expectation.
///
/// As text: `MS VERB ARGUMENT... [; OPTION...]`, e.g.
/// `1200 attribute.add a1 e1 ip-dst 198.51.100.1 to_ids ; commit=800 lost`. Words hold no space.
/// `e1`, `a1` are labels: a step that names what does not exist is passed over, so that any subset
/// of a script is a script. Verbs and options are listed in operations.h and world.h.
struct Step {
  SteadyMs at = 0;  ///< since the start; steps are in this order
  std::string verb;
  std::vector<std::string> args;
  std::map<std::string, std::string> options;

  std::string str() const;
  bool has(const std::string& option) const { return options.contains(option); }
  SteadyMs milliseconds(const std::string& option) const;  ///< 0 when absent
  /// Empty when there are fewer.
  const std::string& arg(std::size_t index) const;
};

/// A history with its circumstances. Runs the same each time.
///
/// A file has comments (`#`), settings (`set KEY VALUE`) and steps, in this order.
struct Scenario {
  std::string comment;  ///< the file's first lines, without `#`
  /// Only those that differ from the default: `seed`, `reader` (`admin` | `other`),
  /// `unpublished_private`, `pace1`, `pace2` (ms to and from each Zeek), and the keys of `[filter]`
  /// with `visibility`; lists are comma separated, `max_age` in seconds. `timers` `off`: nothing is
  /// reconciled unless a message or a gap asks for it. `state` `on`: the service saves what it
  /// knows.
  std::map<std::string, std::string> settings;
  std::vector<Step> steps;

  std::string str() const;
  std::uint32_t seed() const;
  MispModel::Reader reader() const;
  std::string setting(const std::string& key, const std::string& fallback) const;
};

/// kMalformed names the line.
Result<Scenario> parse_scenario(std::string_view text);
/// kUnavailable when the file cannot be read.
Result<Scenario> load_scenario(const std::string& file);

}  // namespace misp_zeek::model
