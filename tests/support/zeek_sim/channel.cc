// SPDX-License-Identifier: BSD-3-Clause
#include "zeek_sim/channel.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include <variant>

#include "zeek/websocket_client.h"

namespace misp_zeek::sim {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

class BrokerChannel final : public Channel {
 public:
  explicit BrokerChannel(std::unique_ptr<zeek::BrokerEndpoint> endpoint)
      : endpoint_(std::move(endpoint)) {}

  void publish(const std::string& topic, const zeek::WireEvent& event) override {
    endpoint_->publish(topic, event);
  }
  std::vector<zeek::BrokerReport> wait(milliseconds timeout) override {
    return endpoint_->wait(timeout);
  }

 private:
  std::unique_ptr<zeek::BrokerEndpoint> endpoint_;
};

class WebSocketChannel final : public Channel {
 public:
  explicit WebSocketChannel(zeek::WebSocketOptions options)
      : client_(
            std::move(options),
            {.on_open = [this](const zeek::ServerAck&) { add(zeek::PeerUp{}); },
             .on_event = [this](zeek::WireMessage message) { add(std::move(message)); },
             .on_problem = [this](Error error) { add(zeek::WireMalformed{std::move(error)}); }}),
        thread_([this] { add(zeek::PeerDown{client_.run()}); }) {}

  ~WebSocketChannel() override {
    client_.close();
    thread_.join();
  }

  void publish(const std::string& topic, const zeek::WireEvent& event) override {
    client_.publish(topic, event);
  }

  std::vector<zeek::BrokerReport> wait(milliseconds timeout) override {
    std::unique_lock lock(mutex_);
    arrived_.wait_for(lock, timeout, [this] { return !reports_.empty(); });
    return std::exchange(reports_, {});
  }

 private:
  void add(zeek::BrokerReport report) {
    const std::lock_guard lock(mutex_);
    reports_.push_back(std::move(report));
    arrived_.notify_one();
  }

  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<zeek::BrokerReport> reports_;
  zeek::WebSocketClient client_;
  std::thread thread_;
};

Result<std::unique_ptr<Channel>> begin(const ChannelOptions& options, const std::string& topic) {
  if (options.transport == Transport::kBroker) {
    auto endpoint = zeek::BrokerEndpoint::create({{topic}, options.tls, options.disable_tls});
    if (!endpoint) {
      return tl::unexpected(std::move(endpoint.error()));
    }
    (*endpoint)->connect(options.address, options.port);
    return std::make_unique<BrokerChannel>(std::move(*endpoint));
  }
  zeek::WebSocketOptions websocket;
  websocket.address = options.address;
  websocket.port = options.port;
  websocket.topics = {topic};
  websocket.application_name = "misp-zeek-test";
  websocket.use_tls = !options.disable_tls;
  websocket.tls = options.tls;
  websocket.verify_tls = false;
  return std::make_unique<WebSocketChannel>(std::move(websocket));
}

}  // namespace

Result<std::unique_ptr<Channel>> Channel::open(const ChannelOptions& options,
                                               const std::string& topic, milliseconds timeout) {
  auto channel = begin(options, topic);
  const auto deadline = Clock::now() + timeout;
  while (channel && Clock::now() < deadline) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
    for (const auto& report : (*channel)->wait(std::max(left, milliseconds::zero()))) {
      if (std::holds_alternative<zeek::PeerUp>(report)) {
        return channel;
      }
      if (const auto* down = std::get_if<zeek::PeerDown>(&report)) {
        return tl::unexpected(down->error);
      }
    }
  }
  return channel ? fail(ErrorCode::kTimeout, "no connection to Zeek in time")
                 : tl::unexpected(std::move(channel.error()));
}

}  // namespace misp_zeek::sim
