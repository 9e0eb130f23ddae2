// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "app/config/config.h"
#include "http/server.h"

/// What an operator can tell and ask a running service. The command line reaches it over the
/// control socket, see http/control.h; a new command is a type in Command, a route, and a
/// subcommand.
namespace misp_zeek::app {

/// `POST /v1/reconcile`, with `full`, `accept_shrink` and `accept_growth=EVENT` in its query.
struct ReconcileCommand {
  bool full = false;
  bool accept_shrink = false;
  std::uint64_t accept_growth = 0;  ///< id of an event; 0 = none
};
/// `POST /v1/pause` and `POST /v1/resume`: stops and resumes changes to Zeek. MISP is followed all
/// the same.
struct PauseCommand {
  bool paused = false;
};
using Command = std::variant<ReconcileCommand, PauseCommand>;

/// Name in `[state] path` of the token of readers that `run` makes when the configuration has none.
inline constexpr const char* kTokenFile = "http.token";
/// Where the service of the Debian package and of the image has its state, and its socket.
inline constexpr const char* kPackagedState = "/var/lib/misp-zeek";
inline constexpr const char* kPackagedSocket = "/run/misp-zeek/control.sock";

/// Hands a command to the loop and waits for what it says. nullopt: too many wait, or it does not
/// answer.
using OnCommand = std::function<std::optional<http::Response>(const Command&)>;

/// The routes of all commands. They answer 202 when the loop has taken the command.
std::vector<http::Route> control_routes(OnCommand on_command);

/// Where a service with this configuration makes its control socket: `control.socket`; under
/// systemd with RuntimeDirectory= control.sock there; else in `state.path`; else nowhere: "".
std::string control_socket(const Config& config);

/// Where it makes it when the disk takes no socket there: in XDG_RUNTIME_DIR, else in
/// /run/misp-zeek.
std::string spare_control_socket();

/// Asks the service that runs with this configuration, at the first of its possible sockets that
/// answers. Errors: kUnavailable when none answers or this user may not ask.
Result<http::Response> ask_service(const Config& config, const std::string& method,
                                   const std::string& target, std::chrono::seconds patience);

/// Sends a command to the service that runs with this configuration and prints its answer. The exit
/// status: 0, or 1 when it was not taken.
int send_to_service(const Config& config, const Command& command, std::ostream& out,
                    std::ostream& err);

}  // namespace misp_zeek::app
