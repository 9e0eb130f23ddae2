// SPDX-License-Identifier: BSD-3-Clause
#include "app/cli.h"

#include <CLI/CLI.hpp>
#include <ostream>
#include <vector>

namespace misp_zeek::app {
namespace {

constexpr const char* kFooter =
    "Every key of the file can come from the environment too: misp.feed.endpoint is\n"
    "MISP_ZEEK_MISP_FEED_ENDPOINT; lists have commas in between. The API key is "
    "MISP_ZEEK_MISP_API_KEY,\n"
    "a file named by misp.api_key_file, or systemd's credential misp.key. Flags win over the\n"
    "environment, and that over the file. No file is needed when the others say all.\n"
    "\n"
    "Exit status: 0 ok, 1 failure at run time, 2 wrong configuration or usage.";

/// The options of all commands that read the configuration.
struct Options {
  std::string file;
  std::string url;
  std::string feed;
  std::vector<std::string> zeeks;
  std::string http;
  std::string level;
  std::vector<std::string> settings;
  ReconcileCommand reconcile;
};

void add_options(CLI::App& command, Options& options) {
  command.add_option("-c,--config", options.file, "Configuration file (TOML)")->type_name("FILE");
  command.add_option("--misp-url", options.url, "MISP instance, as misp.url")->type_name("URL");
  command.add_option("--feed", options.feed, "MISP's ZeroMQ publisher, as misp.feed.endpoint")
      ->type_name("tcp://HOST:PORT");
  command.add_option("--zeek", options.zeeks, "A Zeek, in place of the file's; may be repeated")
      ->type_name("ADDRESS:PORT")
      ->expected(1)
      ->take_all();
  command.add_option("--http", options.http, "Where /livez and /readyz are, as http.listen")
      ->type_name("ADDRESS:PORT");
  command.add_option("--log-level", options.level, "trace, debug, info, warn or error")
      ->type_name("LEVEL");
  command.add_option("--set", options.settings, "Any key of the file; may be repeated")
      ->type_name("SECTION.KEY=VALUE")
      ->expected(1)
      ->take_all();
}

void add_reconcile_options(CLI::App& command, ReconcileCommand& reconcile) {
  command.add_flag("--full", reconcile.full, "By MISP's full list, not by its index of events");
  command.add_flag("--accept-shrink", reconcile.accept_shrink,
                   "Let this comparison take out what reconcile.max_shrink holds back");
}

/// Throws CLI::ValidationError for a --set that is none.
std::vector<Flag> flags_of(const CLI::App& command, const Options& options) {
  std::vector<Flag> flags;
  const auto add = [&](const char* name, const char* key, const std::string& text) {
    if (command.count(name) > 0) {
      flags.push_back({key, text, name});
    }
  };
  for (const std::string& setting : options.settings) {
    const auto equals = setting.find('=');
    const std::string key = setting.substr(0, equals);
    if (equals == std::string::npos || key.empty()) {
      throw CLI::ValidationError("--set", "\"" + setting + "\" is not SECTION.KEY=VALUE");
    }
    flags.push_back({key, setting.substr(equals + 1), "--set " + key});
  }
  add("--misp-url", "misp.url", options.url);
  add("--feed", "misp.feed.endpoint", options.feed);
  add("--http", "http.listen", options.http);
  add("--log-level", "log.level", options.level);
  for (const std::string& zeek : options.zeeks) {
    flags.push_back({"zeek", zeek, "--zeek"});
  }
  return flags;
}

int start(const LoadedConfig& loaded, const Actions& actions) {
  log::set_level(loaded.config.log.level);
  log::set_format(loaded.config.log.format);
  for (const std::string& warning : loaded.warnings) {
    log::warn("configuration", {{"warning", warning}});
  }
  return actions.run(loaded.config);
}

void print_summary(const LoadedConfig& loaded, std::ostream& out, std::ostream& err) {
  for (const std::string& warning : loaded.warnings) {
    err << "warning: " << warning << "\n";
  }
  const Config& config = loaded.config;
  out << "configuration is valid\n\n# In effect; secrets are not shown.\n"
      << "# API key: set. Feed password: " << (config.feed.password.empty() ? "none" : "set")
      << ".\n"
      << to_toml(config);
}

}  // namespace

int run_cli(int argc, const char* const* argv, const Environment& environment,
            const Actions& actions, std::ostream& out, std::ostream& err) {
  CLI::App app("Keeps Zeek's Intel framework equal to what analysts hold in MISP.", "misp-zeek");
  app.require_subcommand(1);
  app.footer(kFooter);
  Options options;
  auto* run = app.add_subcommand("run", "Run the service until SIGTERM or SIGINT");
  auto* check = app.add_subcommand("check", "Check the configuration, show what is in effect");
  auto* reconcile =
      app.add_subcommand("reconcile", "Have the running service compare with MISP now");
  add_reconcile_options(*reconcile, options.reconcile);
  auto* version = app.add_subcommand("version", "Show the versions of program and libraries");
  for (CLI::App* command : {run, check, reconcile}) {
    add_options(*command, options);
    command->footer(kFooter);
  }
  ConfigSources sources;
  try {
    app.parse(argc, argv);
    for (const CLI::App* command : app.get_subcommands()) {
      if (command != version) {
        sources = {options.file, environment, flags_of(*command, options)};
      }
    }
  } catch (const CLI::ParseError& error) {
    return app.exit(error, out, err) == 0 ? kExitOk : kExitUsage;
  }
  if (version->parsed()) {
    out << actions.versions();
    return kExitOk;
  }
  auto loaded = load_config(sources);
  if (!loaded) {
    err << loaded.error().message;
    return kExitUsage;
  }
  if (check->parsed()) {
    print_summary(*loaded, out, err);
    return kExitOk;
  }
  if (reconcile->parsed()) {
    return actions.command(loaded->config, options.reconcile, out, err);
  }
  return start(*loaded, actions);
}

}  // namespace misp_zeek::app
