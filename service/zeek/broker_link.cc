// SPDX-License-Identifier: BSD-3-Clause
#include "zeek/broker_link.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "core/session/messages.h"
#include "zeek/backoff.h"
#include "zeek/broker_adapter.h"
#include "zeek/link_reports.h"
#include "zeek/tcp_probe.h"

namespace misp_zeek::zeek {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kProbeTimeout{1'000};
constexpr milliseconds kIdleWait{3'600'000};
/// How often a silent connection is looked at, see BrokerEndpoint::has_peer().
constexpr milliseconds kCheckInterval{5'000};

std::string place_of(const BrokerLinkOptions& options) {
  return options.address + ":" + std::to_string(options.port);
}

/// Broker often calls "unavailable" what is there but cannot be understood.
Error diagnose(Error error, const BrokerLinkOptions& options) {
  if (error.code != ErrorCode::kIncompatible) {
    const bool unreachable =
        error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kTimeout;
    if (!unreachable || options.listen) {
      return error;
    }
    if (!accepts_tcp(options.address, options.port, kProbeTimeout)) {
      error.message +=
          "; nothing listens there: Zeek must run with the package, which listens at "
          "MISP::broker_listen_address and MISP::broker_port when Zeek has certificates or "
          "MISP::allow_unauthenticated = T (its reporter.log says so)";
      return error;
    }
    error.code = ErrorCode::kIncompatible;
  }
  error.message +=
      "; something listens there but does not complete the handshake. Zeek's own ports do not take "
      "this service, the package's does: MISP::broker_port, 25760 by default. TLS and certificates "
      "must be set alike on both "
      "sides; this binary speaks Broker " +
      broker_version() + (options.disable_tls ? " without TLS" : " with TLS");
  error.message += broker_version().starts_with("1.")
                       ? ", Zeek 7 and later speak Broker 2.x: build with -DZEEK_ROOT=<Zeek's "
                         "prefix>, or use transport = \"websocket\""
                       : ", which needs Zeek 7 or later there: Broker 1.x is another protocol";
  return error;
}

/// stop() may leave behind a thread that waits inside Broker.
class BrokerWorker final : public LinkWorker {
 public:
  BrokerWorker(BrokerLinkOptions options, const std::string& service_id,
               ZeekLink::OnReport on_report)
      : options_(std::move(options)),
        topics_({contract::kServiceTopicPrefix + service_id,
                 contract::kProbeAnswerTopicPrefix + service_id}),
        reports_(options_.name + " at " + place_of(options_), std::move(on_report)),
        backoff_(options_.retry_interval, options_.max_retry_interval, std::random_device{}()) {}

  static void start(const std::shared_ptr<BrokerWorker>& self) {
    const std::lock_guard lock(self->mutex_);
    self->thread_ = std::thread([self] { run(self); });
  }

  bool send(const std::string& topic, WireEvent event) override {
    const std::lock_guard lock(mutex_);
    if (!up_) {
      return false;
    }
    endpoint_->publish(topic, std::move(event));
    return true;
  }

  void stop() override {
    reports_.silence();
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
  static void run(const std::shared_ptr<BrokerWorker>& self) {
    std::unique_ptr<BrokerEndpoint> ended;
    if (self->pause(self->backoff_.next())) {
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

  bool is_mine(const std::string& topic) const {
    return std::find(topics_.begin(), topics_.end(), topic) != topics_.end();
  }

  void connect() {
    was_up_ = false;
    auto endpoint = BrokerEndpoint::create({topics_, options_.tls, options_.disable_tls});
    if (!endpoint) {
      report_down(std::move(endpoint.error()));
      return;
    }
    {
      const std::lock_guard lock(mutex_);
      endpoint_ = std::move(*endpoint);
    }
    // Only the link's thread changes endpoint_, so it may use it without the lock.
    if (options_.listen) {
      listen();
    } else {
      endpoint_->connect(options_.address, options_.port);
      serve();
    }
  }

  /// One connection.
  void serve() {
    const auto begin = Clock::now();
    auto deadline = begin + options_.connect_timeout;
    const auto last_deadline = begin + options_.abandon_timeout;
    bool ended = false;
    while (!ended && !is_stopping()) {
      const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
      if (!was_up_ && left <= milliseconds::zero()) {
        if (deadline >= last_deadline) {
          return;
        }
        report_down({ErrorCode::kTimeout, "no connection in time", 0});
        deadline = last_deadline;
        continue;
      }
      ended = !handle_all(endpoint_->wait(was_up_ ? kCheckInterval : left));
    }
  }

  /// All connections until stop().
  void listen() {
    if (const auto port = endpoint_->listen(options_.address, options_.port); !port) {
      report_down(port.error());
      return;
    }
    reports_.failed({ErrorCode::kUnavailable,
                     "listening, and no Zeek has connected yet: MISP::broker_peer_address there "
                     "must name this port",
                     0});
    while (!is_stopping()) {
      if (!handle_all(endpoint_->wait(was_up_ ? kCheckInterval : kIdleWait))) {
        was_up_ = false;
        if (endpoint_->has_peer()) {
          on_up({});  // there were two
        }
      }
    }
  }

  /// False: the connection ended, or the attempt failed.
  bool handle_all(std::vector<BrokerReport> events) {
    if (events.empty() && was_up_ && !is_stopping() && !endpoint_->has_peer()) {
      report_down({ErrorCode::kUnavailable, "the connection was lost", 0});
      return false;
    }
    for (auto& event : events) {
      if (auto* down = std::get_if<PeerDown>(&event)) {
        report_down(std::move(down->error));
        return false;
      }
      handle(event);
    }
    return true;
  }

  void handle(BrokerReport& event) {
    if (const auto* up = std::get_if<PeerUp>(&event)) {
      on_up(*up);
    } else if (auto* malformed = std::get_if<WireMalformed>(&event)) {
      reports_.malformed(std::move(malformed->error));
    } else if (const auto& message = std::get<WireMessage>(event); is_mine(message.topic)) {
      reports_.event(message.event);
    }
  }

  void on_up(const PeerUp& up) {
    if (was_up_) {
      reports_.malformed({ErrorCode::kIncompatible,
                          "a second Zeek connected (" + up.peer +
                              "): each needs a [[zeek]] with a "
                              "port of its own",
                          0});
      return;
    }
    was_up_ = true;
    backoff_.reset();
    {
      const std::lock_guard lock(mutex_);
      up_ = !stopping_;
    }
    reports_.up((up.peer.empty() ? place_of(options_) : up.peer) + " (Broker " + broker_version() +
                ")");
  }

  /// Reports the end of a connection, or of an attempt that failed.
  void report_down(Error error) {
    {
      const std::lock_guard lock(mutex_);
      up_ = false;
      if (stopping_) {
        return;
      }
    }
    if (!was_up_) {
      reports_.failed(diagnose(std::move(error), options_));
      return;
    }
    // Broker 1.4 may tell of a loss by its own failed attempt to connect again.
    if (error.code == ErrorCode::kUnavailable) {
      error.message = "the connection was lost";
    }
    reports_.lost(std::move(error));
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
  const std::vector<std::string> topics_;
  // Of the link's thread, whichever it is now.
  LinkReports reports_;
  Backoff backoff_;
  bool was_up_ = false;  ///< this connection was up

  std::mutex mutex_;  ///< of all below
  std::condition_variable changed_;
  std::thread thread_;
  std::unique_ptr<BrokerEndpoint> endpoint_;
  bool up_ = false;
  bool stopping_ = false;
  bool finished_ = false;
};

}  // namespace

void BrokerLink::start(std::string service_id, OnReport on_report) {
  const auto worker = std::make_shared<BrokerWorker>(options_, service_id, std::move(on_report));
  worker_ = worker;
  BrokerWorker::start(worker);  // its first report may already be answered
}

}  // namespace misp_zeek::zeek
