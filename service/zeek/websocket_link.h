// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "zeek/websocket_client.h"
#include "zeek/worker_link.h"

namespace misp_zeek::zeek {

struct WebSocketLinkOptions {
  std::string name = "zeek";   ///< of this Zeek in the configuration; begins every error's text
  WebSocketOptions websocket;  ///< without topics: the link knows its own
  std::chrono::milliseconds retry_interval{1'000};       ///< after the first failure; then doubled
  std::chrono::milliseconds max_retry_interval{15'000};  ///< cap of the doubling
  std::chrono::milliseconds stop_timeout{5'000};         ///< how long stop() waits for the resolver
};

/// Link to one Zeek over its WebSocket API: the server of a cluster's manager, or of a stand-alone
/// Zeek. One WebSocketClient for each connection, with back-off and jitter in between.
///
/// LinkDown is reported when a connection is lost, and when an attempt fails for another reason
/// than the one before it; codes as of WebSocketClient::run(). The link goes on in all cases.
/// A message beyond the client's queue is dropped; the package then asks for a resync.
///
/// Threads: as ZeekLink. The link has one thread, which inherits the signal mask of start()'s
/// caller. SIGPIPE must be ignored.
class WebSocketLink final : public WorkerLink {
 public:
  explicit WebSocketLink(WebSocketLinkOptions options) : options_(std::move(options)) {}

  void start(std::string service_id, OnReport on_report) override;

 private:
  WebSocketLinkOptions options_;
};

}  // namespace misp_zeek::zeek
