// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace misp_zeek::misp {

/// A publisher on 127.0.0.1 that knows its subscriptions, so that a test need not guess when a
/// subscriber hears it.
class TestPublisher {
 public:
  /// `port` 0: a free one. With a user name the publisher demands ZeroMQ PLAIN. Throws
  /// zmq::error_t.
  explicit TestPublisher(int port = 0, const std::string& username = "",
                         const std::string& password = "");
  ~TestPublisher();
  TestPublisher(const TestPublisher&) = delete;
  TestPublisher& operator=(const TestPublisher&) = delete;

  int port() const;
  std::string endpoint() const;
  /// Waits until so many subscriptions came, at most 10 s; returns them.
  std::vector<std::string> wait_for_subscriptions(std::size_t count);
  void send(const std::string& frame);
  void send_parts(const std::vector<std::string>& parts);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace misp_zeek::misp
