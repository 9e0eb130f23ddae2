// SPDX-License-Identifier: BSD-3-Clause
#include "app/cli/certificate_commands.h"

#include <ostream>

#include "app/process/clocks.h"

namespace misp_zeek::app {
namespace {

Result<std::string> carry_out(const CertificateCommand& command) {
  const auto now = read_clocks().unix_seconds;
  if (command.action == "make") {
    if (command.hosts.zeeks.empty()) {
      return fail(ErrorCode::kInvalidConfig, "certificates make needs --zeek HOST");
    }
    return certificates::make(command.folder, command.hosts, now);
  }
  if (command.action == "renew") {
    return certificates::renew(command.folder, now);
  }
  if (command.installation.to.empty()) {
    return fail(ErrorCode::kInvalidConfig, "certificates install needs --to FOLDER");
  }
  return certificates::install(command.folder, command.installation);
}

}  // namespace

int handle_certificates(const CertificateCommand& command, std::ostream& out, std::ostream& err) {
  const auto done = carry_out(command);
  if (!done) {
    err << "misp-zeek: " << done.error().message << "\n";
    return done.error().code == ErrorCode::kInvalidConfig ? 2 : 1;
  }
  out << *done;
  return 0;
}

}  // namespace misp_zeek::app
