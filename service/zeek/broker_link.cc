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
/// A thread that waits for a peer wakes up this often for nothing.
constexpr milliseconds kIdleWait{600'000};

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
  Worker(BrokerLinkOptions options, std::string service_id, OnReport on_report)
      : options_(std::move(options)),
        topic_(contract::kServiceTopicPrefix + service_id),
        on_report_(std::move(on_report)) {}

  static void start(const std::shared_ptr<Worker>& self) {
    self->thread_ = std::thread([self] {
      self->run();
      const std::lock_guard lock(self->mutex_);
      self->finished_ = true;
      self->changed_.notify_all();
    });
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
    lock.unlock();
    if (ended) {
      thread_.join();
    } else {
      thread_.detach();
    }
  }

 private:
  void run() {
    milliseconds delay = options_.retry_interval;
    for (;;) {
      was_up_ = false;
      connect();
      if (was_up_) {
        delay = options_.retry_interval;
      }
      // The ended endpoint lives on meanwhile: Broker 1.4 may hang if it has to shut down while it
      // is still clearing up after a lost connection.
      const bool goes_on = pause(delay);
      drop_endpoint();
      if (!goes_on) {
        return;
      }
      delay = std::min(delay * 2, options_.max_retry_interval);
    }
  }

  /// One attempt, and the connection if it succeeds, to the end.
  void connect() {
    auto endpoint = BrokerEndpoint::create({{topic_}, options_.tls, options_.disable_tls});
    if (!endpoint) {
      report_down(std::move(endpoint.error()));
      return;
    }
    {
      const std::lock_guard lock(mutex_);
      endpoint_ = std::move(*endpoint);
    }
    // Only this thread changes endpoint_, so it may use it without the lock.
    endpoint_->connect(options_.address, options_.port);
    serve();
    const std::lock_guard lock(mutex_);
    up_ = false;
  }

  void drop_endpoint() {
    std::unique_ptr<BrokerEndpoint> ended;  // waits for Broker's threads, with no lock held
    const std::lock_guard lock(mutex_);
    ended = std::move(endpoint_);
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
      for (auto& event : endpoint_->wait(was_up_ ? kIdleWait : left)) {
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
  std::thread thread_;
  bool was_up_ = false;       ///< the link's thread: this connection was up
  std::string last_problem_;  ///< the link's thread: why the last attempt failed

  std::mutex report_mutex_;  ///< held while a report is given
  bool silent_ = false;

  std::mutex mutex_;  ///< of all below
  std::condition_variable changed_;
  std::unique_ptr<BrokerEndpoint> endpoint_;
  bool up_ = false;
  bool stopping_ = false;
  bool finished_ = false;
};

BrokerLink::BrokerLink(BrokerLinkOptions options) : options_(std::move(options)) {}

BrokerLink::~BrokerLink() { stop(); }

void BrokerLink::start(std::string service_id, OnReport on_report) {
  worker_ = std::make_shared<Worker>(options_, std::move(service_id), std::move(on_report));
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
