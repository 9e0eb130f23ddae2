// SPDX-License-Identifier: BSD-3-Clause
#include "http_server.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <memory>
#include <semaphore>
#include <stdexcept>
#include <thread>
#include <utility>

#include "web/server.h"

namespace misp_zeek::misp_sim {
namespace {

constexpr std::ptrdiff_t kProcessors = 2;  ///< of the machine that MISP is on
constexpr std::size_t kSlices = 10;        ///< of a slow body

std::string http_date(std::int64_t time) {
  const std::time_t seconds = time;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 40> text{};
  std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return text.data();
}

}  // namespace

struct HttpServer::State {
  [[nodiscard]] web::Reply answer(const web::Request& in) const {
    auto request = parse_request(in.method, in.target);
    request.body = in.body;
    request.authorization = in.header("Authorization");
    const auto start = std::chrono::steady_clock::now();
    const auto response = handler(request);
    // What the handler took itself counts.
    const auto left = start + response.work - std::chrono::steady_clock::now();
    if (left.count() > 0) work_for(left);
    std::this_thread::sleep_for(response.delay);
    web::Reply reply;
    reply.status = response.status;
    reply.headers.insert(response.headers.begin(), response.headers.end());
    reply.headers["Date"] = http_date(clock());
    reply.body = response.body;
    reply.content_type = response.content_type;
    reply.cut = response.cut;
    if (response.slow.count() != 0) {
      reply.piece = std::max<std::size_t>(1, reply.body.size() / kSlices);
      reply.pause = response.slow / kSlices;
    }
    return reply;
  }

  void work_for(std::chrono::nanoseconds time) const {
    processors.acquire();
    std::this_thread::sleep_for(time);
    processors.release();
  }

  Handler handler;
  Clock clock;
  mutable std::counting_semaphore<> processors{kProcessors};
  std::unique_ptr<web::Server> server;
};

HttpServer::HttpServer(const std::string& host, int port, Handler handler, Clock clock)
    : state_(std::make_unique<State>()) {
  auto& state = *state_;
  state.handler = std::move(handler);
  state.clock = std::move(clock);
  web::ServerOptions options;
  options.host = host == "localhost" ? "127.0.0.1" : host;
  options.port = port;
  try {
    state.server = std::make_unique<web::Server>(
        [&state](const web::Request& in) { return state.answer(in); }, options);
  } catch (const std::exception& error) {
    throw std::runtime_error("cannot listen on " + host + ":" + std::to_string(port) + ": " +
                             error.what());
  }
}

HttpServer::~HttpServer() = default;

int HttpServer::port() const { return state_->server->port(); }

}  // namespace misp_zeek::misp_sim
