// SPDX-License-Identifier: BSD-3-Clause
#include "app/cli/cli.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "app/api/explain.h"
#include "app/cli/certificate_commands.h"
#include "app/cli/config_documents.h"
#include "app/cli/man_page.h"
#include "app/cli/usage_error.h"
#include "core/base/text.h"

namespace misp_zeek::app {
namespace {

constexpr const char* kFooter =
    "The environment can set every key of the file: misp.feed.endpoint is "
    "MISP_ZEEK_MISP_FEED_ENDPOINT.\n"
    "Commas separate the members of a list. The API key is in MISP_ZEEK_MISP_API_KEY, in the file\n"
    "misp.api_key_file, or in systemd's credential misp.key. Flags win over the environment, and "
    "the\n"
    "environment wins over the file. No file is needed if the others set all required keys.\n"
    "\n"
    "Exit status:";

std::string footer() {
  std::string text = kFooter;
  for (const auto& [status, meaning] : kExitStatuses) {
    text += "\n  " + std::to_string(status) + " " + meaning;
  }
  return text;
}

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
  ConnectCheck connect;
  bool try_connections = false;
  StatusQuestion status;
  ExplainQuestion explain;
  ExportQuestion export_;
  CertificateCommand certificates;
};

void add_options(CLI::App& command, Options& options) {
  command.add_option("-c,--config", options.file, "Configuration file (TOML)")
      ->type_name("FILE")
      ->envname("MISP_ZEEK_CONFIG");
  command.add_option("--misp-url", options.url, "MISP instance, as misp.url")->type_name("URL");
  command.add_option("--feed", options.feed, "MISP's ZeroMQ publisher, as misp.feed.endpoint")
      ->type_name("tcp://HOST:PORT");
  command.add_option("--zeek", options.zeeks, "A Zeek, in place of the file's; may be repeated")
      ->type_name("ADDRESS[:PORT]")
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
  command.add_flag("--full", reconcile.full, "Read every event, not only those that changed");
  command.add_flag("--accept-shrink", reconcile.accept_shrink,
                   "Remove what reconcile.max_shrink blocks, once");
  command
      .add_option("--accept-growth", reconcile.accept_growth,
                  "Take the event that limits.max_growth blocks, once")
      ->type_name("EVENT")
      ->check(event_id());
}

void add_certificate_options(CLI::App& command, CertificateCommand& certificates) {
  command.add_option("ACTION", certificates.action, "make, renew or install")
      ->required()
      ->check(one_of({"make", "renew", "install"}));
  command.add_option("DIR", certificates.folder, "Folder of the CA and all certificates")
      ->required();
  auto& hosts = certificates.hosts;
  auto& installation = certificates.installation;
  command.add_option("--zeek", hosts.zeeks, "make: name or address of a Zeek; may be repeated")
      ->type_name("HOST")
      ->expected(1)
      ->take_all();
  command.add_option("--misp", hosts.misp, "make: MISP, for a tunnel of its feed")
      ->type_name("HOST");
  command.add_option("--service", hosts.service, "make: the service; misp-zeek by default")
      ->type_name("HOST");
  command.add_option("--host", installation.host, "install: whose; misp-zeek by default")
      ->type_name("HOST");
  command.add_option("--to", installation.to, "install: where its program finds them")
      ->type_name("FOLDER");
  command.add_option("--group", installation.group, "install: who may read the key, too")
      ->type_name("GROUP");
  command.add_flag("--replace", installation.replace, "install: replace files that are there");
}

/// The commands that only read, and their options.
struct Readers {
  CLI::App* status;
  CLI::App* explain;
  CLI::App* export_;

  /// Why MISP is not asked for this; "": it is.
  static std::string check_query(const std::string& query) {
    if (query.find_first_not_of(" \t\r\n") == std::string::npos) {
      return "it is empty: name a value, a uuid or the id of an event";
    }
    return query.size() > kMaxExplainQuery
               ? "it is longer than " + std::to_string(kMaxExplainQuery) +
                     " bytes, which no indicator is"
               : "";
  }

  Readers(CLI::App& app, Options& options)
      : status(
            app.add_subcommand("status", "Ask the running service whether everything is in sync")),
        explain(app.add_subcommand("explain", "Explain why something is in Zeek or not")),
        export_(app.add_subcommand("export", "Print everything that Zeek should hold")) {
    status->add_flag("--json", options.status.json, "As JSON");
    status->add_flag("--url", options.status.url,
                     "Print the address of the status page, with the token in it");
    explain->add_flag("--json", options.explain.json, "As JSON");
    explain
        ->add_option("WHAT", options.explain.query,
                     "A value, the uuid of an attribute or event, or the id of an event")
        ->required()
        ->check(check_query);
    export_->add_option("--format", options.export_.format, "zeek-intel or json")
        ->check(one_of({"zeek-intel", "json"}));
    export_->add_flag("--from-misp", options.export_.from_misp,
                      "Read MISP directly; needs no running service");
  }

