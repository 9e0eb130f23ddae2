// SPDX-License-Identifier: BSD-3-Clause
#include <CLI/CLI.hpp>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>

#include "demo/demo.h"

using misp_zeek::sim::Transport;

int main(int argc, char** argv) {
  CLI::App app("Shows MISP -> Zeek live on loopback.", "misp-zeek-demo");
  misp_zeek::demo::Settings settings;
  app.add_flag("--keep", settings.keep, "Leave everything running at the end, to play with");
  app.add_option("--zeek", settings.zeek,
                 "Program zeek; \"auto\" looks for one, \"none\" takes the stand-in");
  app.add_option("--transport", settings.transport, "broker or websocket")
      ->transform(CLI::Transformer(std::map<std::string, Transport>{
          {"broker", Transport::kBroker}, {"websocket", Transport::kWebSocket}}));
  CLI11_PARSE(app, argc, argv);
  try {
    misp_zeek::demo::Demo(settings).run();
  } catch (const std::exception& error) {
    std::cout << std::flush;
    std::cerr << "demo: " << error.what() << "\n";
    return 1;
  }
  return 0;
}
