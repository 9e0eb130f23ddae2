// SPDX-License-Identifier: BSD-3-Clause
#include <CLI/CLI.hpp>
#include <chrono>
#include <exception>
#include <iostream>

#include "soak/soak.h"
#include "stack/stack.h"

namespace {

int run(int argc, char** argv) {
  namespace soak = misp_zeek::soak;
  CLI::App app(
      "Runs simulated MISP, service and Zeek through random histories with faults, and compares "
      "Zeek's own store with MISP after each.",
      "misp-zeek-soak");
  soak::Options options;
  std::string zeek = "auto";
  int minutes = 0;
  app.add_option("--minutes", minutes, "Run at least so long")->check(CLI::Range(0, 10'000));
  app.add_option("--histories", options.histories, "Run at least so many histories");
  app.add_option("--seed", options.seed, "Of all that is random");
  app.add_flag("--verbose", options.verbose, "Show each history and its faults");
  app.add_option("--zeek", zeek, "Program zeek; 'auto' looks for one, 'none' takes the stand-in");
  CLI11_PARSE(app, argc, argv);
  if (minutes == 0 && options.histories == 0) {
    options.histories = 10;
  }
  options.minutes = std::chrono::minutes(minutes);
  options.zeek = misp_zeek::stack::find_zeek(zeek);
  std::cout << "Zeek: " << (options.zeek.empty() ? "stand-in zeek-sim" : options.zeek) << ", seed "
            << options.seed << std::endl;
  std::cout << soak::describe(soak::Soak(options).run());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::cout << std::flush;
    std::cerr << "soak: " << error.what() << "\n";
    return 1;
  }
}