  std::optional<Question> question(const Options& options) const {
    if (status->parsed()) {
      return options.status;
    }
    if (explain->parsed()) {
      return options.explain;
    }
    return export_->parsed() ? std::optional<Question>(options.export_) : std::nullopt;
  }
};

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

int start(const LoadedConfig& loaded, const ConfigSources& sources, const Actions& actions) {
  log::set_level(loaded.config.log.level);
  log::set_format(loaded.config.log.format);
  for (const std::string& warning : loaded.warnings) {
    log::warn("configuration", {{"warning", warning}});
  }
  return actions.run(loaded.config, [sources] { return load_config(sources); });
}

void print_summary(const LoadedConfig& loaded, std::ostream& out, std::ostream& err) {
  for (const std::string& warning : loaded.warnings) {
    err << "warning: " << warning << "\n";
  }
  const Config& config = loaded.config;
  out << "configuration is valid\n\n# In effect; secrets are not shown.\n"
      << "# API key: set. Feed password: " << (config.feed.password.empty() ? "none" : "set")
      << ". HTTP token: " << (config.http.token.empty() ? "none" : "set") << ".\n"
      << to_toml(config);
}

/// False: the service could not start. Prints why.
bool print_place_problems(const LoadedConfig& loaded, const Actions& actions, std::ostream& err) {
  bool usable = true;
  for (const PlaceProblem& problem :
       actions.places ? actions.places(loaded.config) : std::vector<PlaceProblem>()) {
    const auto place = loaded.places.find(problem.key);
    err << (problem.certain ? "" : "warning: ")
        << (place == loaded.places.end() ? "configuration" : place->second) << ": key \""
        << problem.key << "\": " << problem.what << "; allowed: " << problem.allowed << "\n";
    usable = usable && !problem.certain;
  }
  return usable;
}

std::string generated(const std::string& document, const CLI::App& app) {
  if (document == "man-page") {
    return man_page(app);
  }
  if (document == "bash-completion") {
    return bash_completion(app);
  }
  if (document == "configuration-man-page") {
    return configuration_man_page();
  }
  return document == "configuration-file" ? sample_configuration() : configuration_tables();
}

}  // namespace

int run_cli(int argc, const char* const* argv, const Environment& environment,
            const Actions& actions, std::ostream& out, std::ostream& err) {
  CLI::App app("Keeps Zeek's Intel framework in sync with MISP.", "misp-zeek");
  app.require_subcommand(1);
  app.footer(footer());
  app.set_version_flag(
      "--version", [&] { return std::string(text::trim(actions.versions())); },
      "As the command version");
  Options options;
  auto* run = app.add_subcommand("run", "Run the service until SIGTERM or SIGINT");
  auto* check = app.add_subcommand("check", "Check the configuration and print what is in effect");
  auto* reconcile =
      app.add_subcommand("reconcile", "Make the running service reconcile with MISP now");
  add_reconcile_options(*reconcile, options.reconcile);
  auto* pause = app.add_subcommand("pause", "Stop changes to Zeek until resume or a restart");
  auto* resume = app.add_subcommand("resume", "Resume changes to Zeek");
  const Readers readers(app, options);
  auto* connect = check->add_flag("--connect", options.try_connections,
                                  "Try all connections and say what to do");
  check->add_flag("--json", options.connect.json, "The result as JSON")->needs(connect);
  auto* certificates = app.add_subcommand(
      "certificates", "Make, renew or install certificates of a private CA for service and Zeeks");
  add_certificate_options(*certificates, options.certificates);
  auto* version = app.add_subcommand("version", "Show the versions of program and libraries");
  for (CLI::App* command :
       {run, check, reconcile, pause, resume, readers.status, readers.explain, readers.export_}) {
    add_options(*command, options);
    command->footer(footer());
  }
  // For the build, which installs what this prints.
  std::string document;
  auto* generate = app.add_subcommand("generate", "Print a document of this command line");
  generate->group("");
  generate->add_option("DOCUMENT", document)
      ->required()
      ->check(one_of({"man-page", "bash-completion", "configuration-man-page", "configuration-file",
                      "configuration-tables"}));
  ConfigSources sources;
  try {
    app.parse(argc, argv);
    for (const CLI::App* command : app.get_subcommands()) {
      if (command != version && command != generate && command != certificates) {
        sources = {options.file, environment, flags_of(*command, options)};
      }
    }
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {
      return app.exit(error, out, err);
    }
    err << usage_error(app, {argv + std::min(argc, 1), argv + argc}, error);
    return kExitUsage;
  }
  if (version->parsed()) {
    out << actions.versions();
    return kExitOk;
  }
  if (certificates->parsed()) {
    return handle_certificates(options.certificates, out, err);
  }
  if (generate->parsed()) {
    out << generated(document, app);
    return kExitOk;
  }
  auto loaded = load_config(sources);
  if (!loaded) {
    err << loaded.error().message;
    return kExitUsage;
  }
  if (check->parsed() && options.try_connections) {
    return actions.connect(loaded->config, options.connect, out);
  }
  if (const auto question = readers.question(options)) {
    return actions.question(loaded->config, *question, out, err);
  }
  if (pause->parsed() || resume->parsed()) {
    return actions.command(loaded->config, PauseCommand{pause->parsed()}, out, err);
  }
  if (check->parsed()) {
    if (!print_place_problems(*loaded, actions, err)) {
      return kExitUsage;
    }
    print_summary(*loaded, out, err);
    return kExitOk;
  }
  if (reconcile->parsed()) {
    return actions.command(loaded->config, options.reconcile, out, err);
  }
  return start(*loaded, sources, actions);
}

}  // namespace misp_zeek::app
