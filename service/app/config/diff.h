// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "app/config/config.h"

/// A change of the configuration while the service runs: SIGHUP.
namespace misp_zeek::app {

/// Loads the configuration again, from where it was loaded at the start.
using ReloadConfig = std::function<Result<LoadedConfig>()>;

/// What differs between the configuration that runs and one that is wanted.
struct ConfigChange {
  /// With old and new value, e.g. `filter.to_ids: true -> false`.
  std::vector<std::string> applied;
  /// Names of keys that only a restart changes. Of a secret that is another now, the key of its
  /// file; never the secret.
  std::vector<std::string> needs_restart;
  bool rules = false;  ///< filter or mapping is among `applied`
};
ConfigChange compare(const Config& running, const Config& wanted);

/// Whether a key takes effect by a reload: `[filter]`, `[mapping]`, `[log]` and
/// misp.feed.visibility.
bool is_reloadable(std::string_view key);

}  // namespace misp_zeek::app
