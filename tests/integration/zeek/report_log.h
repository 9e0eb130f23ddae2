// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "core/session/zeek_link.h"

namespace misp_zeek {

/// Takes a link's reports and hands them out in order, with a bounded wait.
class ReportLog {
 public:
  static constexpr std::chrono::seconds kPatience{15};

  ZeekLink::OnReport sink() {
    return [this](LinkReport report) {
      const std::lock_guard lock(mutex_);
      reports_.push_back(std::move(report));
      arrived_.notify_all();
    };
  }

  std::optional<LinkReport> next(std::chrono::milliseconds patience = kPatience) {
    std::unique_lock lock(mutex_);
    if (!arrived_.wait_for(lock, patience, [this] { return !reports_.empty(); })) {
      return std::nullopt;
    }
    LinkReport report = std::move(reports_.front());
    reports_.pop_front();
    return report;
  }

  /// The next report, if it is of this kind.
  template <typename Kind>
  std::optional<Kind> next_as(std::chrono::milliseconds patience = kPatience) {
    auto report = next(patience);
    if (!report) {
      return std::nullopt;
    }
    constexpr bool kIsMessage = std::is_constructible_v<contract::FromZeek, Kind>;
    if constexpr (!kIsMessage) {
      auto* kind = std::get_if<Kind>(&*report);
      return kind != nullptr ? std::optional<Kind>(std::move(*kind)) : std::nullopt;
    } else {
      auto* message = std::get_if<contract::FromZeek>(&*report);
      auto* kind = message != nullptr ? std::get_if<Kind>(message) : nullptr;
      return kind != nullptr ? std::optional<Kind>(std::move(*kind)) : std::nullopt;
    }
  }

  std::size_t waiting() {
    const std::lock_guard lock(mutex_);
    return reports_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<LinkReport> reports_;
};

}  // namespace misp_zeek
