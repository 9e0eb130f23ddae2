// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "core/sync/misp_feed.h"

namespace misp_zeek::misp {

struct FeedOptions {
  std::string endpoint;  ///< tcp://HOST:PORT of MISP's ZeroMQ publisher
  /// Plugin.ZeroMQ_username and _password of MISP (ZeroMQ PLAIN), at most 255 bytes each; an empty
  /// name: no authentication. The password is in no text.
  std::string username;
  std::string password;
  std::int64_t max_frame_bytes = 256L * 1024 * 1024;  ///< a longer message ends the connection
  /// Received and not decoded yet; what exceeds it is dropped and FeedGap says so. One message is
  /// always taken.
  std::size_t max_waiting_bytes = 256UL * 1024 * 1024;
  /// Before the next attempt when the publisher refused the handshake or ZeroMQ failed. A lost
  /// connection is tried again after 100 ms, then at most 1 s apart.
  std::chrono::milliseconds refused_delay{5'000};
};

/// MISP's ZeroMQ feed, all topics: heartbeats come only when no topic speaks. One thread empties
/// the socket, whose own queue has no bound, into a queue that is bounded in bytes: the publisher
/// drops, without a word, what a slow reader does not take. Another thread decodes.
///
/// FeedConnected means that the ZeroMQ handshake is done. A refused one (wrong or missing user
/// name) is FeedDisconnected with a reason that says so, as is an endpoint that ZeroMQ cannot use.
class FeedSubscriber : public MispFeed {
 public:
  explicit FeedSubscriber(FeedOptions options);
  ~FeedSubscriber() override;
  FeedSubscriber(const FeedSubscriber&) = delete;
  FeedSubscriber& operator=(const FeedSubscriber&) = delete;

  void start(OnReport on_report) override;
  void stop() override;
  FeedCounters counters() const override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace misp_zeek::misp
