// SPDX-License-Identifier: BSD-3-Clause
#include <chrono>
#include <exception>
#include <iostream>

#include "process/command_line.h"
#include "soak/soak.h"
#include "stack/stack.h"

namespace {

int run(int argc, char** argv) {
  namespace soak = misp_zeek::soak;
  misp_zeek::process::CommandLine line(
      "Runs simulated MISP, service and Zeek through random histories with faults, and compares "
      "Zeek's own store with MISP after each.");
  soak::Options options;
  std::string zeek = "auto";
  int minutes = 0;
  line.number("--minutes", minutes, 0, 10'000, "Run at least so long");
  line.number("--histories", options.histories, 0, 1'000'000, "Run at least so many histories");
  line.number("--seed", options.seed, 0, 0xffffffff, "Of all that is random");
  line.flag("--verbose", options.verbose, "Show each history and its faults");
  line.text("--zeek", zeek, "Program zeek; 'auto' looks for one, 'none' takes the stand-in");
  if (const auto status = line.parse(argc, argv)) {
    return *status;
  }
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
