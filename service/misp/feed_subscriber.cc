// SPDX-License-Identifier: BSD-3-Clause
#include "misp/feed_subscriber.h"

#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <zmq.hpp>
#include <zmq_addon.hpp>

#include "misp/decode.h"

namespace misp_zeek::misp {
namespace {

/// The trailing space matters: ZeroMQ matches prefixes, and "misp_json" is one of every topic.
constexpr std::array kTopics = {
    "misp_json ",          "misp_json_attribute ",   "misp_json_event ",  "misp_json_tag ",
    "misp_json_sighting ", "misp_json_warninglist ", "misp_json_object ", "misp_json_self ",
};
constexpr auto kPollInterval = std::chrono::milliseconds(100);
constexpr const char* kMonitorEndpoint = "inproc://feed-monitor";

}  // namespace

class FeedSubscriber::Impl {
 public:
  explicit Impl(FeedOptions options) : options_(std::move(options)) {}

  void start(OnReport on_report) {
    on_report_ = std::move(on_report);
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }

  void stop() {
    if (thread_.joinable()) {
      thread_.request_stop();
      thread_.join();
    }
  }

  FeedCounters counters() const {
    return {received_.load(), bytes_.load(), malformed_.load(), dropped_.load()};
  }

 private:
  void run(const std::stop_token& stop) {
    try {
      zmq::context_t context(1);
      zmq::socket_t socket(context, zmq::socket_type::sub);
      configure(socket);
      zmq_socket_monitor(socket.handle(), kMonitorEndpoint, ZMQ_EVENT_ALL);
      zmq::socket_t monitor(context, zmq::socket_type::pair);
      monitor.connect(kMonitorEndpoint);
      socket.connect(options_.endpoint);
      loop(stop, socket, monitor);
      zmq_socket_monitor(socket.handle(), nullptr, 0);
    } catch (const zmq::error_t& error) {
      link_report(FeedDisconnected{options_.endpoint + ": " + error.what()});
    }
  }

  void configure(zmq::socket_t& socket) const {
    socket.set(zmq::sockopt::rcvhwm, 0);
    socket.set(zmq::sockopt::linger, 0);
    socket.set(zmq::sockopt::ipv6, true);
    socket.set(zmq::sockopt::maxmsgsize, options_.max_frame_bytes);
    // A restarted publisher sends what waited one second after it is back.
    socket.set(zmq::sockopt::reconnect_ivl, 100);
    socket.set(zmq::sockopt::reconnect_ivl_max, 800);
    socket.set(zmq::sockopt::heartbeat_ivl, 5'000);
    socket.set(zmq::sockopt::heartbeat_timeout, 15'000);
    socket.set(zmq::sockopt::tcp_keepalive, 1);
    if (!options_.username.empty()) {
      socket.set(zmq::sockopt::plain_username, options_.username);
      socket.set(zmq::sockopt::plain_password, options_.password);
    }
    for (const auto* topic : kTopics) {
      socket.set(zmq::sockopt::subscribe, topic);
    }
  }

  void loop(const std::stop_token& stop, zmq::socket_t& socket, zmq::socket_t& monitor) {
    std::array<zmq::pollitem_t, 2> items = {zmq::pollitem_t{socket.handle(), 0, ZMQ_POLLIN, 0},
                                            zmq::pollitem_t{monitor.handle(), 0, ZMQ_POLLIN, 0}};
    while (!stop.stop_requested()) {
      zmq::poll(items.data(), items.size(), kPollInterval);
      if ((items[1].revents & ZMQ_POLLIN) != 0) {
        on_monitor(monitor);
      }
      while (!stop.stop_requested() && receive(socket)) {
      }
      retry_held();
    }
  }

  bool receive(zmq::socket_t& socket) {
    zmq::message_t frame;
    if (!socket.recv(frame, zmq::recv_flags::dontwait)) {
      return false;
    }
    const auto received = std::chrono::steady_clock::now();
    ++received_;
    bytes_ += frame.size();
    bool more = frame.more();
    const bool single = !more;
    while (more) {
      zmq::message_t part;
      more = socket.recv(part, zmq::recv_flags::none) && part.more();
    }
    auto message = single ? decode_frame(frame.to_string_view())
                          : fail(ErrorCode::kMalformed, "a feed message of several parts");
    if (message) {
      hand_over(FeedMessageAt{std::move(*message), received});
    } else {
      ++malformed_;
      hand_over(FeedMalformed{std::move(message.error())});
    }
    return true;
  }

  void hand_over(FeedReport report) {
    retry_held();
    if (!on_report_(std::move(report))) {
      ++dropped_;
      gap_ = true;
    }
  }

  void link_report(FeedReport report) {
    if (!on_report_(report)) {
      held_ = std::move(report);
    }
  }

  void retry_held() {
    if (held_ && on_report_(*held_)) {
      held_.reset();
    }
    if (gap_ && on_report_(FeedGap{"the queue was full"})) {
      gap_ = false;
    }
  }

  void on_monitor(zmq::socket_t& monitor) {
    zmq::message_t head;
    zmq::message_t address;
    if (!monitor.recv(head, zmq::recv_flags::dontwait) || head.size() < 6) {
      return;
    }
    if (head.more() && !monitor.recv(address, zmq::recv_flags::none)) {
      return;
    }
    std::uint16_t event = 0;
    std::uint32_t value = 0;
    std::memcpy(&event, head.data(), sizeof event);
    std::memcpy(&value, head.data<char>() + sizeof event, sizeof value);
    if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) {
      connected_ = true;
      link_report(FeedConnected{});
    } else if (event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH) {
      link_report(FeedDisconnected{options_.endpoint +
                                   ": the publisher refused user name and password "
                                   "(misp.feed.username, misp.feed.password_file)"});
    } else if (event == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL ||
               event == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL) {
      link_report(FeedDisconnected{options_.endpoint +
                                   ": what listens there refused the ZeroMQ handshake"});
    } else if (event == ZMQ_EVENT_DISCONNECTED && std::exchange(connected_, false)) {
      link_report(FeedDisconnected{options_.endpoint + ": the connection was lost"});
    }
  }

  FeedOptions options_;
  OnReport on_report_;
  std::atomic<std::uint64_t> received_ = 0;
  std::atomic<std::uint64_t> bytes_ = 0;
  std::atomic<std::uint64_t> malformed_ = 0;
  std::atomic<std::uint64_t> dropped_ = 0;
  bool connected_ = false;
  bool gap_ = false;
  std::optional<FeedReport> held_;
  std::jthread thread_;
};

FeedSubscriber::FeedSubscriber(FeedOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}

FeedSubscriber::~FeedSubscriber() { stop(); }

void FeedSubscriber::start(OnReport on_report) { impl_->start(std::move(on_report)); }

void FeedSubscriber::stop() { impl_->stop(); }

FeedCounters FeedSubscriber::counters() const { return impl_->counters(); }

}  // namespace misp_zeek::misp
