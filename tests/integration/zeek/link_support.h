// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <thread>
#include <utility>

#include "core/session/messages.h"
#include "zeek/broker_link.h"
#include "zeek/websocket_link.h"

namespace misp_zeek {

inline constexpr const char* kServiceId = "00c0ffee12345678";

inline contract::Hello hello_of(const std::string& session,
                                const std::string& service_id = kServiceId) {
  contract::Hello hello;
  hello.service_id = service_id;
  hello.session = session;
  hello.service_version = "1.0.0";
  hello.owner = "MISP";
  return hello;
}

inline zeek::BrokerLinkOptions broker_options(std::uint16_t port) {
  zeek::BrokerLinkOptions options;
  options.port = port;
  options.retry_interval = std::chrono::milliseconds(50);
  options.max_retry_interval = std::chrono::milliseconds(200);
  return options;
}

inline zeek::WebSocketLinkOptions websocket_options(std::uint16_t port) {
  zeek::WebSocketLinkOptions options;
  options.websocket.port = port;
  options.retry_interval = std::chrono::milliseconds(50);
  options.max_retry_interval = std::chrono::milliseconds(200);
  return options;
}

/// Accepts connections into its backlog and never says a word.
class MuteServer {
 public:
  MuteServer() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* name = reinterpret_cast<sockaddr*>(&address);
    if (::bind(fd_, name, size) == 0 && ::listen(fd_, 16) == 0 &&
        ::getsockname(fd_, name, &size) == 0) {
      port_ = ntohs(address.sin_port);
    }
  }
  ~MuteServer() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }
  MuteServer(const MuteServer&) = delete;
  MuteServer& operator=(const MuteServer&) = delete;
  std::uint16_t port() const { return port_; }

 protected:
  int fd_;
  std::uint16_t port_ = 0;
};

/// Answers every connection's first bytes with the same text, and closes it.
class FixedAnswerServer : public MuteServer {
 public:
  explicit FixedAnswerServer(std::string answer)
      : answer_(std::move(answer)), thread_([this] { run(); }) {}
  ~FixedAnswerServer() {
    ::shutdown(fd_, SHUT_RDWR);
    thread_.join();
  }

 private:
  void run() {
    for (int client = ::accept(fd_, nullptr, nullptr); client >= 0;
         client = ::accept(fd_, nullptr, nullptr)) {
      char request[4'096];
      if (::recv(client, request, sizeof request, 0) > 0) {
        ::send(client, answer_.data(), answer_.size(), MSG_NOSIGNAL);
      }
      ::shutdown(client, SHUT_RDWR);
      ::close(client);
    }
  }

  const std::string answer_;
  std::thread thread_;
};

}  // namespace misp_zeek
