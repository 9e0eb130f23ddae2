// SPDX-License-Identifier: BSD-3-Clause
#include "zeek/broker_link.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "core/contract.h"
#include "zeek/broker_adapter.h"
#include "zeek/codec.h"
#include "zeek/tcp_probe.h"

namespace misp_zeek::zeek {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kProbeTimeout{1'000};
/// How often a silent connection is looked at, see BrokerEndpoint::has_peer().
constexpr milliseconds kCheckInterval{5'000};

Error with_place(Error error, const BrokerLinkOptions& options) {
  error.message = options.name + " at " + options.address + ":" + std::to_string(options.port) +
                  ": " + error.message;
  return error;
}

/// Broker often calls "unavailable" what is there but cannot be understood.
Error diagnose(Error error, const BrokerLinkOptions& options) {
  if (error.code != ErrorCode::kIncompatible) {
    if ((error.code != ErrorCode::kUnavailable && error.code != ErrorCode::kTimeout) ||
        !accepts_tcp(options.address, options.port, kProbeTimeout)) {
      return error;
    }
    error.code = ErrorCode::kIncompatible;
  }
  error.message +=
      "; something listens there but does not complete the handshake. TLS and certificates must be "
      "set alike on both sides; this binary speaks Broker " +
      broker_version() + (options.disable_tls ? " without TLS" : " with TLS");
  if (broker_version().starts_with("1.")) {
    error.message += ", Zeek 7 and later speak Broker 2.x: build with -DZEEK_ROOT=<Zeek's prefix>";
  }
  return error;
}

}  // namespace

/// What the link's thread uses. Shared with it, because stop() may have to leave a thread behind
/// that waits inside Broker.
class BrokerLink::Worker {
 public:
  Worker(BrokerLinkOptions options, const std::string& service_id, OnReport on_report)
      : options_(std::move(options)),
        topic_(contract::kServiceTopicPrefix + service_id),
        on_report_(std::move(on_report)) {}

  static void start(const std::shared_ptr<Worker>& self) {
    const std::lock_guard lock(self->mutex_);
    self->thread_ = std::thread([self] { run(self); });
  }

  bool send(const WireEvent& event) {
    const std::lock_guard lock(mutex_);
    if (!up_) {
      return false;
    }
    endpoint_->publish(contract::kZeekTopic, event);
    return true;
  }

  void stop() {
    {
      const std::lock_guard lock(report_mutex_);
      silent_ = true;
    }
    std::unique_lock lock(mutex_);
    stopping_ = true;
    up_ = false;
    if (endpoint_) {
      endpoint_->wake();
    }
    changed_.notify_all();
    const bool ended = changed_.wait_for(lock, options_.stop_timeout, [this] { return finished_; });
    std::thread thread = std::move(thread_);
    lock.unlock();
    if (ended) {
      thread.join();
    } else {
      thread.detach();
    }
  }

 private:
  /// One attempt, and the connection if it succeeds, to the end. Each has a thread of its own that
  /// starts its successor, because Broker may never return from ending an endpoint.
  static void run(const std::shared_ptr<Worker>& self) {
    std::unique_ptr<BrokerEndpoint> ended;
    if (self->pause(self->delay_)) {
      self->connect();
    }
    {
      const std::lock_guard lock(self->mutex_);
      ended = std::move(self->endpoint_);
      if (!self->stopping_) {
        self->thread_.detach();
        self->thread_ = std::thread([self] { run(self); });
        return;  // `ended` goes without the lock
      }
    }
    ended.reset();
    const std::lock_guard lock(self->mutex_);
    self->finished_ = true;
    self->changed_.notify_all();
  }

  void connect() {
    was_up_ = false;
    auto endpoint = BrokerEndpoint::create({{topic_}, options_.tls, options_.disable_tls});
    if (endpoint) {
      {
        const std::lock_guard lock(mutex_);
        endpoint_ = std::move(*endpoint);
      }
      // Only the link's thread changes endpoint_, so it may use it without the lock.
      endpoint_->connect(options_.address, options_.port);
      serve();
    } else {
      report_down(std::move(endpoint.error()));
    }
    const std::lock_guard lock(mutex_);
    up_ = false;
    const bool doubled = !was_up_ && delay_ > milliseconds::zero();
    delay_ = std::min(doubled ? delay_ * 2 : options_.retry_interval, options_.max_retry_interval);
  }

