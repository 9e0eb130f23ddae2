// SPDX-License-Identifier: BSD-3-Clause
#include "zeek/websocket_link.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>
#include <utility>

#include "core/session/messages.h"
#include "zeek/backoff.h"
#include "zeek/link_reports.h"

namespace misp_zeek::zeek {
namespace {

std::string place_of(const WebSocketLinkOptions& options) {
  return options.websocket.address + ":" + std::to_string(options.websocket.port);
}

/// stop() may leave behind a thread that waits for the resolver.
class WebSocketWorker final : public LinkWorker {
 public:
  WebSocketWorker(WebSocketLinkOptions options, const std::string& service_id,
                  ZeekLink::OnReport on_report)
      : options_(std::move(options)),
        reports_(options_.name + " at " + place_of(options_), std::move(on_report)),
        backoff_(options_.retry_interval, options_.max_retry_interval, std::random_device{}()) {
    options_.websocket.topics = {contract::kServiceTopicPrefix + service_id,
                                 contract::kProbeAnswerTopicPrefix + service_id};
  }

  static void start(const std::shared_ptr<WebSocketWorker>& self) {
    self->thread_ = std::thread([self] { self->run(); });
  }

  bool send(const std::string& topic, WireEvent event) override {
    const std::lock_guard lock(mutex_);
    return client_ != nullptr && client_->publish(topic, event);
  }

  void stop() override {
    reports_.silence();
    std::unique_lock lock(mutex_);
    stopping_ = true;
    if (client_) {
      client_->close();
    }
    changed_.notify_all();
    const bool ended = changed_.wait_for(lock, options_.stop_timeout, [this] { return finished_; });
    lock.unlock();
    ended ? thread_.join() : thread_.detach();
  }

 private:
  void run() {
    while (const auto client = next_client()) {
      Error end = client->run();
      {
        const std::lock_guard lock(mutex_);
        client_ = nullptr;
      }
      was_up_ ? reports_.lost(std::move(end)) : reports_.failed(std::move(end));
    }
    const std::lock_guard lock(mutex_);
    finished_ = true;
    changed_.notify_all();
  }

  /// After the pause that is due; nullptr: the link is stopping.
  std::shared_ptr<WebSocketClient> next_client() {
    was_up_ = false;
    auto client = std::make_shared<WebSocketClient>(options_.websocket, handlers());
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, backoff_.next(), [this] { return stopping_; })) {
      return nullptr;
    }
    client_ = client;
    return client;
  }

  WebSocketClient::Handlers handlers() {
    return {.on_open =
                [this](const ServerAck& ack) {
                  was_up_ = true;
                  backoff_.reset();
                  reports_.up(place_of(options_) + " (WebSocket, Zeek " + ack.version + ")");
                },
            .on_event =
                [this](const WireMessage& message) {
                  const auto& topics = options_.websocket.topics;
                  if (std::find(topics.begin(), topics.end(), message.topic) != topics.end()) {
                    reports_.event(message.event);
                  }
                },
            .on_problem = [this](Error error) { reports_.malformed(std::move(error)); }};
  }

  WebSocketLinkOptions options_;
  // Of the link's thread.
  LinkReports reports_;
  Backoff backoff_;
  bool was_up_ = false;  ///< this connection was up

  std::mutex mutex_;  ///< of all below
  std::condition_variable changed_;
  std::thread thread_;
  std::shared_ptr<WebSocketClient> client_;  ///< the one that runs
  bool stopping_ = false;
  bool finished_ = false;
};

}  // namespace

void WebSocketLink::start(std::string service_id, OnReport on_report) {
  const auto worker = std::make_shared<WebSocketWorker>(options_, service_id, std::move(on_report));
  worker_ = worker;
  WebSocketWorker::start(worker);  // its first report may already be answered
}

}  // namespace misp_zeek::zeek
