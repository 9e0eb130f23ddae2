// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <deque>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "process/command_line.h"
#include "zeek/broker_link.h"
#include "zeek/websocket_link.h"
#include "zeek_sim/zeek_sim.h"

namespace {

using Clock = std::chrono::steady_clock;
using misp_zeek::Item;
using misp_zeek::sim::Transport;
namespace contract = misp_zeek::contract;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

std::unique_ptr<misp_zeek::ZeekLink> make_link(Transport transport, const std::string& address,
                                               std::uint16_t port, bool disable_tls) {
  if (transport == Transport::kWebSocket) {
    misp_zeek::zeek::WebSocketLinkOptions options;
    options.websocket.address = address;
    options.websocket.port = port;
    return std::make_unique<misp_zeek::zeek::WebSocketLink>(options);
  }
  misp_zeek::zeek::BrokerLinkOptions options;
  options.address = address;
  options.port = port;
  options.disable_tls = disable_tls;
  return std::make_unique<misp_zeek::zeek::BrokerLink>(options);
}

/// A session over a link, driven from one thread.
class Session {
 public:
  explicit Session(std::unique_ptr<misp_zeek::ZeekLink> link) : link_(std::move(link)) {
    link_->start("00c0ffee12345678", [this](misp_zeek::LinkReport report) {
      const std::lock_guard lock(mutex_);
      reports_.push_back(std::move(report));
      arrived_.notify_one();
    });
  }

  bool open() {
    const auto up = next();
    if (!up || !std::holds_alternative<misp_zeek::LinkUp>(*up)) {
      return false;
    }
    contract::Hello hello;
    hello.service_id = "00c0ffee12345678";
    hello.session = "bench-1";
    link_->send(std::move(hello));
    return answer<contract::HelloAck>().has_value();
  }

  /// Sends `items` in messages of `per_message`, with `window` under way. Returns seconds, or
  /// nullopt if an answer is missing.
  std::optional<double> load(std::size_t items, std::size_t per_message, std::size_t window) {
    const auto begin = Clock::now();
    std::size_t sent = 0;
    std::size_t waiting = 0;
    while (sent < items || waiting > 0) {
      while (sent < items && waiting < window) {
        contract::Apply apply{"bench-1", ++seq_, "bench", seq_, {}, {}};
        for (std::size_t i = 0; i < per_message && sent < items; ++i, ++sent) {
          apply.upserts.push_back(item(++number_));
        }
        link_->send(apply);
        ++waiting;
      }
      if (!answer<contract::Ack>()) {
        return std::nullopt;
      }
      --waiting;
    }
    return seconds_since(begin);
  }

 private:
  static Item item(std::size_t number) {
    Item item;
    item.entry = {{misp_zeek::IndicatorType::kDomain, std::to_string(number) + ".bench.example"},
                  1};
    item.attribute_uuids = "5f8f4a3e-2c1c-4d0b-9a2e-0a7cc0a80102";
    item.desc = "an event's info of a usual length, 48 bytes or so";
    item.url = "https://misp.example.org/events/view/1";
    return item;
  }

  std::optional<misp_zeek::LinkReport> next() {
    std::unique_lock lock(mutex_);
    if (!arrived_.wait_for(lock, std::chrono::seconds(30), [this] { return !reports_.empty(); })) {
      return std::nullopt;
    }
    auto report = std::move(reports_.front());
    reports_.pop_front();
    return report;
  }

  template <typename Answer>
  std::optional<Answer> answer() {
    const auto report = next();
    const auto* message = report ? std::get_if<contract::FromZeek>(&*report) : nullptr;
    const auto* answer = message != nullptr ? std::get_if<Answer>(message) : nullptr;
    return answer != nullptr ? std::optional<Answer>(*answer) : std::nullopt;
  }

  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<misp_zeek::LinkReport> reports_;
  std::uint64_t seq_ = 0;
  // Not those of an earlier run, which Zeek may still hold.
  std::size_t number_ = std::size_t{std::random_device{}()} << 20U;
  std::unique_ptr<misp_zeek::ZeekLink> link_;  // last: its thread uses the members above
};

bool measure_round_trips(Session& session) {
  constexpr std::size_t kRounds = 500;
  std::vector<double> times;
  for (std::size_t i = 0; i < kRounds; ++i) {
    const auto time = session.load(1, 1, 1);
    if (!time) {
      return false;
    }
    times.push_back(*time * 1e3);
  }
  std::sort(times.begin(), times.end());
  std::printf("1 item, 1 in flight: round trip p50 %.3f ms, p99 %.3f ms\n", times[kRounds / 2],
              times[kRounds * 99 / 100]);
  return true;
}

bool measure_loads(Session& session) {
  const std::vector<std::pair<std::size_t, std::size_t>> shapes = {
      {50, 1}, {100, 1}, {200, 1}, {50, 4}, {100, 4}, {200, 2}, {200, 4}, {200, 8}};
  for (const auto& [per_message, window] : shapes) {
    const std::size_t items = (window == 1 ? 10'000 : 50'000);
    const auto time = session.load(items, per_message, window);
    if (!time) {
      return false;
    }
    std::printf("%zu items a message, %zu in flight: %.0f items/s, %.2f ms a message\n",
                per_message, window, static_cast<double>(items) / *time,
                *time * 1e3 * static_cast<double>(per_message) / static_cast<double>(items));
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  misp_zeek::process::CommandLine line(
      "Measures a link against the stand-in, or against a Zeek that runs");
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;
  bool disable_tls = false;
  Transport transport = Transport::kBroker;
  line.choice("--transport", transport,
              std::map<std::string, Transport>{{"broker", Transport::kBroker},
                                               {"websocket", Transport::kWebSocket}},
              "broker or websocket");
  line.text("--address", address, "Of a Zeek that listens");
  line.number("--port", port, 0, 65'535,
              "Of a Zeek that listens; without it, a stand-in is started");
  line.flag("--disable-tls", disable_tls, "Broker without TLS");
  if (const auto status = line.parse(argc, argv)) {
    return *status;
  }
  std::signal(SIGPIPE, SIG_IGN);

  std::unique_ptr<misp_zeek::sim::ZeekSim> sim;
  if (port == 0) {
    misp_zeek::sim::ZeekSimOptions options;
    options.transport = transport;
    options.disable_tls = disable_tls || transport == Transport::kWebSocket;
    auto started = misp_zeek::sim::ZeekSim::start(options);
    if (!started) {
      std::cerr << started.error().message << "\n";
      return 1;
    }
    sim = std::move(*started);
    port = sim->port();
  }
  const std::string broker =
      "Broker " + misp_zeek::zeek::broker_version() + (disable_tls ? " without TLS" : " with TLS");
  std::printf("%s, %s\n",
              transport == Transport::kBroker ? broker.c_str() : "WebSocket without TLS",
              sim ? "stand-in in this process" : "another process");
  Session session(make_link(transport, address, port, disable_tls));
  if (!session.open() || !measure_round_trips(session) || !measure_loads(session)) {
    std::cerr << "no answer\n";
    return 1;
  }
  return 0;
}
