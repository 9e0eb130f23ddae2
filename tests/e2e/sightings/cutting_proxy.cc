// SPDX-License-Identifier: BSD-3-Clause
#include "cutting_proxy.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

namespace misp_zeek::e2e {
namespace {

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

/// False: one side has ended.
bool pass(int from, int to) {
  std::array<char, 65'536> buffer{};
  const auto n = ::recv(from, buffer.data(), buffer.size(), 0);
  return n > 0 && ::send(to, buffer.data(), static_cast<std::size_t>(n), MSG_NOSIGNAL) == n;
}

}  // namespace

CuttingProxy::CuttingProxy(int target_port)
    : target_port_(target_port), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
  auto address = loopback(0);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, generic, &size) != 0) {
    ::close(listener_);
    throw std::runtime_error("the proxy cannot listen");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { accept_connections(); });
}

CuttingProxy::~CuttingProxy() {
  stopping_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  thread_.join();
  cut();
  for (auto& link : links_) {
    link.thread.join();
    ::close(link.client);
    ::close(link.server);
  }
  ::close(listener_);
}

void CuttingProxy::cut() {
  open_ = false;
  const std::lock_guard lock(mutex_);
  for (const auto& link : links_) {
    ::shutdown(link.client, SHUT_RDWR);
    ::shutdown(link.server, SHUT_RDWR);
  }
}

void CuttingProxy::accept_connections() {
  while (!stopping_) {
    const int client = ::accept(listener_, nullptr, nullptr);
    if (client < 0) {
      continue;
    }
    const int server = ::socket(AF_INET, SOCK_STREAM, 0);
    const auto address = loopback(target_port_);
    const bool connected = open_ && ::connect(server, reinterpret_cast<const sockaddr*>(&address),
                                              sizeof address) == 0;
    const std::lock_guard lock(mutex_);
    if (!connected || !open_) {
      ::close(client);
      ::close(server);
      continue;
    }
    const int now = 1;  // small parts that wait for each other would take 40 ms
    ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &now, sizeof now);
    ::setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &now, sizeof now);
    links_.push_back({client, server, std::thread([=, this] { pass_on(client, server); })});
  }
}

void CuttingProxy::pass_on(int client, int server) const {
  std::array<pollfd, 2> sides = {pollfd{client, POLLIN, 0}, pollfd{server, POLLIN, 0}};
  bool alive = true;
  while (alive && ::poll(sides.data(), sides.size(), -1) > 0) {
    if (sides[0].revents != 0) {
      alive = pass(client, server);
    } else if (sides[1].revents != 0) {
      alive = pass(server, client);
    }
  }
  ::shutdown(client, SHUT_RDWR);
  ::shutdown(server, SHUT_RDWR);
}

}  // namespace misp_zeek::e2e
