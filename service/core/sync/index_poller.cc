// SPDX-License-Identifier: BSD-3-Clause
#include "core/sync/index_poller.h"

#include <algorithm>

namespace misp_zeek {
namespace {

constexpr SteadyMs kPollPause = 15'000;    ///< without messages
constexpr SteadyMs kLeastWhole = 120'000;  ///< the same, for the whole index
constexpr SteadyMs kMostWhole = 900'000;
/// MISP's clock has whole seconds, and a commit may take a while.
constexpr std::int64_t kOverlap = 5;

}  // namespace

SteadyMs IndexPoller::pause(bool feed_healthy) const {
  const SteadyMs interval = context_.options.interval.count() * 1000;
  return feed_healthy ? interval : std::min(interval, kPollPause);
}

std::optional<IndexCall> IndexPoller::next_call(bool feed_healthy, bool publications) {
  const SteadyMs now = context_.time();
  const SteadyMs interval = context_.options.interval.count() * 1000;
  const SteadyMs least = feed_healthy ? interval : std::max(interval, kLeastWhole);
  whole_pause_ = std::clamp(100 * whole_took_, least, std::max(least, kMostWhole));
  next_ = std::min(next_, now + pause(feed_healthy));
  if (asked_) {
    return std::nullopt;
  }
  if (forced_ || (steps_.empty() && now >= next_)) {
    const bool whole = forced_ || looked_until_ == 0 || now >= next_whole_;
    steps_.clear();
    if (whole) {
      steps_.push_back({IndexCall::Which::kAll, 0});
    } else {
      const std::int64_t since = looked_until_ - kOverlap;
      if (publications) {
        steps_.push_back({IndexCall::Which::kPublishedSince, since});
      }
      steps_.push_back({IndexCall::Which::kChangedSince, since});
    }
    forced_ = false;
    look_time_ = 0;
    next_ = now + pause(feed_healthy);
  }
  if (!steps_.empty()) {
    asked_ = steps_.back();
  }
  return asked_;
}

void IndexPoller::on_reply(std::int64_t server_time, SteadyMs asked) {
  if (!asked_) {
    return;
  }
  const bool whole = asked_->which == IndexCall::Which::kAll;
  asked_.reset();
  steps_.pop_back();
  look_time_ = look_time_ == 0 ? server_time : look_time_;
  if (whole) {
    whole_took_ = context_.time() - asked;
    const bool healthy = context_.status.feed_connected;
    const SteadyMs interval = context_.options.interval.count() * 1000;
    const SteadyMs least = healthy ? interval : std::max(interval, kLeastWhole);
    next_whole_ = asked + std::clamp(100 * whole_took_, least, std::max(least, kMostWhole));
  }
  if (steps_.empty() && look_time_ != 0) {
    looked_until_ = look_time_;
  }
}

void IndexPoller::on_error() { asked_.reset(); }

void IndexPoller::clear() {
  asked_.reset();
  steps_.clear();
}

}  // namespace misp_zeek
