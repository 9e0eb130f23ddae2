// SPDX-License-Identifier: BSD-3-Clause
#include "http_test_server.h"

#include <arpa/inet.h>
#include <httplib.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
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

class HttpTestServer::Impl {
 public:
  Impl(Handler handler, std::unique_ptr<httplib::Server> server)
      : handler_(std::move(handler)), server_(std::move(server)) {
    const auto serve = [this](const httplib::Request& request, httplib::Response& response) {
      answer(request, response);
    };
    server_->Get(".*", serve);
    server_->Post(".*", serve);
    server_->set_logger([this](const httplib::Request&, const httplib::Response& response) {
      const std::lock_guard lock(mutex_);
      encodings_.push_back(response.get_header_value("Content-Encoding"));
    });
    server_->set_keep_alive_timeout(1);
    port_ = server_->bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_->listen_after_bind(); });
    while (!server_->is_running()) {
      std::this_thread::yield();
    }
  }

  ~Impl() {
    server_->stop();
    thread_.join();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  int port() const { return port_; }
  std::vector<TestRequest> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  std::vector<std::string> encodings() const {
    const std::lock_guard lock(mutex_);
    return encodings_;
  }

 private:
  void answer(const httplib::Request& request, httplib::Response& response) {
    TestRequest seen;
    seen.method = request.method;
    seen.path = request.path;
    seen.headers.insert(request.headers.begin(), request.headers.end());
    seen.body = request.body;
    seen.client_port = request.remote_port;
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(seen);
    }
    const auto result = handler_(seen);
    response.status = result.status;
    for (const auto& [name, value] : result.headers) {
      response.set_header(name, value);
    }
    if (result.pause.count() == 0) {
      response.set_content(result.body, result.content_type);
      return;
    }
    response.set_content_provider(
        result.body.size(), result.content_type,
        [result](std::size_t offset, std::size_t length, httplib::DataSink& sink) {
          std::this_thread::sleep_for(result.pause);
          return sink.write(result.body.data() + offset, std::min<std::size_t>(length, 10));
        });
  }

  Handler handler_;
  std::unique_ptr<httplib::Server> server_;
  int port_ = 0;
  std::thread thread_;
  mutable std::mutex mutex_;
  std::vector<TestRequest> requests_;
  std::vector<std::string> encodings_;
};

HttpTestServer::HttpTestServer(Handler handler)
    : impl_(std::make_unique<Impl>(std::move(handler), std::make_unique<httplib::Server>())) {}

HttpTestServer::HttpTestServer(Handler handler, const std::string& certificate,
                               const std::string& key)
    : impl_(std::make_unique<Impl>(std::move(handler), std::make_unique<httplib::SSLServer>(
                                                           certificate.c_str(), key.c_str()))) {}

HttpTestServer::~HttpTestServer() = default;

int HttpTestServer::port() const { return impl_->port(); }

std::string HttpTestServer::url() const { return "http://127.0.0.1:" + std::to_string(port()); }

std::vector<TestRequest> HttpTestServer::requests() const { return impl_->requests(); }

std::vector<std::string> HttpTestServer::encodings() const { return impl_->encodings(); }

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
