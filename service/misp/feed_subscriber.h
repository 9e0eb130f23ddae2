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
  /// Before the next attempt when the publisher refused the handshake or ZeroMQ failed. A lost
  /// connection is tried again after 100 ms, then at most 1 s apart.
  std::chrono::milliseconds refused_delay{5'000};
};

/// MISP's ZeroMQ feed. The socket's own queue is unbounded and emptied by a thread of this class as
/// fast as messages can be decoded: the publisher drops, without a word, what a slow reader does
/// not take.
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
