// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <string>
#include <utility>

namespace misp_zeek::http {

/// A connection to a port of loopback that says what the test wants, closed at the end.
class Connection {
 public:
  explicit Connection(std::uint16_t port) : handle_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    if (connect(handle_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      close(handle_);
      handle_ = -1;
    }
  }
  ~Connection() {
    if (handle_ >= 0) {
      close(handle_);
    }
  }
  Connection(Connection&& other) noexcept : handle_(std::exchange(other.handle_, -1)) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  Connection& operator=(Connection&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }

  bool connected() const { return handle_ >= 0; }
  bool say(const std::string& text) const {
    return handle_ >= 0 && send(handle_, text.data(), text.size(), MSG_NOSIGNAL) ==
                               static_cast<ssize_t>(text.size());
  }
  /// Until the other side closes.
  std::string hear() const {
    timeval limit{15, 0};
    setsockopt(handle_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    std::string text;
    std::array<char, 4096> buffer{};
    for (ssize_t size = 1; size > 0;) {
      size = recv(handle_, buffer.data(), buffer.size(), 0);
      text.append(buffer.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    }
    return text;
  }

 private:
  int handle_;
};

}  // namespace misp_zeek::http
