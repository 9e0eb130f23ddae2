// SPDX-License-Identifier: BSD-3-Clause
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>

#include "demo/demo.h"
#include "process/command_line.h"

using misp_zeek::sim::Transport;

int main(int argc, char** argv) {
  misp_zeek::process::CommandLine line("Shows MISP -> Zeek live on loopback.");
  misp_zeek::demo::Settings settings;
  line.flag("--keep", settings.keep, "Leave everything running at the end, to play with");
  line.text("--zeek", settings.zeek,
            "Program zeek; \"auto\" looks for one, \"none\" takes the stand-in");
  line.choice("--transport", settings.transport,
              std::map<std::string, Transport>{{"broker", Transport::kBroker},
                                               {"websocket", Transport::kWebSocket}},
              "broker or websocket");
  if (const auto status = line.parse(argc, argv)) {
    return *status;
  }
  try {
    misp_zeek::demo::Demo(settings).run();
  } catch (const std::exception& error) {
    std::cout << std::flush;
    std::cerr << "demo: " << error.what() << "\n";
    return 1;
  }
  return 0;
}
