// SPDX-License-Identifier: BSD-3-Clause
#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

#include "misp_sim.h"
#include "process/command_line.h"

namespace {

using misp_zeek::misp_sim::MispSim;
using misp_zeek::process::CommandLine;

/// "127.0.0.1:8080" into its parts.
void split_address(const std::string& address, MispSim::Options& options) {
  const auto colon = address.rfind(':');
  if (colon == std::string::npos) throw std::invalid_argument("--http is HOST:PORT");
  options.http_host = address.substr(0, colon);
  try {
    options.http_port = std::stoi(address.substr(colon + 1));
  } catch (const std::exception&) {
    throw std::invalid_argument("--http is HOST:PORT");
  }
}

/// Written beside and renamed, so that a reader never sees half of it.
void write_ready_file(const std::string& path, const MispSim& sim) {
  const std::string temporary = path + ".tmp";
  std::ofstream file(temporary, std::ios::trunc);
  file << R"({"http_port":)" << sim.http_port() << R"(,"zmq_port":)" << sim.zmq_port() << "}\n";
  file.close();
  if (!file) throw std::runtime_error("cannot write " + temporary);
  std::filesystem::rename(temporary, path);
}

/// Blocked before any thread starts, so that only sigwait sees them.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

struct Settings {
  MispSim::Options options;
  std::string address = "127.0.0.1:0";
  std::string ready_file;
  std::int64_t heartbeat_ms = 10'000;
  std::int64_t bind_grace_ms = 1'000;
  bool empty = false;
};

void add_options(CommandLine& line, Settings& settings) {
  auto& options = settings.options;
  line.text("--http", settings.address, "HOST:PORT of the REST API; port 0 takes a free one");
  line.text("--zmq", options.zmq_endpoint, "endpoint of the feed");
  line.text("--key", options.key, "API key");
  line.text("--seed-file", options.seed_file, "events to start with");
  line.text("--journal", options.journal_file, "file that keeps the data over a kill");
  line.flag("--empty", settings.empty, "start without events");
  line.text("--ready-file", settings.ready_file, "JSON with the ports, written when ready");
  line.text("--username", options.username, "of the feed");
  line.text("--password", options.password, "of the feed");
  line.number("--heartbeat-ms", settings.heartbeat_ms, 1, 1'000'000'000, "of the idle feed");
  line.number("--bind-grace-ms", settings.bind_grace_ms, 0, 1'000'000'000,
              "of a restarted publisher");
  line.number("--zmq-send-limit", options.zmq_send_limit, 0, 1'000'000'000,
              "frames queued for a slow subscriber before loss; 0: no limit, MISP has 1000");
  line.flag("--sanitise", options.sanitise, "overwrite soft-deleted attributes");
  line.flag("--native-ints", options.native_ints, "numbers as JSON numbers");
}

int run(Settings& settings, const sigset_t& signals) {
  split_address(settings.address, settings.options);
  settings.options.heartbeat = std::chrono::milliseconds(settings.heartbeat_ms);
  settings.options.bind_grace = std::chrono::milliseconds(settings.bind_grace_ms);
  if (settings.empty) settings.options.seed_file.clear();
  const MispSim sim(settings.options);
  std::cout << "misp-sim: REST " << sim.url() << ", feed " << sim.zmq_endpoint() << std::endl;
  if (!settings.ready_file.empty()) write_ready_file(settings.ready_file, sim);
  int signal = 0;
  sigwait(&signals, &signal);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const auto signals = block_signals();
  CommandLine line("A MISP to test against: REST API, ZeroMQ feed, control API under /sim/");
  try {
    Settings settings;
    settings.options.seed_file = misp_zeek::misp_sim::default_seed_file();
    add_options(line, settings);
    if (const auto status = line.parse(argc, argv)) {
      return *status;
    }
    return run(settings, signals);
  } catch (const std::invalid_argument& error) {
    std::fprintf(stderr, "misp-sim: %s\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "misp-sim: %s\n", error.what());
    return 1;
  }
}
