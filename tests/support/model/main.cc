// SPDX-License-Identifier: BSD-3-Clause
// Runs random histories, or a scenario file:
//   misp-zeek-model FIRST COUNT          seeds FIRST to FIRST + COUNT - 1
//   misp-zeek-model [--trace] FILE...    scenario files
//   misp-zeek-model --print SEED         the history of a seed, as a file
// Ends with 1 when an invariant did not hold; the failing history is shrunk and printed.
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "model/history.h"
#include "model/shrink.h"
#include "model/world.h"

namespace misp_zeek::model {
namespace {

bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

std::uint32_t to_seed(const std::string& text) {
  return static_cast<std::uint32_t>(std::stoul(text));
}

int run_seeds(std::uint32_t first, std::uint32_t count) {
  std::uint32_t failed = 0;
  for (std::uint32_t seed = first; seed - first < count; ++seed) {
    const std::string problem = run_and_shrink(random_history(seed));
    if (!problem.empty()) {
      ++failed;
      std::cout << problem << std::endl;
    }
  }
  std::cout << "seeds " << first << " to " << first + count - 1 << ": " << failed << " failed"
            << std::endl;
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

bool run_file(const std::string& file, bool trace) {
  const auto scenario = load_scenario(file);
  if (!scenario) {
    std::cout << file << ": " << scenario.error().message << "\n";
    return false;
  }
  World world(*scenario);
  if (trace) {
    world.keep_trace();
  }
  const std::string problem = world.run();
  for (const auto& line : world.trace()) {
    std::cout << line << "\n";
  }
  std::cout << file << ": " << (problem.empty() ? "holds" : problem) << "\n";
  return problem.empty();
}

int main(std::vector<std::string> arguments) {
  const bool trace = !arguments.empty() && arguments.front() == "--trace";
  if (trace) {
    arguments.erase(arguments.begin());
  }
  if (arguments.size() == 2 && arguments[0] == "--print" && is_number(arguments[1])) {
    std::cout << random_history(to_seed(arguments[1])).str();
    return EXIT_SUCCESS;
  }
  if (arguments.size() == 2 && is_number(arguments[0]) && is_number(arguments[1])) {
    return run_seeds(to_seed(arguments[0]), to_seed(arguments[1]));
  }
  bool all = !arguments.empty();
  for (const auto& file : arguments) {
    all &= run_file(file, trace);
  }
  return all ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace misp_zeek::model

int main(int argc, char** argv) {
  return misp_zeek::model::main(std::vector<std::string>(argv + 1, argv + argc));
}
