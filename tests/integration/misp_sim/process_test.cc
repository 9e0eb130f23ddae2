// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

namespace misp_zeek::misp_sim {
namespace {

using std::chrono::milliseconds;

/// The executable as a child process; killed at the end if it still runs.
class Process {
 public:
  explicit Process(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), MISP_SIM_PROGRAM);
    std::vector<char*> argv;
    for (auto& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    if (posix_spawn(&pid_, MISP_SIM_PROGRAM, nullptr, nullptr, argv.data(), environ) != 0)
      pid_ = -1;
  }
  ~Process() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void terminate() const { kill(pid_, SIGTERM); }

  /// The exit code; -1: killed, or not within 10 s.
  int wait() {
    for (int i = 0; i < 1000; ++i) {
      int status = 0;
      if (waitpid(pid_, &status, WNOHANG) == pid_) {
        pid_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
      }
      std::this_thread::sleep_for(milliseconds(10));
    }
    return -1;
  }

 private:
  pid_t pid_ = -1;
};

TEST(MispSimProgram, TellsItsPortsWhenReadyAndEndsOnSigterm) {
  const auto file = std::filesystem::path(testing::TempDir()) /
                    ("misp-sim-ready-" + std::to_string(getpid()) + ".json");
  std::filesystem::remove(file);
  Process process({"--ready-file", file.string(), "--http", "127.0.0.1:0"});
  for (int i = 0; i < 1000 && !std::filesystem::exists(file); ++i) {
    std::this_thread::sleep_for(milliseconds(10));
  }
  std::ifstream input(file);
  const auto ready = nlohmann::json::parse(input, nullptr, false);
  ASSERT_TRUE(ready.is_object());
  EXPECT_GT(ready.at("http_port").get<int>(), 0);
  EXPECT_GT(ready.at("zmq_port").get<int>(), 0);
  process.terminate();
  EXPECT_EQ(process.wait(), 0);
  std::filesystem::remove(file);
}

TEST(MispSimProgram, RefusesWhatItCannotUse) {
  EXPECT_EQ(Process({"--http", "nonsense"}).wait(), 2);
  EXPECT_EQ(Process({"--zmq", "tcp://256.0.0.1:0"}).wait(), 1);
}

}  // namespace
}  // namespace misp_zeek::misp_sim
