// SPDX-License-Identifier: BSD-3-Clause
#include "process/command_line.h"

#include <CLI/CLI.hpp>

namespace misp_zeek::process {

struct CommandLine::State {
  explicit State(const std::string& description) : app(description) {}
  CLI::App app;
};

CommandLine::CommandLine(const std::string& description)
    : state_(std::make_unique<State>(description)) {}

CommandLine::~CommandLine() = default;

void CommandLine::flag(const std::string& name, bool& value, const std::string& help) {
  state_->app.add_flag(name, value, help);
}

void CommandLine::text(const std::string& name, std::string& value, const std::string& help) {
  state_->app.add_option(name, value, help);
}

void CommandLine::add_number(const std::string& name, std::int64_t least, std::int64_t most,
                             std::function<void(std::int64_t)> take, const std::string& help) {
  state_->app.add_option_function<std::int64_t>(name, take, help)->check(CLI::Range(least, most));
}

void CommandLine::add_choice(const std::string& name, std::vector<std::string> names,
                             std::function<void(const std::string&)> take,
                             const std::string& help) {
  state_->app.add_option_function<std::string>(name, take, help)
      ->check(CLI::IsMember(std::move(names)));
}

std::optional<int> CommandLine::parse(int argc, char** argv) {
  try {
    state_->app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return state_->app.exit(error) == 0 ? 0 : 2;
  }
  return std::nullopt;
}

}  // namespace misp_zeek::process
