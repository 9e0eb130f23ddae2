// SPDX-License-Identifier: BSD-3-Clause
#include "zeek_sim_process.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

namespace misp_zeek {

ZeekSimProcess::ZeekSimProcess(const std::filesystem::path& folder, std::uint16_t port,
                               sim::Transport transport) {
  const std::string ready = folder / "ready.json";
  std::filesystem::remove(ready);
  std::string program = MISP_ZEEK_ZEEK_SIM;
  std::string listen = "--listen=127.0.0.1:" + std::to_string(port);
  std::string ready_option = "--ready-file=" + ready;
  std::string transport_option =
      std::string("--transport=") + (transport == sim::Transport::kBroker ? "broker" : "websocket");
  std::array<char*, 5> arguments = {program.data(), listen.data(), ready_option.data(),
                                    transport_option.data(), nullptr};
  if (posix_spawn(&pid_, program.c_str(), nullptr, nullptr, arguments.data(), environ) != 0) {
    pid_ = -1;
    return;
  }
  for (int i = 0; i < 1'000 && !std::filesystem::exists(ready); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  std::ifstream file(ready);
  const auto json = nlohmann::json::parse(file, nullptr, false);
  if (json.is_object()) {
    port_ = json.value("port", std::uint16_t{0});
  }
}

ZeekSimProcess::~ZeekSimProcess() { end(SIGKILL); }

int ZeekSimProcess::end(int signal) {
  if (pid_ < 0) {
    return -1;
  }
  int status = 0;
  ::kill(pid_, signal);
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace misp_zeek
