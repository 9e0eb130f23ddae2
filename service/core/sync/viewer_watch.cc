// SPDX-License-Identifier: BSD-3-Clause
#include "core/sync/viewer_watch.h"

namespace misp_zeek {

bool ViewerWatch::on_user(const MispUser& user) {
  asked_ = false;
  refused_ = false;
  next_ = context_.time() + kInterval;
  auto& known = context_.status.user;
  const bool changed = known && (known->org_id != user.org_id || known->role_id != user.role_id ||
                                 known->site_admin != user.site_admin);
  known = user;
  context_.filter.set_viewer({user.org_id, user.site_admin});
  return changed;
}

void ViewerWatch::on_error(ErrorCode code, SteadyMs retry_at) {
  asked_ = false;
  refused_ = code == ErrorCode::kIncompatible;
  next_ = retry_at;
}

}  // namespace misp_zeek
