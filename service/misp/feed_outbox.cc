// SPDX-License-Identifier: BSD-3-Clause
#include "misp/feed_outbox.h"

#include <utility>

namespace misp_zeek::misp {

bool FeedOutbox::offer(FeedReport report) {
  if (flush() && on_report_(std::move(report))) {
    return true;
  }
  gap_ = true;
  return false;
}

void FeedOutbox::set_state(FeedReport state) {
  state_ = std::move(state);
  flush();
}

bool FeedOutbox::flush() {
  if (state_) {
    if (!on_report_(*state_)) {
      return false;
    }
    state_.reset();
  }
  if (gap_ && !on_report_(FeedGap{"queue full"})) {
    return false;
  }
  gap_ = false;
  return true;
}

}  // namespace misp_zeek::misp
