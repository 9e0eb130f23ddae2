// SPDX-License-Identifier: BSD-3-Clause
#include "app/api/control.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
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
  query +=
      command.accept_growth != 0 ? "&accept_growth=" + std::to_string(command.accept_growth) : "";
  return kReconcile + (query.empty() ? "" : "?" + query.substr(1));
}

std::string target_of(const PauseCommand& command) { return command.paused ? kPause : kResume; }

http::Response take(const OnCommand& on_command, const Command& command) {
  auto answer = on_command(command);
  return answer ? *std::move(answer)
                : http::Response{503, "text/plain; charset=utf-8",
                                 "too many commands wait; try again\n"};
}

http::Response reconcile(const OnCommand& on_command, const http::Request& request) {
  ReconcileCommand command{request.query.contains("full"), request.query.contains("accept_shrink"),
                           0};
  if (const auto event = request.query.find("accept_growth"); event != request.query.end()) {
    const std::string& id = event->second;
    const auto [end, problem] =
        std::from_chars(id.data(), id.data() + id.size(), command.accept_growth);
    if (problem != std::errc{} || end != id.data() + id.size() || command.accept_growth == 0) {
      return {400, "text/plain; charset=utf-8", "?accept_growth= is the id of an event\n"};
    }
  }
  return take(on_command, command);
}

/// Where a service of this configuration may have its socket, whoever started it.
std::vector<std::string> possible_sockets(const Config& config) {
  std::vector<std::string> paths;
  if (!config.control.socket.empty()) {
    paths.push_back(config.control.socket);
  } else if (!config.state.path.empty()) {
    paths.push_back(config.state.path + kSocketName);
  }
  if (config.control.socket.empty()) {
    paths.emplace_back(kPackagedSocket);
  }
  if (const auto spare = spare_control_socket();
      !config.state.path.empty() && std::find(paths.begin(), paths.end(), spare) == paths.end()) {
    paths.push_back(spare);
  }
  return paths;
}

}  // namespace

std::vector<http::Route> control_routes(OnCommand on_command) {
  const auto pause = [on_command](bool paused) {
    return [on_command, paused](const http::Request&) {
      return take(on_command, PauseCommand{paused});
    };
  };
  return {{kPause, "stop changes to Zeek", pause(true), http::Access::kCommand},
          {kResume, "resume changes to Zeek", pause(false), http::Access::kCommand},
          {kReconcile,
           "reconcile with MISP now; ?full reads every event, ?accept_shrink and "
           "?accept_growth=EVENT release what is blocked",
           [on_command](const http::Request& request) { return reconcile(on_command, request); },
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

std::string spare_control_socket() {
  const char* run = std::getenv("XDG_RUNTIME_DIR");
  return run != nullptr && *run == '/' ? std::string(run) + "/misp-zeek" + kSocketName
                                       : kPackagedSocket;
}

Result<http::Response> ask_service(const Config& config, const std::string& method,
                                   const std::string& target, std::chrono::seconds patience) {
  std::string problems;
  std::optional<Error> first;
  for (const std::string& path : possible_sockets(config)) {
    // A folder that this user may not look into hides whether there is a socket.
    if (access(path.c_str(), F_OK) == 0 || errno == EACCES) {
      auto answer = http::ask_service(path, method, target, patience);
      if (answer) {
        return answer;
      }
      first = first.value_or(std::move(answer.error()));
      continue;
    }
    problems += (problems.empty() ? "" : ", ") + path + ": " + std::strerror(errno);
  }
  if (first) {
    return tl::unexpected<Error>(*std::move(first));
  }
  return fail(
      ErrorCode::kUnavailable,
      "no service runs: " + problems +
          "; start it, or name by -c the configuration that it runs with. Outside of systemd "
          "it has a socket only with control.socket or state.path");
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
