// SPDX-License-Identifier: BSD-3-Clause
// Measures what a flood of matches of one indicator does to a real Zeek's main loop, to MISP and to
// the service: nothing seen at all, matches that are not reported, with the default cap, without
// one. Absolute figures of a busy machine say little, so all four are of one run.
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "process/command_line.h"
#include "stack/flood.h"

namespace {

using misp_zeek::stack::Flood;
using nlohmann::json;

struct Settings {
  int seconds = 60;
  std::string zeek = "auto";
};

struct Mode {
  std::string name;
  std::vector<std::string> arguments;  ///< of Zeek
  bool matches = true;
};

const std::vector<Mode> kModes = {{"no matches", {}, false},
                                  {"not reported", {"MISP::report_sightings=F"}, true},
                                  {"default cap", {}, true},
                                  {"no cap", {"MISP::max_item_sightings=0"}, true}};

/// Seconds of processor time that the process has used.
double processor_time(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text(std::istreambuf_iterator<char>(file), {});
  std::istringstream fields(text.substr(text.rfind(')') + 2));  // the name may have blanks
  const std::vector<std::string> words(std::istream_iterator<std::string>(fields), {});
  return static_cast<double>(std::stoll(words.at(11)) + std::stoll(words.at(12))) /
         static_cast<double>(sysconf(_SC_CLK_TCK));
}

void measure(const Settings& settings, const Mode& mode) {
  const int matches = mode.matches ? 1000 * settings.seconds : 0;
  const std::string program = misp_zeek::stack::find_zeek(settings.zeek);
  if (program.empty()) {
    throw std::runtime_error("no Zeek that this build's Broker speaks to");
  }
  Flood flood({.zeek = program,
               .zeek_arguments = mode.arguments,
               .matches = matches,
               .seconds = settings.seconds});
  auto& stack = flood.stack();
  const double zeek = processor_time(stack.zeek().pid());
  const double service = processor_time(stack.service().pid());
  const double memory = stack.service().memory();
  stack.stop_service();
  const json result = flood.result();
  const json requests = stack.get("/sim/stats").at("requests");
  std::printf("%-13s %7d %8.1f %7.2f %7.2f %7.2f %8d %8.2f %9.2f %8.1f %9d\n", mode.name.c_str(),
              result.at("matches").get<int>(), result.at("seconds").get<double>(),
              result.at("lag_p50").get<double>(), result.at("lag_p99").get<double>(),
              result.at("lag_max").get<double>(), result.at("dropped").get<int>(), zeek, service,
              memory, requests.value("sightings/add", 0));
  std::fflush(stdout);
  stack.keep_files(false);
}

}  // namespace

int main(int argc, char** argv) {
  misp_zeek::process::CommandLine line(
      "Measures a flood of 1,000 matches a second of one indicator on loopback.");
  Settings settings;
  line.number("--seconds", settings.seconds, 1, 600, "Of each of the four floods");
  line.text("--zeek", settings.zeek, "Program zeek; \"auto\" looks for one");
  if (const auto status = line.parse(argc, argv)) {
    return *status;
  }
  try {
    std::printf(
        "lag: ms that a round due each 5 ms was late in Zeek's main loop; CPU: s since the start\n"
        "%-13s %7s %8s %7s %7s %7s %8s %8s %9s %8s %9s\n",
        "", "matches", "seconds", "lag p50", "lag p99", "lag max", "dropped", "Zeek CPU",
        "serv. CPU", "serv MiB", "MISP adds");
    for (const auto& mode : kModes) {
      measure(settings, mode);
    }
  } catch (const std::exception& error) {
    std::cout << std::flush;
    std::cerr << "bench-sightings: " << error.what() << "\n";
    return 1;
  }
  return 0;
}
