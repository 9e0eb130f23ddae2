// SPDX-License-Identifier: BSD-3-Clause
#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>
#include <string>

#include "app/config.h"
#include "app/service.h"
#include "zeek/broker_adapter.h"

extern char** environ;  // NOLINT: POSIX has no other way to list the environment

namespace {

misp_zeek::app::Environment read_environment() {
  misp_zeek::app::Environment environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const auto equals = text.find('=');
    if (text.starts_with("MISP_ZEEK_") && equals != std::string::npos) {
      environment[text.substr(0, equals)] = text.substr(equals + 1);
    }
  }
  return environment;
}

void print_summary(const misp_zeek::app::Config& config) {
  std::cout << "configuration is valid\n  MISP    " << config.misp.url << "\n  feed    "
            << config.feed.endpoint << "\n";
  for (const auto& zeek : config.zeek) {
    std::cout << "  Zeek    " << zeek.name << " at " << zeek.address << ":" << zeek.port << " by "
              << zeek.transport << "\n";
  }
  std::cout << "  health  " << (config.http.listen.empty() ? "off" : config.http.listen) << "\n";
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Keeps Zeek's Intel framework equal to what MISP holds.", "misp-zeek");
  app.require_subcommand(1);
  app.footer(
      "Every setting can come from the environment instead of the file: MISP_ZEEK_MISP_URL,\n"
      "MISP_ZEEK_MISP_API_KEY, MISP_ZEEK_MISP_FEED_ENDPOINT, MISP_ZEEK_ZEEK_ADDRESS, ...\n"
      "Exit status: 0 ok, 1 failure, 2 configuration or usage.");
  std::string file;
  auto* run = app.add_subcommand("run", "Run the service until SIGTERM");
  run->add_option("-c,--config", file, "Configuration file (TOML)");
  auto* check = app.add_subcommand("check", "Check the configuration and say what is wrong");
  check->add_option("-c,--config", file, "Configuration file (TOML)");
  auto* version = app.add_subcommand("version", "Show versions");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (version->parsed()) {
    std::cout << "misp-zeek " << misp_zeek::app::version() << "\nBroker "
              << misp_zeek::zeek::broker_version() << "\n";
    return 0;
  }
  const auto config = misp_zeek::app::load_config_file(file, read_environment());
  if (!config) {
    std::cerr << config.error().message;
    return 2;
  }
  if (check->parsed()) {
    print_summary(*config);
    return 0;
  }
  return misp_zeek::app::run_service(*config);
}
