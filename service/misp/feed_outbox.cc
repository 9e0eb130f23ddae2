// SPDX-License-Identifier: BSD-3-Clause
#include "misp/feed_outbox.h"

#include <utility>
#include <variant>

namespace misp_zeek::misp {

namespace {

bool tells_nothing(const FeedReport& report) {
  const auto* message = std::get_if<FeedMessageAt>(&report);
  return message != nullptr && std::holds_alternative<IgnoredMessage>(message->message);
}

}  // namespace

bool FeedOutbox::offer(FeedReport report) {
  const bool needed = !tells_nothing(report);
  if (flush() && on_report_(std::move(report))) {
    return true;
  }
  gap_ |= needed;
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
