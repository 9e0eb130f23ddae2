// SPDX-License-Identifier: BSD-3-Clause
#include "misp/feed_subscriber.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <optional>
#include <thread>
#include <utility>
#include <zmq.hpp>

#include "misp/decode.h"
#include "misp/feed_monitor.h"
#include "misp/feed_outbox.h"

namespace misp_zeek::misp {
namespace {

using Clock = std::chrono::steady_clock;

/// The trailing space matters: ZeroMQ matches prefixes, and "misp_json" is one of every topic.
constexpr std::array kTopics = {
    "misp_json ",          "misp_json_attribute ",   "misp_json_event ",  "misp_json_tag ",
    "misp_json_sighting ", "misp_json_warninglist ", "misp_json_object ", "misp_json_self ",
};
/// How long the thread may be deaf to stop() and to room in the receiver's queue.
constexpr std::chrono::milliseconds kPollInterval{100};
/// Before the next connection after one was lost.
constexpr std::chrono::milliseconds kReconnectDelay{100};
/// Messages between two looks at the monitor and at stop().
constexpr int kMessagesPerTurn = 500;

zmq::socket_t make_socket(zmq::context_t& context, const FeedOptions& options) {
  zmq::socket_t socket(context, zmq::socket_type::sub);
  socket.set(zmq::sockopt::rcvhwm, 0);
  socket.set(zmq::sockopt::linger, 0);
  socket.set(zmq::sockopt::ipv6, true);
  socket.set(zmq::sockopt::maxmsgsize, options.max_frame_bytes);
  // A restarted publisher sends what waited one second after it is back.
  socket.set(zmq::sockopt::reconnect_ivl, 100);
  socket.set(zmq::sockopt::reconnect_ivl_max, 800);
  socket.set(zmq::sockopt::connect_timeout, 5'000);
  socket.set(zmq::sockopt::heartbeat_ivl, 5'000);
  socket.set(zmq::sockopt::heartbeat_timeout, 15'000);
  socket.set(zmq::sockopt::tcp_keepalive, 1);
  if (!options.username.empty()) {
    socket.set(zmq::sockopt::plain_username, options.username);
    socket.set(zmq::sockopt::plain_password, options.password);
  }
  for (const auto* topic : kTopics) {
    socket.set(zmq::sockopt::subscribe, topic);
  }
  return socket;
}

/// One SUB socket with its monitor. Any member may throw zmq::error_t.
struct Connection {
  Connection(zmq::context_t& context, const FeedOptions& options)
      : socket(make_socket(context, options)), monitor(context, socket, options.endpoint) {
    socket.connect(options.endpoint);
  }

  /// Waits until a message or an event is there, at most kPollInterval.
  void wait() {
    std::array<zmq::pollitem_t, 2> items = {
        zmq::pollitem_t{socket.handle(), 0, ZMQ_POLLIN, 0},
        zmq::pollitem_t{monitor.socket().handle(), 0, ZMQ_POLLIN, 0}};
    zmq::poll(items.data(), items.size(), kPollInterval);
  }

  /// The next message, if one is there; of several parts the first, and `single` is false.
  bool receive(zmq::message_t& frame, bool& single) {
    if (!socket.recv(frame, zmq::recv_flags::dontwait)) {
      return false;
    }
    single = !frame.more();
    for (bool more = frame.more(); more;) {
      zmq::message_t part;
      more = socket.recv(part, zmq::recv_flags::dontwait) && part.more();
    }
    return true;
  }

  zmq::socket_t socket;
  FeedMonitor monitor;
};

}  // namespace

class FeedSubscriber::Impl {
 public:
  explicit Impl(FeedOptions options) : options_(std::move(options)) {
    limits_.max_bytes = static_cast<std::size_t>(options_.max_frame_bytes);
  }

  void start(OnReport on_report);
  void stop();
  FeedCounters counters() const {
    return {received_.load(), bytes_.load(), malformed_.load(), dropped_.load()};
  }

 private:
  void turn(FeedOutbox& outbox);
  bool receive_one(FeedOutbox& outbox);
  void on_link_event(const FeedLinkEvent& event, FeedOutbox& outbox);
  void replace_connection(std::chrono::milliseconds delay);
  void set_down(const std::string& reason, FeedOutbox& outbox);

  FeedOptions options_;
  FrameLimits limits_;
  std::atomic<std::uint64_t> received_{0};
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<std::uint64_t> malformed_{0};
  std::atomic<std::uint64_t> dropped_{0};

  // The thread's own.
  zmq::context_t context_{1};
  std::optional<Connection> connection_;
  Clock::time_point next_attempt_;
  bool up_ = false;
  bool refused_ = false;     ///< the last thing heard of the publisher
  std::string down_reason_;  ///< as last reported; empty while up and before the first report

  std::jthread thread_;
};

void FeedSubscriber::Impl::start(OnReport on_report) {
  thread_ = std::jthread([this, on_report = std::move(on_report)](const std::stop_token& stop) {
    FeedOutbox outbox(on_report);
    while (!stop.stop_requested()) {
      try {
        turn(outbox);
      } catch (const zmq::error_t& error) {
        if (error.num() == EINTR) {
          continue;  // a signal
        }
        replace_connection(options_.refused_delay);
        set_down(options_.endpoint + ": " + error.what(), outbox);
      }
      outbox.flush();
    }
    connection_.reset();
  });
}

void FeedSubscriber::Impl::stop() {
  if (thread_.joinable()) {
    thread_.request_stop();
    thread_.join();
  }
}

void FeedSubscriber::Impl::turn(FeedOutbox& outbox) {
  if (!connection_) {
    if (Clock::now() < next_attempt_) {
      std::this_thread::sleep_for(kPollInterval);
      return;
    }
    connection_.emplace(context_, options_);
  }
  connection_->wait();
  // Events first: a connection is reported before its messages.
  while (const auto event = connection_->monitor.next()) {
    on_link_event(*event, outbox);
    if (!connection_) {
      return;
    }
  }
  for (int i = 0; i < kMessagesPerTurn && receive_one(outbox); ++i) {
  }
}

bool FeedSubscriber::Impl::receive_one(FeedOutbox& outbox) {
  zmq::message_t frame;
  bool single = true;
  if (!connection_->receive(frame, single)) {
    return false;
  }
  const auto received = Clock::now();
  ++received_;
  bytes_ += frame.size();
  auto message = single ? decode_frame(frame.to_string_view(), limits_)
                        : fail(ErrorCode::kMalformed, "a feed message of several parts");
  FeedReport report = message ? FeedReport(FeedMessageAt{*std::move(message), received})
                              : FeedReport(FeedMalformed{std::move(message.error())});
  malformed_ += std::holds_alternative<FeedMalformed>(report) ? 1 : 0;
  dropped_ += outbox.offer(std::move(report)) ? 0 : 1;
  return true;
}

void FeedSubscriber::Impl::on_link_event(const FeedLinkEvent& event, FeedOutbox& outbox) {
  using Kind = FeedLinkEvent::Kind;
  switch (event.kind) {
    case Kind::kUp:
      up_ = true;
      refused_ = false;
      down_reason_.clear();
      outbox.set_state(FeedConnected{});
      break;
    case Kind::kClosed:
      // After a failed handshake too, whose own event has the better reason.
      if (up_) {
        while (receive_one(outbox)) {
        }
        replace_connection(kReconnectDelay);
        set_down(event.reason, outbox);
      }
      break;
    case Kind::kUnreachable:
      refused_ = false;
      set_down(event.reason, outbox);
      break;
    case Kind::kCutShort:
      // A publisher that refuses us may close before it says why.
      if (!refused_) {
        set_down(event.reason, outbox);
      }
      break;
    case Kind::kRefused:
      refused_ = true;
      replace_connection(options_.refused_delay);
      set_down(event.reason, outbox);
      break;
  }
}

/// Makes a new socket after `delay`: ZeroMQ itself does not connect again after a refused
/// handshake, a message beyond the bound or any other breach of its protocol.
void FeedSubscriber::Impl::replace_connection(std::chrono::milliseconds delay) {
  connection_.reset();
  next_attempt_ = Clock::now() + delay;
}

/// Reports the first reason after a connection and each new one, not every attempt.
void FeedSubscriber::Impl::set_down(const std::string& reason, FeedOutbox& outbox) {
  if (up_ || reason != down_reason_) {
    up_ = false;
    down_reason_ = reason;
    outbox.set_state(FeedDisconnected{reason});
  }
}

FeedSubscriber::FeedSubscriber(FeedOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}

FeedSubscriber::~FeedSubscriber() { stop(); }

void FeedSubscriber::start(OnReport on_report) { impl_->start(std::move(on_report)); }

void FeedSubscriber::stop() { impl_->stop(); }

FeedCounters FeedSubscriber::counters() const { return impl_->counters(); }

}  // namespace misp_zeek::misp
