// SPDX-License-Identifier: BSD-3-Clause
#include "app/api/control.h"

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <ostream>
#include <utility>

#include "http/control.h"

namespace misp_zeek::app {
namespace {

constexpr auto kAnswerTimeout = std::chrono::seconds(10);
constexpr const char* kSocketName = "/control.sock";
constexpr const char* kReconcile = "/v1/reconcile";
constexpr const char* kPause = "/v1/pause";
constexpr const char* kResume = "/v1/resume";

std::string target_of(const ReconcileCommand& command) {
  std::string query;
  query += command.full ? "&full" : "";
  query += command.accept_shrink ? "&accept_shrink" : "";
  return kReconcile + (query.empty() ? "" : "?" + query.substr(1));
}

std::string target_of(const PauseCommand& command) { return command.paused ? kPause : kResume; }

http::Response take(const OnCommand& on_command, const Command& command, const std::string& done) {
  if (on_command(command)) {
    return {202, "text/plain; charset=utf-8", done + "\n"};
  }
  return {503, "text/plain; charset=utf-8", "too many commands wait; try again\n"};
}

/// Where a service of this configuration may have its socket, whoever started it.
std::vector<std::string> possible_sockets(const Config& config) {
  if (!config.control.socket.empty()) {
    return {config.control.socket};
  }
  std::vector<std::string> paths;
  if (!config.state.path.empty()) {
    paths.push_back(config.state.path + kSocketName);
  }
  paths.emplace_back(kPackagedSocket);
  return paths;
}

}  // namespace

std::vector<http::Route> control_routes(OnCommand on_command) {
  const auto pause = [on_command](bool paused, const char* done) {
    return [on_command, paused, done](const http::Request&) {
      return take(on_command, PauseCommand{paused}, done);
    };
  };
  return {{kPause, "stop changes to Zeek", pause(true, "paused: no changes go to Zeek"),
           http::Access::kCommand},
          {kResume, "resume changes to Zeek", pause(false, "resumed"), http::Access::kCommand},
          {kReconcile, "reconcile with MISP now; ?full, ?accept_shrink",
           [on_command](const http::Request& request) {
             const ReconcileCommand command{request.query.contains("full"),
                                            request.query.contains("accept_shrink")};
             return take(
                 on_command, command,
                 "reconcile requested; the log shows what it finds, /readyz when all is in sync");
           },
           http::Access::kCommand}};
}

std::string control_socket(const Config& config) {
  if (!config.control.socket.empty()) {
    return config.control.socket;
  }
  const char* run = std::getenv("RUNTIME_DIRECTORY");
  if (run != nullptr && *run == '/') {
    const std::string folders(run);
    return folders.substr(0, folders.find(':')) + kSocketName;
  }
  return config.state.path.empty() ? "" : config.state.path + kSocketName;
}

Result<http::Response> ask_service(const Config& config, const std::string& method,
                                   const std::string& target, std::chrono::seconds patience) {
  std::string problems;
  for (const std::string& path : possible_sockets(config)) {
    // A folder that this user may not look into hides whether there is a socket.
    if (access(path.c_str(), F_OK) == 0 || errno == EACCES) {
      auto answer = http::ask_service(path, method, target, patience);
      if (!answer) {
        answer.error().message += " (root and the service's user may ask it, see control.socket)";
      }
      return answer;
    }
    problems += (problems.empty() ? "" : ", ") + path + ": " + std::strerror(errno);
  }
  return fail(ErrorCode::kUnavailable, "no service runs: " + problems);
}

int send_to_service(const Config& config, const Command& command, std::ostream& out,
                    std::ostream& err) {
  const std::string target =
      std::visit([](const auto& known) { return target_of(known); }, command);
  const auto answer = ask_service(config, "POST", target, kAnswerTimeout);
  if (!answer) {
    err << "misp-zeek: " << answer.error().message << "\n";
    return 1;
  }
  const bool taken = answer->status == 202;
  (taken ? out : err) << (taken ? "" : "misp-zeek: ") << answer->body;
  return taken ? 0 : 1;
}

}  // namespace misp_zeek::app
