// SPDX-License-Identifier: BSD-3-Clause
#include "http_server.h"

#include <httplib.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <memory>
#include <semaphore>
#include <stdexcept>
#include <thread>
#include <utility>

namespace misp_zeek::misp_sim {
namespace {

constexpr std::size_t kThreads = 8;
constexpr std::ptrdiff_t kProcessors = 2;  ///< of the machine that MISP is on
constexpr std::size_t kSlices = 10;        ///< of a slow body
constexpr std::size_t kRequestsPerConnection = 10'000;
constexpr time_t kIdleSeconds = 1;

std::string http_date(std::int64_t time) {
  const std::time_t seconds = time;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 40> text{};
  std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return text.data();
}

/// A body in slices with pauses, or one that ends in the middle.
void send_slowly(const Response& answer, httplib::Response& out) {
  const auto body = std::make_shared<std::string>(answer.body);
  const bool cut = answer.cut;
  const auto pause = answer.slow / kSlices;
  out.set_content_provider(
      body->size(), answer.content_type,
      [body, cut, pause](std::size_t offset, std::size_t length, httplib::DataSink& sink) {
        if (cut && offset >= body->size() / 2) return false;
        std::this_thread::sleep_for(pause);
        const std::size_t slice = std::max<std::size_t>(1, body->size() / kSlices);
        return sink.write(body->data() + offset, std::min(slice, length));
      });
}

}  // namespace

struct HttpServer::State {
  void answer(const httplib::Request& in, httplib::Response& out) const {
    auto request = parse_request(in.method, in.target.empty() ? in.path : in.target);
    request.body = in.body;
    request.authorization = in.get_header_value("Authorization");
    const auto start = std::chrono::steady_clock::now();
    const auto response = handler(request);
    // What the handler took itself counts.
    const auto left = start + response.work - std::chrono::steady_clock::now();
    if (left.count() > 0) work_for(left);
    std::this_thread::sleep_for(response.delay);
    out.status = response.status;
    out.set_header("Date", http_date(clock()));
    for (const auto& [name, value] : response.headers) out.set_header(name, value);
    const bool whole = !response.cut && response.slow.count() == 0;
    if (whole || response.body.empty()) {
      out.set_content(response.body, response.content_type);
    } else {
      send_slowly(response, out);
    }
  }

  void work_for(std::chrono::nanoseconds time) const {
    processors.acquire();
    std::this_thread::sleep_for(time);
    processors.release();
  }

  Handler handler;
  Clock clock;
  mutable std::counting_semaphore<> processors{kProcessors};
  httplib::Server server;
  int port = 0;
  std::jthread thread;
};

HttpServer::HttpServer(const std::string& host, int port, Handler handler, Clock clock)
    : state_(std::make_unique<State>()) {
  auto& state = *state_;
  state.handler = std::move(handler);
  state.clock = std::move(clock);
  state.server.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
  state.server.set_tcp_nodelay(true);
  state.server.set_keep_alive_max_count(kRequestsPerConnection);
  state.server.set_keep_alive_timeout(kIdleSeconds);
  const auto answer = [&state](const httplib::Request& in, httplib::Response& out) {
    state.answer(in, out);
  };
  state.server.Get(".*", answer).Post(".*", answer).Put(".*", answer).Delete(".*", answer);
  if (port == 0) {
    state.port = state.server.bind_to_any_port(host);
  } else if (state.server.bind_to_port(host, port)) {
    state.port = port;
  }
  if (state.port <= 0) {
    throw std::runtime_error("cannot listen on " + host + ":" + std::to_string(port));
  }
  state.thread = std::jthread([&state] { state.server.listen_after_bind(); });
  while (!state.server.is_running()) std::this_thread::yield();
}

HttpServer::~HttpServer() {
  state_->server.stop();
  state_->thread.join();
}

int HttpServer::port() const { return state_->port; }

}  // namespace misp_zeek::misp_sim
