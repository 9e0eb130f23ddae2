// SPDX-License-Identifier: BSD-3-Clause
#include "process/notify_socket.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace misp_zeek::process {

NotifySocket::NotifySocket() : path_(folder_.file("notify")) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path_.size() >= sizeof(address.sun_path)) {
    throw std::runtime_error(path_ + " is too long for a socket");
  }
  std::copy(path_.begin(), path_.end(), address.sun_path);
  socket_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket_ < 0 ||
      bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    throw std::runtime_error("cannot listen at " + path_ + ": " + std::strerror(errno));
  }
}

NotifySocket::~NotifySocket() { close(socket_); }

std::string NotifySocket::receive(std::chrono::milliseconds timeout) {
  pollfd waiting{socket_, POLLIN, 0};
  if (poll(&waiting, 1, static_cast<int>(timeout.count())) != 1) {
    return "";
  }
  std::array<char, 8192> buffer{};
  const auto size = recv(socket_, buffer.data(), buffer.size(), 0);
  return size > 0 ? std::string(buffer.data(), static_cast<std::size_t>(size)) : "";
}

std::string NotifySocket::wait_for(const std::string& start, std::chrono::milliseconds timeout) {
  using std::chrono::steady_clock;
  const auto end = steady_clock::now() + timeout;
  for (auto now = steady_clock::now(); now < end; now = steady_clock::now()) {
    std::string notice = receive(std::chrono::duration_cast<std::chrono::milliseconds>(end - now));
    if (notice.rfind(start, 0) == 0) {
      return notice;
    }
  }
  return "";
}

}  // namespace misp_zeek::process
