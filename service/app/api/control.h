// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <iosfwd>
#include <string>
#include <variant>
#include <vector>

#include "app/config/config.h"
#include "http/control.h"
#include "http/server.h"

/// What an operator can tell a running service. A command travels as POST to the service's HTTP
/// server, see http/control.h; a new one is a type in Command, a route, and a subcommand.
namespace misp_zeek::app {

/// `POST /v1/reconcile`, with `full` and `accept_shrink` in its query.
struct ReconcileCommand {
  bool full = false;
  bool accept_shrink = false;
};
/// `POST /v1/pause` and `POST /v1/resume`: stops and resumes changes to Zeek. MISP is followed all the
/// same.
struct PauseCommand {
  bool paused = false;
};
using Command = std::variant<ReconcileCommand, PauseCommand>;

/// Name in `[state] path` of the file that holds address and token, new at each start.
inline constexpr const char* kControlFile = "control.json";

/// Hands a command to the loop. False: too many wait.
using OnCommand = std::function<bool(const Command&)>;

/// The routes of all commands. They answer 202 when the loop has got the command.
std::vector<http::Route> control_routes(OnCommand on_command);

/// How a service with this configuration is read from its own machine.
http::ControlAccess reader_access(const HttpConfig& config);

/// Sends a command to the service that runs with this configuration and prints its answer. The exit
/// status: 0, or 1 when it was not taken.
int send_to_service(const Config& config, const Command& command, std::ostream& out,
                    std::ostream& err);

}  // namespace misp_zeek::app
