// SPDX-License-Identifier: BSD-3-Clause
#include <sys/stat.h>
#include <unistd.h>

#include <exception>
#include <iostream>
#include <string>

#include "app/cli/cli.h"
#include "app/cli/versions.h"
#include "app/runtime/service.h"

namespace {

misp_zeek::app::Environment read_environment() {
  misp_zeek::app::Environment environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const auto equals = text.find('=');
    if (equals != std::string::npos) {
      environment[text.substr(0, equals)] = text.substr(equals + 1);
    }
  }
  return environment;
}

}  // namespace

int main(int argc, char** argv) {
  namespace app = misp_zeek::app;
  // What it writes is for its user alone, whoever started it.
  umask(077);
  try {
    return app::run_cli(argc, argv, read_environment(),
                        {app::run_service, app::describe_versions, app::send_to_service,
                         app::answer_question, app::check_connections, app::check_places},
                        std::cout, std::cerr);
  } catch (const std::exception& error) {
    std::cerr << "misp-zeek: " << error.what() << "\n";
    return app::kExitFailure;
  }
}
