// SPDX-License-Identifier: BSD-3-Clause
#include "app/cli/usage_error.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "app/config/syntax.h"

namespace misp_zeek::app {
namespace {

using Words = std::vector<std::string>;

bool is_option(const std::string& word) { return word.starts_with('-'); }

Words commands_of(const CLI::App& app) {
  Words names;
  for (const auto* command :
       app.get_subcommands([](const CLI::App* one) { return !one->get_group().empty(); })) {
    names.push_back(command->get_name());
  }
  return names;
}

Words options_of(const CLI::App& app) {
  Words names;
  for (const auto* option : app.get_options()) {
    for (const auto& name : option->get_lnames()) {
      names.push_back("--" + name);
    }
  }
  return names;
}

std::string in_quotes(const std::string& word) { return "\"" + word + "\""; }

std::string bad_command(const CLI::App& app, const Words& arguments) {
  const Words commands = commands_of(app);
  const std::string list = "commands: " + join(commands, ", ");
  if (arguments.empty()) {
    return "a command is missing; " + list;
  }
  const std::string& first = arguments.front();
  if (!is_option(first)) {
    return in_quotes(first) + " is no command" + suggestion(first, commands) + "; " + list;
  }
  const auto command =
      std::find_first_of(arguments.begin(), arguments.end(), commands.begin(), commands.end());
  if (command != arguments.end()) {
    return in_quotes(first) + " stands before the command: options follow it, as in misp-zeek " +
           *command + " " + first;
  }
  return in_quotes(first) + " is unknown" + suggestion(first, options_of(app)) + "; " + list;
}

/// The argument that `command` does not know; an option rather than what may be its value.
std::string unexpected_word(const CLI::App& command, const Words& arguments) {
  const Words left = command.remaining();
  const auto is_left = [&](const std::string& word) {
    return std::find(left.begin(), left.end(), word) != left.end();
  };
  auto it = std::find_if(arguments.begin(), arguments.end(),
                         [&](const std::string& word) { return is_option(word) && is_left(word); });
  if (it == arguments.end()) {
    it = std::find_if(arguments.begin(), arguments.end(), is_left);
  }
  return it == arguments.end() ? "" : *it;
}

std::string bad_argument(const CLI::App& command, const std::string& word) {
  const Words options = options_of(command);
  if (is_option(word)) {
    return in_quotes(word) + " is no option of it" +
           suggestion(word.substr(0, word.find('=')), options) +
           "; options: " + join(options, ", ");
  }
  const bool takes_file = std::find(options.begin(), options.end(), "--config") != options.end();
  if (takes_file && (word.ends_with(".toml") || word.find('/') != std::string::npos)) {
    return in_quotes(word) + " has no option before it: a configuration is given by -c " + word;
  }
  return in_quotes(word) + " is one argument too many" + suggestion("--" + word, options) +
         "; options: " + join(options, ", ");
}

}  // namespace

std::string usage_error(const CLI::App& app, const std::vector<std::string>& arguments,
                        const CLI::Error& error) {
  const auto parsed = app.get_subcommands();
  const bool names_command = !parsed.empty() && arguments.front() == parsed.front()->get_name();
  if (!names_command) {
    return "misp-zeek: " + bad_command(app, arguments) + "\n'misp-zeek --help' explains all\n";
  }
  const CLI::App& command = *parsed.front();
  const std::string word = unexpected_word(command, arguments);
  const std::string name = "misp-zeek " + command.get_name();
  return name + ": " + (word.empty() ? error.what() : bad_argument(command, word)) + "\n'" + name +
         " --help' explains all\n";
}

CLI::Validator one_of(const std::vector<std::string>& words) {
  return {[words](std::string& word) {
            return std::find(words.begin(), words.end(), word) != words.end()
                       ? std::string()
                       : in_quotes(word) + " is unknown" + suggestion(word, words) +
                             "; allowed: " + join(words, ", ");
          },
          "{" + join(words, ",") + "}"};
}

CLI::Validator event_id() {
  return {[](std::string& word) {
            return check_event_id(word, false) ? in_quotes(word) + " is not an event id" : "";
          },
          ""};
}

}  // namespace misp_zeek::app
