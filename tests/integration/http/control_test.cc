// SPDX-License-Identifier: BSD-3-Clause
// Commands over the control socket.
#include "http/control.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "http/server.h"
#include "process/temporary_folder.h"

namespace misp_zeek::http {
namespace {

constexpr auto kTimeout = std::chrono::seconds(10);

Health healthy() { return {true, {}}; }

/// A service with one command, which counts how often it was carried out.
struct Commanded {
  Commanded() : path(folder.file("control.sock")) {
    auto started = Server::start_control(path, healthy, routes());
    if (!started) {
      throw std::runtime_error(started.error().message);
    }
    server = std::move(*started);
  }

  std::vector<Route> routes() {
    return {{"/v1/act", "acts",
             [this](const Request& request) {
               ++acted;
               return Response{202, "text/plain", request.query.contains("full") ? "full\n" : "\n"};
             },
             Access::kCommand},
            {"/status", "all",
             [](const Request& request) {
               return Response{200, "text/plain", request.query.at("q") + "\n"};
             }},
            {"/broken", "ends in the middle", [](const Request&) {
               Response response{200, "text/plain", "first\n"};
               response.more = [] { return std::nullopt; };
               return response;
             }}};
  }

  process::TemporaryFolder folder;
  std::string path;
  std::atomic<int> acted = 0;
  std::unique_ptr<Server> server;
};

/// What another user gets who writes a request to the socket; "refused" when he cannot open it.
std::string answer_to_another_user(const std::string& path, const std::string& request) {
  std::array<int, 2> pipe_ends{};
  if (pipe(pipe_ends.data()) != 0) {
    throw std::runtime_error("no pipe");
  }
  const pid_t child = fork();
  if (child == 0) {
    std::string text = "refused";
    const int handle = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    if (setgid(65'534) == 0 && setuid(65'534) == 0 &&
        connect(handle, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
      std::array<char, 4096> answer{};
      send(handle, request.data(), request.size(), MSG_NOSIGNAL);
      const ssize_t size = recv(handle, answer.data(), answer.size(), 0);
      text.assign(answer.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    }
    _exit(write(pipe_ends[1], text.data(), text.size()) < 0 ? 1 : 0);
  }
  close(pipe_ends[1]);
  std::array<char, 4096> text{};
  const ssize_t size = read(pipe_ends[0], text.data(), text.size());
  close(pipe_ends[0]);
  waitpid(child, nullptr, 0);
  return {text.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
}

TEST(Control, CarriesOutACommand) {
  Commanded service;
  const auto answer = ask_service(service.path, "POST", "/v1/act?full", kTimeout);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 202);
  EXPECT_EQ(answer->body, "full\n");
  EXPECT_EQ(service.acted, 1);
}

TEST(Control, ReadsWithoutAToken) {
  Commanded service;
  const auto answer =
      ask_service(service.path, "GET", "/status?q=" + percent_encode("a b&c=\xc3\xa4%"), kTimeout);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "a b&c=\xc3\xa4%\n");
}

TEST(Control, TakesNoCommandByGet) {
  Commanded service;
  const auto answer = ask_service(service.path, "GET", "/v1/act", kTimeout);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 405);
  EXPECT_EQ(service.acted, 0);
}

TEST(Control, IsOpenToItsUserAndRootAlone) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "needs root, to become another user";
  }
  Commanded service;
  const std::string request = "POST /v1/act HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";
  ASSERT_EQ(chmod(service.folder.path().c_str(), 0755), 0);
  EXPECT_EQ(answer_to_another_user(service.path, request), "refused") << "by the file's mode";
  // Should the mode be changed by somebody, the peer's credentials still decide.
  ASSERT_EQ(chmod(service.path.c_str(), 0666), 0);
  const std::string answer = answer_to_another_user(service.path, request);
  EXPECT_EQ(answer.rfind("HTTP/1.1 403 ", 0), 0U) << answer;
  EXPECT_EQ(service.acted, 0);
}

TEST(Control, SaysThatNobodyAnswers) {
  std::string path;
  {
    const Commanded service;
    path = service.path;
  }
  const auto answer = ask_service(path, "POST", "/v1/act", kTimeout);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(answer.error().message.rfind("no answer from a service at " + path, 0), 0U)
      << answer.error().message;
  EXPECT_TRUE(answer.error().message.ends_with(
      ": no service listens there; start it, such as by systemctl start misp-zeek"))
      << answer.error().message;
}

TEST(Control, TellsAnAnswerThatEndsInTheMiddle) {
  Commanded service;
  EXPECT_FALSE(ask_service(service.path, "GET", "/broken", kTimeout));
}

TEST(Control, TakesThePlaceOfASocketThatWasLeftBehindAndOfNothingElse) {
  const process::TemporaryFolder folder;
  const std::string path = folder.file("control.sock");
  const int left = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  ASSERT_EQ(bind(left, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  close(left);
  auto first = Server::start_control(path, healthy, {});
  ASSERT_TRUE(first) << first.error().message;
  const auto second = Server::start_control(path, healthy, {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message,
            "control.socket: cannot listen at " + path + ": another service answers there");
  EXPECT_EQ(ask_service(path, "GET", "/livez", kTimeout)->status, 200);
  first->reset();
  EXPECT_NE(access(path.c_str(), F_OK), 0) << "the socket is left behind";

  const std::string other = folder.write("file", "not ours");
  EXPECT_FALSE(Server::start_control(other, healthy, {}));
  EXPECT_EQ(access(other.c_str(), F_OK), 0);
  EXPECT_EQ(Server::start_control(std::string(200, 'x'), healthy, {}).error().code,
            ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace misp_zeek::http
