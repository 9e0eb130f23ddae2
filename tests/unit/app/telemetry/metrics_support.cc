// SPDX-License-Identifier: BSD-3-Clause
#include "telemetry/metrics_support.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace misp_zeek::app {
namespace {

/// Names of the labels of a sample "NAME{a="x",b="y"} 1", without a histogram's `le`.
std::string labels_of(const std::string& sample) {
  std::string names;
  const auto open = sample.find('{');
  if (open == std::string::npos) {
    return names;
  }
  std::istringstream parts(sample.substr(open + 1, sample.rfind('}') - open - 1));
  std::string part;
  while (std::getline(parts, part, ',')) {
    const std::string name = part.substr(0, part.find('='));
    if (name != "le") {
      names += (names.empty() ? "" : ",") + name;
    }
  }
  return names;
}

}  // namespace

std::vector<std::string> describe_metrics(const std::string& text) {
  std::vector<std::string> described;
  std::istringstream lines(text);
  std::string line;
  bool complete = true;
  while (std::getline(lines, line)) {
    constexpr const char* kType = "# TYPE ";
    if (line.rfind(kType, 0) == 0) {
      described.push_back(line.substr(std::string(kType).size()));
      complete = false;
    } else if (line.front() != '#' && !complete) {
      const std::string labels = labels_of(line);
      described.back() += labels.empty() ? "" : " " + labels;
      complete = true;
    }
  }
  return described;
}

PromtoolResult run_promtool(const std::string& arguments, const std::string& input) {
  if (std::system("command -v promtool >/dev/null 2>&1") != 0) {
    return {};
  }
  const auto file =
      std::filesystem::temp_directory_path() / ("misp-zeek-promtool-" + std::to_string(getpid()));
  std::ofstream(file) << input;
  PromtoolResult result;
  FILE* pipe = popen(("promtool " + arguments + " <'" + file.string() + "' 2>&1").c_str(), "r");
  std::array<char, 4096> buffer{};
  while (const std::size_t size =
             pipe == nullptr ? 0 : fread(buffer.data(), 1, buffer.size(), pipe)) {
    result.output.append(buffer.data(), size);
  }
  const int status = pipe == nullptr ? 0 : pclose(pipe);
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
  std::filesystem::remove(file);
  return result;
}

}  // namespace misp_zeek::app
