// SPDX-License-Identifier: BSD-3-Clause
#include "process/tcp_proxy.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <vector>

namespace misp_zeek::process {
namespace {

constexpr int kTurnMs = 20;
constexpr std::size_t kMaxWaiting = std::size_t{1} << 20;

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/// A reset rather than an orderly end, as when a host vanishes.
void reset(int handle) {
  const linger now{1, 0};
  setsockopt(handle, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  ::close(handle);
}

void make_nonblocking(int handle) { fcntl(handle, F_SETFL, fcntl(handle, F_GETFL) | O_NONBLOCK); }

}  // namespace

TcpProxy::TcpProxy(int target) : target_(target) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in address = loopback(0);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener_, generic, length) != 0 || listen(listener_, 64) != 0 ||
      getsockname(listener_, generic, &length) != 0) {
    throw std::runtime_error("a proxy cannot listen");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

TcpProxy::~TcpProxy() {
  stopping_ = true;
  thread_.join();
  for (auto& pair : pairs_) {
    end(pair);
  }
  ::close(listener_);
}

void TcpProxy::close() {
  closed_ = true;
  cut_ = true;
}

void TcpProxy::end(Pair& pair) {
  reset(pair.client.handle);
  reset(pair.server.handle);
}

void TcpProxy::accept_one() {
  const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (client < 0) {
    return;
  }
  const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(target_);
  if (closed_ ||
      connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    reset(client);
    ::close(server);
    return;
  }
  make_nonblocking(server);
  pairs_.push_back({{client, "", false}, {server, "", false}});
}

bool TcpProxy::flush(Side& side) {
  while (!side.waiting.empty()) {
    const ssize_t sent = send(side.handle, side.waiting.data(), side.waiting.size(), MSG_NOSIGNAL);
    if (sent < 0) {
      return errno == EAGAIN || errno == EINTR;
    }
    side.waiting.erase(0, static_cast<std::size_t>(sent));
  }
  return true;
}

bool TcpProxy::relay(Side& from, Side& to, short events) {
  std::array<char, 65536> buffer{};
  if ((events & (POLLIN | POLLHUP | POLLERR)) != 0 && !from.ended) {
    const ssize_t got = recv(from.handle, buffer.data(), buffer.size(), 0);
    if (got < 0) {
      return errno == EAGAIN || errno == EINTR;
    }
    if (got == 0) {
      from.ended = true;
    }
    to.waiting.append(buffer.data(), static_cast<std::size_t>(got));
  }
  if (!flush(to)) {
    return false;
  }
  if (from.ended && to.waiting.empty()) {
    shutdown(to.handle, SHUT_WR);
  }
  return true;
}

void TcpProxy::run() {
  while (!stopping_) {
    if (cut_.exchange(false)) {
      for (auto& pair : pairs_) {
        end(pair);
      }
      pairs_.clear();
    }
    std::vector<pollfd> polled = {{listener_, POLLIN, 0}};
    const auto interest = [&](const Side& side, const Side& other) {
      int events = side.waiting.empty() ? 0 : POLLOUT;
      events |= other.waiting.size() < kMaxWaiting && !side.ended ? POLLIN : 0;
      // A negative handle is passed over: after its end a side would be reported for ever.
      polled.push_back({events == 0 || stalled_ ? -1 : side.handle, static_cast<short>(events), 0});
    };
    for (const auto& pair : pairs_) {
      interest(pair.client, pair.server);
      interest(pair.server, pair.client);
    }
    if (poll(polled.data(), polled.size(), kTurnMs) <= 0) {
      continue;
    }
    std::size_t at = 1;
    for (auto it = pairs_.begin(); it != pairs_.end(); at += 2) {
      const bool good = relay(it->client, it->server, polled[at].revents) &&
                        relay(it->server, it->client, polled[at + 1].revents);
      if (!good || (it->client.ended && it->server.ended)) {
        end(*it);
        it = pairs_.erase(it);
      } else {
        ++it;
      }
    }
    if (polled[0].revents != 0) {
      accept_one();
    }
  }
}

}  // namespace misp_zeek::process
