// SPDX-License-Identifier: BSD-3-Clause
#include "app/cli/man_page.h"

#include <CLI/CLI.hpp>
#include <string_view>
#include <vector>

#include "app/cli/cli.h"
#include "app/config/keys.h"
#include "app/config/values.h"
#include "app/process/version.h"

namespace misp_zeek::app {
namespace {

constexpr std::string_view kDescription =
    "It reads MISP over REST, follows its ZeroMQ feed, and inserts, updates and removes indicators "
    "in "
    "the\n"
    "Intel framework of each Zeek. Matches in Zeek return to MISP as sightings.\n"
    "The pages in /usr/share/doc/misp-zeek/docs describe it, and misp-zeek.toml(5) every key.\n";

constexpr std::string_view kPlaces =
    ".SH FILES\n"
    ".TP\n.I /etc/misp-zeek/misp-zeek.toml\n"
    "Configuration of the Debian package's service, with every key, its default, unit and "
    "meaning.\n"
    ".TP\n.I /var/lib/misp-zeek\n"
    "Its durable state, and the token of readers that it makes when http.token_file is not set.\n"
    ".TP\n.I /run/misp-zeek/control.sock\n"
    "The socket by which root and the service's user control it.\n"
    ".SH ENVIRONMENT\n"
    "Every key of the file, as MISP_ZEEK_ and the key in capitals with underscores for points. "
    "The\n"
    "secrets themselves, in place of files: MISP_ZEEK_MISP_API_KEY, MISP_ZEEK_MISP_FEED_PASSWORD "
    "and\n"
    "MISP_ZEEK_HTTP_TOKEN.\n"
    ".SH SIGNALS\n"
    ".TP\nSIGTERM, SIGINT\nEnd in order; a second one ends at once.\n"
    ".TP\nSIGHUP\n"
    "Take up filter, mapping, log and misp.feed.visibility from the configuration, and log what "
    "has\n"
    "changed, or needs a restart.\n";

/// Those of --help, in its order.
std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* command) { return !command->get_group().empty(); });
}

std::vector<const CLI::Option*> options_of(const CLI::App& app) {
  return app.get_options([](const CLI::Option* option) { return option->nonpositional(); });
}

/// "-c", "--config".
std::vector<std::string> names_of(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const auto& name : option.get_snames()) {
    names.push_back("-" + name);
  }
  for (const auto& name : option.get_lnames()) {
    names.push_back("--" + name);
  }
  return names;
}

bool takes_value(const CLI::Option& option) { return option.get_items_expected_max() > 0; }

/// The words that a value can be; empty: any.
std::vector<std::string> choices_of(const CLI::Option& option) {
  if (option.get_lnames() == std::vector<std::string>{"log-level"}) {
    return {"trace", "debug", "info", "warn", "error"};
  }
  const std::string type = option.get_type_name();
  const auto begin = type.find('{');
  const auto end = type.find('}');
  return end == std::string::npos
             ? std::vector<std::string>()
             : CLI::detail::split(type.substr(begin + 1, end - begin - 1), ',');
}

std::string man_options(const CLI::App& app) {
  std::string out;
  for (const auto* option : options_of(app)) {
    out += ".TP\n\\fB" + roff(join(names_of(*option), ", ")) + "\\fR";
    if (takes_value(*option)) {
      const auto choices = choices_of(*option);
      out +=
          " \\fI" + roff(choices.empty() ? option->get_type_name() : join(choices, "|")) + "\\fR";
    }
    out += "\n" + roff(option->get_description()) + "\n";
  }
  return out;
}

std::string usage_of(const CLI::App& command) {
  std::string usage = "\\fB" + roff(command.get_name()) + "\\fR";
  for (const auto* argument :
       command.get_options([](const CLI::Option* option) { return option->get_positional(); })) {
    usage += " \\fI" + roff(argument->get_name(true)) + "\\fR";
  }
  return usage;
}

std::string words_of(const CLI::App& app) {
  std::vector<std::string> words;
  for (const auto* option : options_of(app)) {
    for (const auto& name : names_of(*option)) {
      words.push_back(name);
    }
  }
  return join(words, " ");
}

/// A branch of `case "$prev"` for the values of one option.
std::string value_case(const CLI::Option& option) {
  const std::string names = "    " + join(names_of(option), "|") + ")";
  if (option.get_type_name() == "FILE") {
    return names + " COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n";
  }
  if (option.get_lnames() == std::vector<std::string>{"set"}) {
    std::vector<std::string> keys;
    for (const auto& key : config_keys()) {
      keys.push_back(key.name);
    }
    return names + " compopt -o nospace; COMPREPLY=($(compgen -S = -W \"" + join(keys, " ") +
           "\" -- \"$cur\")); return ;;\n";
  }
  return names + " COMPREPLY=($(compgen -W \"" + join(choices_of(option), " ") +
         "\" -- \"$cur\")); return ;;\n";
}

}  // namespace

std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n')) {
      out += "\\&";
    }
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return out;
}

std::string man_page(const CLI::App& app) {
  std::string out = ".TH MISP\\-ZEEK 1 \"\" \"misp\\-zeek " + version() + "\"\n" +
                    ".SH NAME\nmisp\\-zeek \\- keeps Zeek's Intel framework in sync with MISP\n" +
                    ".SH SYNOPSIS\n\\fBmisp\\-zeek\\fR \\fICOMMAND\\fR [\\fIOPTIONS\\fR]\n" +
                    ".SH DESCRIPTION\n" + roff(kDescription) + ".SH COMMANDS\n";
  for (const auto* command : commands_of(app)) {
    out += ".SS " + usage_of(*command) + "\n" + roff(command->get_description()) + ".\n" +
           man_options(*command);
  }
  out += ".SH \"EXIT STATUS\"\n";
  for (const auto& [status, meaning] : kExitStatuses) {
    out += ".TP\n" + std::to_string(status) + "\n" + roff(meaning) + "\n";
  }
  return out + std::string(kPlaces) + ".SH \"SEE ALSO\"\n.BR misp\\-zeek.toml (5),\n.BR zeek (8)\n";
}

std::string bash_completion(const CLI::App& app) {
  std::string commands;
  std::string words;
  std::map<std::string, std::string> values;
  for (const auto* command : commands_of(app)) {
    commands += (commands.empty() ? "" : " ") + command->get_name();
    words += "    " + command->get_name() + ") COMPREPLY=($(compgen -W \"" + words_of(*command) +
             "\" -- \"$cur\")) ;;\n";
    for (const auto* option : options_of(*command)) {
      if (takes_value(*option)) {
        values[join(names_of(*option), "|")] = value_case(*option);
      }
    }
  }
  std::string cases;
  for (const auto& [names, text] : values) {
    cases += text;
  }
  return "# bash completion for misp-zeek, made from its command line.\n"
         "_misp_zeek() {\n"
         "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command= word\n"
         "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
         "    [[ $word == -* ]] || { command=$word; break; }\n"
         "  done\n"
         "  case \"$prev\" in\n" +
         cases +
         "  esac\n"
         "  case \"$command\" in\n"
         "    \"\") COMPREPLY=($(compgen -W \"" +
         commands + " " + words_of(app) + "\" -- \"$cur\")) ;;\n" + words +
         "  esac\n"
         "}\n"
         "complete -F _misp_zeek misp-zeek\n";
}

}  // namespace misp_zeek::app
