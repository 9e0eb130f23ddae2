// SPDX-License-Identifier: BSD-3-Clause
#include <pthread.h>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "process/command_line.h"
#include "zeek_sim/zeek_sim.h"

namespace {

using misp_zeek::sim::Transport;

/// "HOST:PORT"; the host may be an IPv6 address in brackets.
bool parse_listen(const std::string& text, misp_zeek::sim::ZeekSimOptions& options) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) {
    return false;
  }
  options.address = text.substr(0, colon);
  if (options.address.front() == '[' && options.address.back() == ']') {
    options.address = options.address.substr(1, options.address.size() - 2);
  }
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, options.port);
  return error == std::errc() && stop == end;
}

/// Written under another name first: who waits for the file never reads half of it.
bool write_ready_file(const std::string& path, std::uint16_t port) {
  const std::string unfinished = path + ".tmp";
  std::ofstream file(unfinished);
  file << nlohmann::json{{"port", port}}.dump() << "\n";
  file.close();
  std::error_code error;
  if (file) {
    std::filesystem::rename(unfinished, path, error);
  }
  return file && !error;
}

}  // namespace

int main(int argc, char** argv) {
  misp_zeek::process::CommandLine line(
      "A stand-in for a Zeek with the MISP package. No Zeek: for tests and demonstrations");
  std::string listen;
  std::string ready_file;
  misp_zeek::sim::ZeekSimOptions options;
  line.text("--listen", listen,
            "HOST:PORT, by default 127.0.0.1 and 25760 or 25761; port 0 takes a free one");
  line.choice("--transport", options.transport,
              std::map<std::string, Transport>{{"broker", Transport::kBroker},
                                               {"websocket", Transport::kWebSocket}},
              "broker or websocket");
  line.text("--ready-file", ready_file, "Gets {\"port\": N} when the stand-in listens");
  line.flag("--disable-tls", options.disable_tls,
            "Broker without TLS; the WebSocket server never has it");
  line.text("--package-version", options.package.package_version, "Shown to the service");
  line.text("--node", options.package.node, "Shown to the service");
  if (const auto status = line.parse(argc, argv)) {
    return *status;
  }
  const bool is_broker = options.transport == Transport::kBroker;
  if (listen.empty()) {
    listen = is_broker ? "127.0.0.1:25760" : "127.0.0.1:25761";
  }
  options.disable_tls = options.disable_tls || !is_broker;
  if (!parse_listen(listen, options)) {
    std::cerr << "zeek-sim: --listen wants HOST:PORT, got " << listen << "\n";
    return 2;
  }

  // Before any thread is started, so that only sigwait() below gets them.
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGTERM);
  sigaddset(&ending, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ending, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  const auto sim = misp_zeek::sim::ZeekSim::start(options);
  if (!sim) {
    std::cerr << "zeek-sim: " << sim.error().message << "\n";
    return 1;
  }
  std::cerr << "zeek-sim: this is a stand-in, no Zeek; it speaks "
            << (is_broker ? "Broker " + misp_zeek::zeek::broker_version() : "WebSocket") << " on "
            << options.address << ":" << (*sim)->port() << std::endl;
  if (!ready_file.empty() && !write_ready_file(ready_file, (*sim)->port())) {
    std::cerr << "zeek-sim: cannot write " << ready_file << "\n";
    return 1;
  }
  int signal = 0;
  sigwait(&ending, &signal);
  return 0;
}
