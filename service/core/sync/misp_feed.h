// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <variant>

#include "core/base/error.h"
#include "core/model/attribute.h"

namespace misp_zeek {

/// The publisher accepted the subscription's connection; messages may come from now on.
struct FeedConnected {};
/// There is no connection, or the publisher refused it. Messages sent meanwhile are lost.
struct FeedDisconnected {
  std::string reason;
};
/// Messages were lost although the connection holds.
struct FeedGap {
  std::string reason;
};
/// A message that does not have the documented shape; it was dropped.
struct FeedMalformed {
  Error error;
};
struct FeedMessageAt {
  FeedMessage message;
  std::chrono::steady_clock::time_point received;
  std::size_t bytes = 0;  ///< of the message as it came, about what it takes in memory
};
using FeedReport =
    std::variant<FeedConnected, FeedDisconnected, FeedGap, FeedMalformed, FeedMessageAt>;

struct FeedCounters {
  std::uint64_t received = 0;   ///< messages, whatever became of them
  std::uint64_t bytes = 0;      ///< their size
  std::uint64_t malformed = 0;  ///< of these, not decodable
  std::uint64_t dropped = 0;    ///< of these, without room
};

/// Port: MISP's stream of changes. Connects by itself and for ever from start() until stop().
///
/// Threads: start() and stop() are called by one thread, counters() by any. Reports come on a
/// thread of the feed; the callback must not block and must not call start() or stop().
class MispFeed {
 public:
  /// Returns false when the receiver has no room. A message is dropped then and a FeedGap follows
  /// as soon as there is room, unless it is an IgnoredMessage; the newest FeedConnected or
  /// FeedDisconnected is kept until then.
  using OnReport = std::function<bool(FeedReport)>;

  virtual ~MispFeed() = default;
  /// Called once.
  virtual void start(OnReport on_report) = 0;
  /// Ends the connection within a second; no report comes after it returns. Idempotent.
  virtual void stop() = 0;
  virtual FeedCounters counters() const = 0;
};

}  // namespace misp_zeek
