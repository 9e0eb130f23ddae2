// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "core/sync/rest_call.h"
#include "core/sync/sync_context.h"

namespace misp_zeek {

/// Rows that could not be read in the newest reply of their events.
class SkippedRows {
 public:
  static constexpr std::size_t kBound = 100;

  explicit SkippedRows(SyncContext& context) : context_(context) {}

  /// `event_id` was read. Rows whose event is not readable count for `fallback`.
  void replace(std::uint64_t event_id, std::vector<SkippedRow> rows) {
    context_.counters.skipped_rows += rows.size();
    if (rows.empty()) {
      if (rows_.erase(event_id) > 0) {
        publish();
      }
      return;
    }
    rows_[event_id] = std::move(rows);
    publish();
  }
  void erase(std::uint64_t event_id) { replace(event_id, {}); }
  void clear() {
    rows_.clear();
    publish();
  }

 private:
  void publish() {
    auto& status = context_.status;
    status.skipped_rows.clear();
    status.skipped_count = 0;
    for (const auto& [id, rows] : rows_) {
      status.skipped_count += rows.size();
      for (const auto& row : rows) {
        if (status.skipped_rows.size() < kBound) {
          status.skipped_rows.push_back(row);
        }
      }
    }
  }

  SyncContext& context_;
  std::map<std::uint64_t, std::vector<SkippedRow>> rows_;
};

}  // namespace misp_zeek
