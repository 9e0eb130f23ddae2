// SPDX-License-Identifier: BSD-3-Clause
// A change of filter and mapping while MispSync runs.
#include <utility>

#include "core/sync/misp_sync.h"

namespace misp_zeek {

void MispSync::change_rules(Filter filter, Mapping mapping, TimePoint now) {
  filter_ = std::move(filter);
  mapping_ = std::move(mapping);
  if (status_.user) {
    filter_.set_viewer({status_.user->org_id, status_.user->site_admin});
  }
  // What was read by the old filter says nothing of the new one.
  waiting_ = Waiting::kNothing;
  events_pass_.reset();
  reconcile_.reset();
  shrink_accepted_ = false;
  suspects_.clear();
  doubts_.clear();
  expiries_ = {};
  for (const auto& [uuid, attribute] : store_.attributes()) {
    Attribute aged;
    aged.event_id = attribute.event_id;
    aged.timestamp = attribute.timestamp;
    // Too old already: the pass decides, and max_shrink with it.
    if (const auto expires = filter_.expires_at(aged); expires && *expires >= now.unix_seconds) {
      expiries_.emplace(*expires, uuid);
    }
  }
  request_reconcile(true, Cause::kConfiguration);
}

}  // namespace misp_zeek
