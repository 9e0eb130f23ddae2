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

#include "misp_sim/misp_sim.h"

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

TEST(MispSimJournal, KeepsTheDataOverAnEndAtAnyMoment) {
  const auto file =
      std::filesystem::path(testing::TempDir()) / ("misp-sim-journal-" + std::to_string(getpid()));
  std::filesystem::remove(file);
  MispSim::Options options;
  options.seed_file = default_seed_file();
  options.journal_file = file.string();
  const auto data = [](MispSim& sim) {
    return sim.request("GET", "/sim/expected").body + sim.request("GET", "/sightings/index/1").body;
  };
  std::string before;
  MispSim::Attribute attribute;
  {
    MispSim sim(options);
    sim.set_clock(1'700'000'000);
    attribute = sim.add_attribute(1, "domain", "\xc3\xa4.example");
    sim.load(2, 20);
    sim.edit_to_ids(attribute.uuid, false);
    sim.attach_tag(attribute.uuid, "tlp:red");
    sim.request("POST", "/sightings/add/" + attribute.uuid, R"({"type":"0","source":"a"})");
    before = data(sim);
  }
  ASSERT_NE(before.find(attribute.uuid), std::string::npos);
  std::ofstream(file, std::ios::app) << R"({"at":1700000000,"method":"PO)";
  {
    MispSim sim(options);
    EXPECT_EQ(data(sim), before);
    EXPECT_EQ(sim.frame_count("misp_json_attribute"), 0U) << "nothing is said twice";
    sim.soft_delete(attribute.uuid);
    before = data(sim);
  }
  MispSim sim(options);
  EXPECT_EQ(data(sim), before);
  std::filesystem::remove(file);
}

TEST(MispSimProgram, RefusesWhatItCannotUse) {
  EXPECT_EQ(Process({"--http", "nonsense"}).wait(), 2);
  EXPECT_EQ(Process({"--zmq", "tcp://256.0.0.1:0"}).wait(), 1);
}

}  // namespace
}  // namespace misp_zeek::misp_sim
