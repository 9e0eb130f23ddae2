// SPDX-License-Identifier: BSD-3-Clause
#include "test_publisher.h"

#include <chrono>
#include <thread>
#include <zmq.hpp>

namespace misp_zeek::misp {
namespace {

constexpr std::chrono::milliseconds kPatience{10'000};

std::string receive_part(zmq::socket_t& socket) {
  zmq::message_t part;
  return socket.recv(part) ? part.to_string() : "";
}

/// Answers one request of ZeroMQ's authentication protocol, RFC 27: version, request id, domain,
/// address, identity, mechanism, and for PLAIN user name and password.
void answer_authentication(zmq::socket_t& socket, const std::string& username,
                           const std::string& password) {
  std::vector<std::string> parts;
  do {
    parts.push_back(receive_part(socket));
  } while (socket.get(zmq::sockopt::rcvmore) != 0);
  const bool right = parts.size() == 8 && parts[6] == username && parts[7] == password;
  const std::vector<std::string> answer = {
      "1.0", parts.at(1), right ? "200" : "400", right ? "OK" : "wrong", "user", ""};
  for (std::size_t i = 0; i < answer.size(); ++i) {
    socket.send(zmq::buffer(answer[i]),
                i + 1 < answer.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
  }
}

}  // namespace

class TestPublisher::Impl {
 public:
  Impl(int port, const std::string& username, const std::string& password)
      : zap_(context_, zmq::socket_type::rep), socket_(context_, zmq::socket_type::xpub) {
    zap_.set(zmq::sockopt::linger, 0);
    if (!username.empty()) {
      zap_.bind("inproc://zeromq.zap.01");
      thread_ = std::jthread([this, username, password](const std::stop_token& stop) {
        zap_.set(zmq::sockopt::rcvtimeo, 50);
        while (!stop.stop_requested()) {
          zmq::pollitem_t item{zap_.handle(), 0, ZMQ_POLLIN, 0};
          if (zmq::poll(&item, 1, std::chrono::milliseconds(50)) > 0) {
            answer_authentication(zap_, username, password);
          }
        }
      });
      socket_.set(zmq::sockopt::plain_server, true);
    }
    socket_.set(zmq::sockopt::linger, 0);
    socket_.set(zmq::sockopt::sndhwm, 0);
    socket_.set(zmq::sockopt::xpub_verbose, true);
    bind("tcp://127.0.0.1:" + (port == 0 ? "*" : std::to_string(port)));
    endpoint_ = socket_.get(zmq::sockopt::last_endpoint);
  }

  const std::string& endpoint() const { return endpoint_; }
  zmq::socket_t& socket() { return socket_; }

 private:
  /// The port of a publisher that has just been closed may be taken for a moment.
  void bind(const std::string& address) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (zmq_bind(socket_.handle(), address.c_str()) != 0) {
      if (std::chrono::steady_clock::now() > deadline) {
        throw zmq::error_t();
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }

  zmq::context_t context_;
  zmq::socket_t zap_;
  zmq::socket_t socket_;
  std::string endpoint_;
  std::jthread thread_;
};

TestPublisher::TestPublisher(int port, const std::string& username, const std::string& password)
    : impl_(std::make_unique<Impl>(port, username, password)) {}

TestPublisher::~TestPublisher() = default;

int TestPublisher::port() const { return std::stoi(endpoint().substr(endpoint().rfind(':') + 1)); }

std::string TestPublisher::endpoint() const { return impl_->endpoint(); }

std::vector<std::string> TestPublisher::wait_for_subscriptions(std::size_t count) {
  std::vector<std::string> topics;
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (topics.size() < count && std::chrono::steady_clock::now() < deadline) {
    zmq::pollitem_t item{impl_->socket().handle(), 0, ZMQ_POLLIN, 0};
    if (zmq::poll(&item, 1, std::chrono::milliseconds(100)) > 0) {
      const auto message = receive_part(impl_->socket());
      if (message.starts_with('\1')) {
        topics.push_back(message.substr(1));
      }
    }
  }
  return topics;
}

void TestPublisher::send(const std::string& frame) { send_parts({frame}); }

void TestPublisher::send_parts(const std::vector<std::string>& parts) {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    impl_->socket().send(zmq::buffer(parts[i]),
                         i + 1 < parts.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
  }
}

}  // namespace misp_zeek::misp
