// SPDX-License-Identifier: BSD-3-Clause
// What strangers may send, in which order and how slowly: an honest client is answered in time and
// memory stays bounded. Traffic goes to this process alone, over loopback.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "connection.h"
#include "http/server.h"
#include "web/client.h"

namespace misp_zeek::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr auto kHonestLimit = milliseconds(1'000);
constexpr long kMemoryLimit = 64L << 10;  ///< KiB above idle

/// Of this process, whose clients take some as well.
long resident_kib() {
  std::ifstream file("/proc/self/statm");
  long total = 0;
  long resident = 0;
  file >> total >> resident;
  return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

class HostileClients : public testing::Test {
 protected:
  HostileClients() {
    auto started = Server::start("127.0.0.1:0", [] { return Health{true, {}}; });
    if (!started) {
      throw std::runtime_error(started.error().message);
    }
    server_ = std::move(*started);
    ask_honestly();  // what a first request takes once is idle memory
    idle_ = resident_kib();
  }

  milliseconds ask_honestly() const {
    const auto begin = steady_clock::now();
    web::Client client(server_->port());
    const auto answer = client.get("/livez");
    EXPECT_TRUE(answer) << client.problem();
    return std::chrono::duration_cast<milliseconds>(steady_clock::now() - begin);
  }
  /// The best of three: on a machine that builds besides, a thread alone may wait for a second.
  void expect_service(const char* when) const {
    auto best = ask_honestly();
    for (int i = 0; i < 2 && best >= kHonestLimit; ++i) {
      best = std::min(best, ask_honestly());
    }
    EXPECT_LT(best, kHonestLimit) << when;
    EXPECT_LT(resident_kib() - idle_, kMemoryLimit) << when;
  }

  std::unique_ptr<Server> server_;
  long idle_ = 0;
};

TEST_F(HostileClients, WhoDripKeepNobodyOutAndAreEnded) {
  std::vector<Connection> clients;
  for (int i = 0; i < 100; ++i) {
    clients.emplace_back(server_->port());
    ASSERT_TRUE(clients.back().say("GET /livez HTTP/1.1\r\nHost: localhost\r\nX: "));
  }
  // A request has 10 s in all, however it comes.
  const auto begin = steady_clock::now();
  std::size_t alive = clients.size();
  while (alive > 0 && steady_clock::now() - begin < std::chrono::seconds(20)) {
    expect_service("while 100 clients drip");
    std::this_thread::sleep_for(milliseconds(500));
    alive = 0;
    for (const auto& client : clients) {
      alive += client.say("a") ? 1U : 0U;
    }
  }
  EXPECT_EQ(alive, 0U);
  EXPECT_LT(steady_clock::now() - begin, std::chrono::seconds(14));
}

TEST_F(HostileClients, WhoSendAnEndlessHeaderAreCut) {
  constexpr std::size_t kBytes = 200U << 20U;
  const std::string piece(1U << 20U, 'a');
  for (const std::string& begin :
       {std::string("GET /livez HTTP/1.1\r\nX: "), std::string("GET /"), std::string("A"),
        std::string("\r\n"),
        std::string("GET /livez HTTP/1.1\r\nContent-Length: 9999999999\r\n\r\n"),
        std::string("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n")}) {
    const Connection client(server_->port());
    std::size_t sent = client.say(begin) ? begin.size() : 0;
    while (sent < kBytes && client.say(piece)) {
      sent += piece.size();
    }
    EXPECT_LT(sent, kBytes) << begin;
    expect_service(begin.c_str());
  }
}

TEST_F(HostileClients, LearnWhatTheyDidWrong) {
  const auto answer_to = [&](const std::string& text) {
    const Connection client(server_->port());
    client.say(text);
    const std::string answer = client.hear();
    return answer.substr(0, answer.find("\r\n"));
  };
  const std::string get = "GET /livez HTTP/1.1\r\n";
  const std::string host = "Host: localhost\r\n";
  EXPECT_EQ(answer_to(get + host + "\r\n"), "HTTP/1.1 200 OK");
  EXPECT_EQ(answer_to("GET /livez HTTP/1.0\r\n\r\n"), "HTTP/1.0 200 OK");
  EXPECT_EQ(answer_to(get + "X: " + std::string(20'000, 'a') + "\r\n\r\n"),
            "HTTP/1.1 431 Request Header Fields Too Large");
  EXPECT_EQ(answer_to(get + host + "Content-Length: 20000\r\n\r\n" + std::string(20'000, 'a')),
            "HTTP/1.1 413 Payload Too Large");
  EXPECT_EQ(answer_to(get + "\r\n"), "HTTP/1.1 400 Bad Request") << "no host";
  EXPECT_EQ(answer_to(get + host + host + "\r\n"), "HTTP/1.1 400 Bad Request") << "two hosts";
  EXPECT_EQ(answer_to("GET http://localhost/livez HTTP/1.1\r\n" + host + "\r\n"),
            "HTTP/1.1 400 Bad Request");
  EXPECT_EQ(answer_to("GET /%zz HTTP/1.1\r\n" + host + "\r\n"), "HTTP/1.1 400 Bad Request");
  EXPECT_EQ(answer_to("\x16\x03\x01 hello\r\n\r\n"), "HTTP/1.1 400 Bad Request");
}

TEST_F(HostileClients, WhoOpenTenThousandConnectionsKeepNobodyOut) {
  // The clients need descriptors, too, so they come and stay in as many as this process may have.
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 12'000);
  setrlimit(RLIMIT_NOFILE, &limit);
  std::vector<Connection> clients;
  clients.reserve(10'000);
  for (int i = 0; i < 10'000; ++i) {
    if (clients.size() + 400 > limit.rlim_cur) {
      clients.erase(clients.begin(), clients.begin() + 100);
    }
    clients.emplace_back(server_->port());
    if (i % 2'000 == 1'999) {
      expect_service("while connections are opened");
    }
  }
  std::atomic<bool> stop{false};
  std::thread flood([&] {
    for (int i = 0; i < 10'000 && !stop; ++i) {
      const Connection client(server_->port());
      client.say("GET /livez HTTP/1.1\r\n");
    }
  });
  for (int i = 0; i < 5; ++i) {
    expect_service("while connections come and go");
  }
  stop = true;
  flood.join();
}

TEST_F(HostileClients, WhoReadNothingKeepNobodyOut) {
  std::vector<Connection> clients;
  for (int i = 0; i < 600; ++i) {
    clients.emplace_back(server_->port());
    clients.back().say("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
  }
  expect_service("while 600 clients read nothing");
}

TEST_F(HostileClients, WhoTakeAllDescriptorsDelayOthersOnly) {
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  std::vector<Connection> clients;
  for (int i = 0; i < 30; ++i) {
    clients.emplace_back(server_->port());
  }
  std::this_thread::sleep_for(milliseconds(200));
  // The lowest free descriptor tells how many are taken; room for one client more, none to accept.
  const int lowest = dup(0);
  close(lowest);
  rlimit few = before;
  few.rlim_cur = static_cast<rlim_t>(lowest) + 1;
  setrlimit(RLIMIT_NOFILE, &few);
  {
    const Connection starved(server_->port());
    std::this_thread::sleep_for(milliseconds(300));
    EXPECT_TRUE(starved.say("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    EXPECT_EQ(starved.hear().rfind("HTTP/1.1 200 OK", 0), 0U)
        << "a silent client must give way to it";
  }
  setrlimit(RLIMIT_NOFILE, &before);
  expect_service("afterwards");
}

}  // namespace
}  // namespace misp_zeek::http