  void serve() {
    const auto begin = Clock::now();
    auto deadline = begin + options_.connect_timeout;
    const auto last_deadline = begin + options_.abandon_timeout;
    while (!is_stopping()) {
      const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
      if (!was_up_ && left <= milliseconds::zero()) {
        if (deadline >= last_deadline) {
          return;
        }
        report_down({ErrorCode::kTimeout, "no connection in time", 0});
        deadline = last_deadline;
        continue;
      }
      auto events = endpoint_->wait(was_up_ ? kCheckInterval : left);
      if (events.empty() && was_up_ && !is_stopping() && !endpoint_->has_peer()) {
        report_down({ErrorCode::kUnavailable, "the connection was lost", 0});
        return;
      }
      for (auto& event : events) {
        if (auto* down = std::get_if<PeerDown>(&event)) {
          report_down(std::move(down->error));
          return;
        }
        handle(event);
      }
    }
  }

  void handle(BrokerReport& event) {
    if (const auto* up = std::get_if<PeerUp>(&event)) {
      was_up_ = true;
      last_problem_.clear();
      {
        const std::lock_guard lock(mutex_);
        up_ = !stopping_;
      }
      const std::string place = options_.address + ":" + std::to_string(options_.port);
      report(LinkUp{(up->peer.empty() ? place : up->peer) + " (Broker " + broker_version() + ")"});
    } else if (auto* malformed = std::get_if<WireMalformed>(&event)) {
      report(LinkMalformed{with_place(std::move(malformed->error), options_)});
    } else if (const auto& message = std::get<WireMessage>(event); message.topic == topic_) {
      auto decoded = decode_from_zeek(message.event);
      if (decoded) {
        report(std::move(*decoded));
      } else {
        report(LinkMalformed{with_place(std::move(decoded.error()), options_)});
      }
    }
  }

  /// Reports the end of a connection, or of an attempt that failed unlike the last one.
  void report_down(Error error) {
    if (is_stopping()) {
      return;
    }
    if (was_up_) {
      // Broker 1.4 may tell of a loss by its own failed attempt to connect again.
      if (error.code == ErrorCode::kUnavailable) {
        error.message = "the connection was lost";
      }
      const std::lock_guard lock(mutex_);
      up_ = false;
    } else {
      error = diagnose(std::move(error), options_);
    }
    if (was_up_ || error.message != last_problem_) {
      last_problem_ = error.message;
      report(LinkDown{with_place(std::move(error), options_)});
    }
  }

  void report(LinkReport what) {
    const std::lock_guard lock(report_mutex_);
    if (!silent_) {
      on_report_(std::move(what));
    }
  }

  bool is_stopping() {
    const std::lock_guard lock(mutex_);
    return stopping_;
  }

  /// False: the link is stopping.
  bool pause(milliseconds time) {
    std::unique_lock lock(mutex_);
    return !changed_.wait_for(lock, time, [this] { return stopping_; });
  }

  const BrokerLinkOptions options_;
  const std::string topic_;
  const OnReport on_report_;
  // Of the link's thread, whichever it is now.
  bool was_up_ = false;       ///< this connection was up
  std::string last_problem_;  ///< why the last attempt failed
  milliseconds delay_{0};     ///< before the next attempt

  std::mutex report_mutex_;  ///< held while a report is given
  bool silent_ = false;

  std::mutex mutex_;  ///< of all below
  std::condition_variable changed_;
  std::thread thread_;
  std::unique_ptr<BrokerEndpoint> endpoint_;
  bool up_ = false;
  bool stopping_ = false;
  bool finished_ = false;
};

BrokerLink::BrokerLink(BrokerLinkOptions options) : options_(std::move(options)) {}

BrokerLink::~BrokerLink() { stop(); }

void BrokerLink::start(std::string service_id, OnReport on_report) {
  worker_ = std::make_shared<Worker>(options_, service_id, std::move(on_report));
  Worker::start(worker_);
}

bool BrokerLink::send(const contract::ToZeek& message) {
  return worker_ && worker_->send(encode(message));
}

void BrokerLink::stop() {
  if (const auto worker = std::exchange(worker_, nullptr)) {
    worker->stop();
  }
}

}  // namespace misp_zeek::zeek
