// SPDX-License-Identifier: BSD-3-Clause
// The built program as a user calls it.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <cstdio>
#include <stdexcept>
#include <string>

namespace misp_zeek::app {
namespace {

constexpr const char* kKey = "MISP_ZEEK_MISP_API_KEY=not-a-real-key ";
constexpr const char* kFlags =
    " --misp-url http://127.0.0.1:1 --feed tcp://127.0.0.1:1 --zeek 127.0.0.1:1 --set "
    "zeek.transport=broker";

struct Outcome {
  int status = -1;
  std::string output;  ///< standard output and error
};

/// The program with arguments of the shell, and assignments before it. At most 20 s.
Outcome call(const std::string& arguments, const std::string& assignments = "") {
  const std::string command = "env -i " + assignments + "timeout 20 '" +
                              std::string(MISP_ZEEK_PROGRAM) + "' " + arguments + " 2>&1";
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) {
    throw std::runtime_error("cannot start a shell");
  }
  Outcome outcome;
  std::array<char, 4096> buffer{};
  while (const std::size_t size = fread(buffer.data(), 1, buffer.size(), pipe)) {
    outcome.output.append(buffer.data(), size);
  }
  const int status = pclose(pipe);
  outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return outcome;
}

TEST(Program, ShowsTheVersionsOfWhatItTalksWith) {
  const Outcome outcome = call("version");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.output.rfind("misp-zeek " MISP_ZEEK_TEST_VERSION "\n", 0), 0U)
      << outcome.output;
  for (const auto* library : {"\nbroker ", "\nlibzmq ", "\nlibcurl "}) {
    const auto at = outcome.output.find(library);
    ASSERT_NE(at, std::string::npos) << outcome.output;
    EXPECT_TRUE(std::isdigit(outcome.output.at(at + std::string(library).size())));
  }
}

TEST(Program, AcceptsTheSampleWithAKeyFromTheEnvironment) {
  const Outcome outcome = call("check -c '" + std::string(MISP_ZEEK_SAMPLE) + "'", kKey);
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_NE(outcome.output.find("configuration is valid\n"), std::string::npos) << outcome.output;
  EXPECT_EQ(outcome.output.find("not-a-real-key"), std::string::npos);
}

TEST(Program, EndsWithStatus2ForAWrongConfiguration) {
  for (const auto* verb : {"check", "run"}) {
    const Outcome outcome = call(std::string(verb) + kFlags + " --set log.levl=x", kKey);
    EXPECT_EQ(outcome.status, 2) << outcome.output;
    EXPECT_EQ(outcome.output.rfind("--set log.levl: key \"log.levl\": is unknown", 0), 0U)
        << outcome.output;
  }
}

TEST(Program, EndsWithStatus2ForWrongUsage) {
  EXPECT_EQ(call("").status, 2);
  EXPECT_EQ(call("fly").status, 2);
  EXPECT_EQ(call("run -c").status, 2);
}

TEST(Program, EndsWithStatus1WhenItCannotStart) {
  // 192.0.2.1 is reserved for documentation, so it is no address of this machine.
  const Outcome outcome = call(std::string("run") + kFlags + " --http 192.0.2.1:9180", kKey);
  EXPECT_EQ(outcome.status, 1) << outcome.output;
  EXPECT_NE(outcome.output.find("cannot listen at 192.0.2.1:9180: Cannot assign requested address"),
            std::string::npos)
      << outcome.output;
  EXPECT_EQ(outcome.output.find("not-a-real-key"), std::string::npos);
}

TEST(Program, SaysWhatACommandNeedsWhenNoServiceCanBeFound) {
  const Outcome outcome =
      call(std::string("reconcile") + kFlags + " --set state.path=/nowhere", kKey);
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(
      outcome.output.rfind("misp-zeek: no service runs: /nowhere/control.sock: No such file", 0),
      0U)
      << outcome.output;
}

TEST(Program, EndsWithStatus1WhenItsStateCannotBeKept) {
  const Outcome outcome =
      call(std::string("run") + kFlags + " --set state.path=/dev/null/state", kKey);
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.output.find("state.path: cannot use /dev/null/state: Not a directory"),
            std::string::npos)
      << outcome.output;
}

/// A port of 127.0.0.1 that this process has.
class TakenPort {
 public:
  TakenPort() : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in place{};
    place.sin_family = AF_INET;
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof place;
    auto* address = reinterpret_cast<sockaddr*>(&place);
    if (bind(socket_, address, size) != 0 || listen(socket_, 1) != 0 ||
        getsockname(socket_, address, &size) != 0) {
      throw std::runtime_error("no port");
    }
    port_ = std::to_string(ntohs(place.sin_port));
  }
  ~TakenPort() { close(socket_); }
  TakenPort(const TakenPort&) = delete;
  TakenPort& operator=(const TakenPort&) = delete;
  const std::string& port() const { return port_; }

 private:
  int socket_;
  std::string port_;
};

TEST(Program, CheckNamesAPlaceThatAServiceCouldNotUse) {
  const TakenPort taken;
  const auto check = [](const std::string& more) {
    return call(std::string("check") + kFlags + " --set http.listen= " + more, kKey);
  };
  const Outcome http = check("--http 127.0.0.1:" + taken.port());
  EXPECT_EQ(http.status, 2);
  EXPECT_NE(http.output.find("--http: key \"http.listen\": cannot listen at 127.0.0.1:" +
                             taken.port() + ": Address already in use; allowed: an address of"),
            std::string::npos)
      << http.output;
  const Outcome zeek =
      check("--set zeek.listen=true --set zeek.allow_unauthenticated=true --zeek 127.0.0.1:" +
            taken.port());
  EXPECT_EQ(zeek.status, 2);
  EXPECT_NE(zeek.output.find("key \"zeek.port\": cannot listen at 127.0.0.1:" + taken.port()),
            std::string::npos)
      << zeek.output;
  const Outcome state = check("--set state.path=/dev/null/state");
  EXPECT_EQ(state.status, 2);
  EXPECT_EQ(
      state.output.rfind("--set state.path: key \"state.path\": cannot use /dev/null/state: ", 0),
      0U)
      << state.output;
  const Outcome socket = check("--set control.socket=/nowhere/x.sock");
  EXPECT_EQ(socket.status, 2);
  EXPECT_NE(socket.output.find("key \"control.socket\": cannot listen at /nowhere/x.sock: /nowhere "
                               "is no folder; allowed: "),
            std::string::npos)
      << socket.output;
  EXPECT_EQ(check("").status, 0);
}

TEST(Program, LogsJsonWhenAsked) {
  const Outcome outcome =
      call(std::string("run") + kFlags + " --http 192.0.2.1:9180 --set log.format=json", kKey);
  EXPECT_EQ(outcome.output.rfind("{\"ts\":\"", 0), 0U) << outcome.output;
  EXPECT_NE(outcome.output.find("\"level\":\"error\""), std::string::npos) << outcome.output;
}

}  // namespace
}  // namespace misp_zeek::app
