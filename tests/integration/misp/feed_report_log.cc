// SPDX-License-Identifier: BSD-3-Clause
#include "feed_report_log.h"

#include <algorithm>
#include <chrono>
#include <variant>

namespace misp_zeek::misp {
namespace {

struct Describe {
  std::string operator()(const FeedConnected&) const { return "up"; }
  std::string operator()(const FeedDisconnected& report) const { return "down: " + report.reason; }
  std::string operator()(const FeedGap& report) const { return "gap: " + report.reason; }
  std::string operator()(const FeedMalformed& report) const {
    return "malformed: " + report.error.message;
  }
  std::string operator()(const FeedMessageAt& report) const {
    if (const auto* heartbeat = std::get_if<Heartbeat>(&report.message)) {
      return "uptime " + std::to_string(heartbeat->uptime_seconds);
    }
    return std::holds_alternative<IgnoredMessage>(report.message) ? "ignored" : "message";
  }
};

}  // namespace

std::string describe(const FeedReport& report) { return std::visit(Describe{}, report); }

MispFeed::OnReport FeedReportLog::callback() {
  return [this](const FeedReport& report) {
    const std::lock_guard lock(mutex_);
    if (room_ == 0) {
      return false;
    }
    --room_;
    lines_.push_back(describe(report));
    changed_.notify_all();
    return true;
  };
}

void FeedReportLog::set_room(std::size_t room) {
  const std::lock_guard lock(mutex_);
  room_ = room;
}

std::vector<std::string> FeedReportLog::lines() const {
  const std::lock_guard lock(mutex_);
  return lines_;
}

bool FeedReportLog::wait_for(const std::string& prefix, std::size_t skip) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(10), [&] {
    return std::any_of(lines_.begin() + static_cast<std::ptrdiff_t>(std::min(skip, lines_.size())),
                       lines_.end(),
                       [&](const std::string& line) { return line.starts_with(prefix); });
  });
}

}  // namespace misp_zeek::misp
