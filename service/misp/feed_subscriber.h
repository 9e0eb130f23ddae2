// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/misp_feed.h"

namespace misp_zeek::misp {

struct FeedOptions {
  std::string endpoint;  ///< tcp://HOST:PORT of MISP's ZeroMQ publisher
  std::string username;  ///< ZeroMQ PLAIN; empty: none
  std::string password;
  std::int64_t max_frame_bytes = 256L * 1024 * 1024;  ///< a longer message ends the connection
};

/// MISP's ZeroMQ feed. The socket's own queue is unbounded and emptied by a thread of this class as
/// fast as messages can be decoded: the publisher drops, without a word, what a slow reader does
/// not take.
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
