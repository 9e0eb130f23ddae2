// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "app/api/control.h"
#include "app/cli/connection_check.h"
#include "app/cli/place_check.h"
#include "app/cli/query_commands.h"
#include "app/config/config.h"
#include "app/config/diff.h"

namespace misp_zeek::app {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailure = 1;
/// The configuration or the command line is wrong.
inline constexpr int kExitUsage = 2;

struct ExitStatus {
  int status;
  const char* meaning;
};
inline constexpr std::array kExitStatuses = {
    ExitStatus{kExitOk, "success"},
    ExitStatus{kExitFailure,
               "failure; status: something is out of sync; explain: not in Zeek; "
               "check --connect: something fails"},
    ExitStatus{kExitUsage, "wrong configuration or usage"}};

/// What the command line can start.
struct Actions {
  /// Gives the exit status, as run_service().
  std::function<int(const Config&, const ReloadConfig&)> run;
  std::function<std::string()> versions;  ///< lines with their ends
  /// Sends a command to a running service, as send_to_service().
  std::function<int(const Config&, const Command&, std::ostream&, std::ostream&)> command;
  /// Prints an answer, as answer_question().
  std::function<int(const Config&, const Question&, std::ostream&, std::ostream&)> question = {};
  /// Tries all connections, as check_connections().
  std::function<int(const Config&, const ConnectCheck&, std::ostream&)> connect = {};
  /// Tries folders and addresses, as check_places().
  std::function<std::vector<PlaceProblem>(const Config&)> places = {};
};

/// The program without its process: parses the arguments, loads the configuration and does what was
/// asked for. Returns the exit status.
int run_cli(int argc, const char* const* argv, const Environment& environment,
            const Actions& actions, std::ostream& out, std::ostream& err);

}  // namespace misp_zeek::app
