// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/time.h"
#include "core/model/uuid.h"

namespace misp_zeek {

/// What became of one attribute.
struct Decision {
  UnixSeconds at = 0;
  Uuid attribute;  ///< all zeros: all of the event's
  std::uint64_t event_id = 0;
  std::string type;          ///< MISP type; empty: not known
  std::string value;         ///< shortened, one line; empty: not known
  std::string_view outcome;  ///< "added", "changed", "removed", "filtered" or "rejected"
  std::string_view reason;   ///< of the last three: FilterReason, Reject or a word like them
};

/// The newest decisions, for operators. The oldest is forgotten at the bound.
class DecisionLog {
 public:
  static constexpr std::size_t kBound = 100;
  static constexpr std::size_t kMaxValue = 128;  ///< bytes of Decision::value

  void add(Decision decision) {
    decisions_.push_back(std::move(decision));
    if (decisions_.size() > kBound) {
      decisions_.pop_front();
    }
  }
  /// Oldest first.
  const std::deque<Decision>& decisions() const { return decisions_; }

 private:
  std::deque<Decision> decisions_;
};

}  // namespace misp_zeek
