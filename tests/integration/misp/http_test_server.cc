// SPDX-License-Identifier: BSD-3-Clause
#include "http_test_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <utility>

namespace misp_zeek::misp {
namespace {

/// A listening socket of 127.0.0.1 and its port.
std::pair<int, int> listen_somewhere() {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  if (listener < 0 || bind(listener, any, length) != 0 || listen(listener, 8) != 0 ||
      getsockname(listener, any, &length) != 0) {
    throw std::runtime_error("no port to listen on");
  }
  return {listener, ntohs(address.sin_port)};
}

bool readable(int socket) {
  pollfd item{socket, POLLIN, 0};
  return poll(&item, 1, 50) == 1;
}

}  // namespace

HttpTestServer::HttpTestServer(Handler handler, const std::string& certificate,
                               const std::string& key)
    : handler_(std::move(handler)) {
  web::ServerOptions options;
  options.certificate = certificate;
  options.key = key;
  server_ = std::make_unique<web::Server>(
      [this](const web::Request& request) { return answer(request); }, options);
}

web::Reply HttpTestServer::answer(const web::Request& request) {
  const TestRequest seen{request.method, request.target, request.headers, request.body,
                         request.client_port};
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(seen);
  }
  const auto result = handler_(seen);
  web::Reply reply;
  reply.status = result.status;
  reply.body = result.body;
  reply.content_type = result.content_type;
  reply.headers = result.headers;
  reply.pause = result.pause;
  reply.piece = result.pause.count() == 0 ? 0 : 10;
  return reply;
}

int HttpTestServer::port() const { return server_->port(); }

std::string HttpTestServer::url() const { return "http://127.0.0.1:" + std::to_string(port()); }

std::vector<TestRequest> HttpTestServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

RawTestServer::RawTestServer(std::string answer) : answer_(std::move(answer)) {
  std::tie(listener_, port_) = listen_somewhere();
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

RawTestServer::~RawTestServer() {
  thread_.request_stop();
  thread_.join();
  close(listener_);
}

std::string RawTestServer::url() const { return "http://127.0.0.1:" + std::to_string(port_); }

void RawTestServer::run(const std::stop_token& stop) const {
  while (!stop.stop_requested()) {
    if (!readable(listener_)) {
      continue;
    }
    const int connection = accept(listener_, nullptr, nullptr);
    // Reads all of the request: closing with unread bytes would be a reset.
    std::array<char, 4096> request{};
    while (readable(connection) && recv(connection, request.data(), request.size(), 0) > 0) {
    }
    send(connection, answer_.data(), answer_.size(), MSG_NOSIGNAL);
    close(connection);
  }
}

int unused_port() {
  const auto [listener, port] = listen_somewhere();
  close(listener);
  return port;
}

}  // namespace misp_zeek::misp
