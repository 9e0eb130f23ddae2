// SPDX-License-Identifier: BSD-3-Clause
#include "misp/feed_subscriber.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <mutex>
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
  // A prefix of every topic.
  socket.set(zmq::sockopt::subscribe, kPublishTopic);
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

/// A message as it came, or a new state of the connection.
struct Received {
  std::optional<FeedReport> state{};
  zmq::message_t frame{};
  bool single = true;
  bool ignored = false;  ///< a sign of life is all that it is; the frame is not kept
  Clock::time_point at{};

  std::size_t cost() const { return state ? 0 : frame.size() + sizeof(Received); }
};

/// Between the thread that receives and the one that decodes.
class ReceivedQueue {
 public:
  explicit ReceivedQueue(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  /// False: no room.
  bool push(Received item) {
    {
      const std::lock_guard lock(mutex_);
      const std::size_t cost = item.cost();
      if (cost > 0 && bytes_ > 0 && bytes_ + cost > max_bytes_) {
        gap_ |= !item.ignored;
        return false;
      }
      bytes_ += cost;
      items_.push_back(std::move(item));
    }
    ready_.notify_one();
    return true;
  }

  /// What waits, or nothing after `timeout`. `gap`: something was lost since the last call.
  std::optional<Received> pop(std::chrono::milliseconds timeout, bool& gap) {
    std::unique_lock lock(mutex_);
    ready_.wait_for(lock, timeout, [this] { return !items_.empty(); });
    gap = std::exchange(gap_, false);
    if (items_.empty()) {
      return std::nullopt;
    }
    Received item = std::move(items_.front());
    items_.pop_front();
    bytes_ -= item.cost();
    return item;
  }

 private:
  const std::size_t max_bytes_;
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<Received> items_;
  std::size_t bytes_ = 0;
  bool gap_ = false;
};

}  // namespace

class FeedSubscriber::Impl {
 public:
  explicit Impl(FeedOptions options)
      : options_(std::move(options)), queue_(options_.max_waiting_bytes) {
    limits_.max_bytes = static_cast<std::size_t>(options_.max_frame_bytes);
  }

  void start(OnReport on_report);
  void stop();
  FeedCounters counters() const {
    return {received_.load(), bytes_.load(), malformed_.load(), dropped_.load()};
  }

 private:
  // The receiving thread's.
  void receive(const std::stop_token& stop);
  void turn();
  bool receive_one();
  void on_link_event(const FeedLinkEvent& event);
  void replace_connection(std::chrono::milliseconds delay);
  void set_down(const std::string& reason);
  // The decoding thread's.
  void decode(const std::stop_token& stop, const OnReport& on_report);
  FeedReport decode_one(const Received& item);

  FeedOptions options_;
  FrameLimits limits_;
  std::atomic<std::uint64_t> received_{0};
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<std::uint64_t> malformed_{0};
  std::atomic<std::uint64_t> dropped_{0};

  ReceivedQueue queue_;

  // The receiving thread's own.
  zmq::context_t context_{1};
  std::optional<Connection> connection_;
  Clock::time_point next_attempt_;
  bool up_ = false;
  bool refused_ = false;     ///< the last thing heard of the publisher
  std::string down_reason_;  ///< as last reported; empty while up and before the first report

  std::jthread receiver_;
  std::jthread decoder_;
};

void FeedSubscriber::Impl::start(OnReport on_report) {
  decoder_ = std::jthread([this, on_report = std::move(on_report)](const std::stop_token& stop) {
    decode(stop, on_report);
  });
  receiver_ = std::jthread([this](const std::stop_token& stop) { receive(stop); });
}

void FeedSubscriber::Impl::receive(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    try {
      turn();
    } catch (const zmq::error_t& error) {
      if (error.num() == EINTR) {
        continue;  // a signal
      }
      replace_connection(options_.refused_delay);
      set_down(options_.endpoint + ": " + error.what());
    }
  }
  connection_.reset();
}

void FeedSubscriber::Impl::decode(const std::stop_token& stop, const OnReport& on_report) {
  FeedOutbox outbox(on_report);
  while (!stop.stop_requested()) {
    bool gap = false;
    auto item = queue_.pop(kPollInterval, gap);
    if (gap) {
      outbox.note_gap();
    }
    if (item && item->state) {
      outbox.set_state(*std::move(item->state));
    } else if (item) {
      dropped_ += outbox.offer(decode_one(*item)) ? 0 : 1;
    }
    outbox.flush();
  }
}

FeedReport FeedSubscriber::Impl::decode_one(const Received& item) {
  if (item.ignored) {
    return FeedMessageAt{IgnoredMessage{}, item.at};
  }
  auto message = item.single ? decode_frame(item.frame.to_string_view(), limits_)
                             : fail(ErrorCode::kMalformed, "a feed message of several parts");
  if (message) {
    return FeedMessageAt{*std::move(message), item.at, item.frame.size()};
  }
  ++malformed_;
  return FeedMalformed{std::move(message.error())};
}

void FeedSubscriber::Impl::stop() {
  for (auto* thread : {&receiver_, &decoder_}) {
    thread->request_stop();
  }
  for (auto* thread : {&receiver_, &decoder_}) {
    if (thread->joinable()) {
      thread->join();
    }
  }
}

void FeedSubscriber::Impl::turn() {
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
    on_link_event(*event);
    if (!connection_) {
      return;
    }
  }
  for (int i = 0; i < kMessagesPerTurn && receive_one(); ++i) {
  }
}

bool FeedSubscriber::Impl::receive_one() {
  Received item;
  if (!connection_->receive(item.frame, item.single)) {
    return false;
  }
  item.at = Clock::now();
  ++received_;
  bytes_ += item.frame.size();
  item.ignored = item.single && !tells_something(item.frame.to_string_view());
  if (item.ignored) {
    item.frame.rebuild();
  }
  dropped_ += queue_.push(std::move(item)) ? 0 : 1;
  return true;
}

void FeedSubscriber::Impl::on_link_event(const FeedLinkEvent& event) {
  using Kind = FeedLinkEvent::Kind;
  switch (event.kind) {
    case Kind::kUp:
      up_ = true;
      refused_ = false;
      down_reason_.clear();
      queue_.push({.state = FeedConnected{}});
      break;
    case Kind::kClosed:
      // After a failed handshake too, whose own event has the better reason.
      if (up_) {
        while (receive_one()) {
        }
        replace_connection(kReconnectDelay);
        set_down(event.reason);
      }
      break;
    case Kind::kUnreachable:
      refused_ = false;
      set_down(event.reason);
      break;
    case Kind::kCutShort:
      // A publisher that refuses us may close before it says why.
      if (!refused_) {
        set_down(event.reason);
      }
      break;
    case Kind::kRefused:
      refused_ = true;
      replace_connection(options_.refused_delay);
      set_down(event.reason);
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
void FeedSubscriber::Impl::set_down(const std::string& reason) {
  if (up_ || reason != down_reason_) {
    up_ = false;
    down_reason_ = reason;
    queue_.push({.state = FeedDisconnected{reason}});
  }
}

FeedSubscriber::FeedSubscriber(FeedOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}

FeedSubscriber::~FeedSubscriber() { stop(); }

void FeedSubscriber::start(OnReport on_report) { impl_->start(std::move(on_report)); }

void FeedSubscriber::stop() { impl_->stop(); }

FeedCounters FeedSubscriber::counters() const { return impl_->counters(); }

}  // namespace misp_zeek::misp
