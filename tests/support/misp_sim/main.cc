// SPDX-License-Identifier: BSD-3-Clause
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

#include "misp_sim.h"

namespace {

using misp_zeek::misp_sim::MispSim;

/// "127.0.0.1:8080" into its parts.
void split_address(const std::string& address, MispSim::Options& options) {
  const auto colon = address.rfind(':');
  if (colon == std::string::npos) throw CLI::ValidationError("--http", "is HOST:PORT");
  options.http_host = address.substr(0, colon);
  try {
    options.http_port = std::stoi(address.substr(colon + 1));
  } catch (const std::exception&) {
    throw CLI::ValidationError("--http", "is HOST:PORT");
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

struct CommandLine {
  MispSim::Options options;
  std::string address = "127.0.0.1:0";
  std::string ready_file;
  std::int64_t heartbeat_ms = 10'000;
  std::int64_t bind_grace_ms = 1'000;
  bool empty = false;
};

void add_options(CLI::App& app, CommandLine& line) {
  auto& options = line.options;
  app.add_option("--http", line.address, "HOST:PORT of the REST API; port 0 takes a free one");
  app.add_option("--zmq", options.zmq_endpoint, "endpoint of the feed");
  app.add_option("--key", options.key, "API key");
  app.add_option("--seed-file", options.seed_file, "events to start with")
      ->check(CLI::ExistingFile);
  app.add_option("--journal", options.journal_file, "file that keeps the data over a kill");
  app.add_flag("--empty", line.empty, "start without events");
  app.add_option("--ready-file", line.ready_file, "JSON with the ports, written when ready");
  app.add_option("--username", options.username, "of the feed");
  app.add_option("--password", options.password, "of the feed");
  app.add_option("--heartbeat-ms", line.heartbeat_ms, "of the idle feed")
      ->check(CLI::PositiveNumber);
  app.add_option("--bind-grace-ms", line.bind_grace_ms, "of a restarted publisher")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--zmq-send-limit", options.zmq_send_limit,
                 "frames queued for a slow subscriber before loss; 0: no limit, MISP has 1000")
      ->check(CLI::NonNegativeNumber);
  app.add_flag("--sanitise", options.sanitise, "overwrite soft-deleted attributes");
  app.add_flag("--native-ints", options.native_ints, "numbers as JSON numbers");
}

int run(CommandLine& line, const sigset_t& signals) {
  split_address(line.address, line.options);
  line.options.heartbeat = std::chrono::milliseconds(line.heartbeat_ms);
  line.options.bind_grace = std::chrono::milliseconds(line.bind_grace_ms);
  if (line.empty) line.options.seed_file.clear();
  const MispSim sim(line.options);
  std::cout << "misp-sim: REST " << sim.url() << ", feed " << sim.zmq_endpoint() << std::endl;
  if (!line.ready_file.empty()) write_ready_file(line.ready_file, sim);
  int signal = 0;
  sigwait(&signals, &signal);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const auto signals = block_signals();
  CLI::App app("A MISP to test against: REST API, ZeroMQ feed, control API under /sim/");
  try {
    CommandLine line;
    line.options.seed_file = misp_zeek::misp_sim::default_seed_file();
    add_options(app, line);
    app.parse(argc, argv);
    return run(line, signals);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "misp-sim: %s\n", error.what());
    return 1;
  }
}
