// SPDX-License-Identifier: BSD-3-Clause
#include "app/api/control.h"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <ostream>
#include <sstream>
#include <utility>

#include "http/control.h"

namespace misp_zeek::app {
namespace {

constexpr auto kAnswerTimeout = std::chrono::seconds(10);
/// Where the service of the Debian package and of the image has its state.
constexpr const char* kPackagedState = "/var/lib/misp-zeek";
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

Result<http::ControlAccess> find_service(const Config& config) {
  const std::string folder = config.state.path.empty() ? kPackagedState : config.state.path;
  const std::string path = folder + "/" + kControlFile;
  std::ifstream file(path);
  if (!file) {
    return fail(
        ErrorCode::kUnavailable,
        "cannot read " + path + ": " + std::strerror(errno) +
            " (commands need a running service with [state] path, that path here, and to be "
            "its user or root)");
  }
  std::ostringstream text;
  text << file.rdbuf();
  auto access = http::parse_control_access(text.str());
  if (!access) {
    access.error().message = path + " " + access.error().message;
  }
  return access;
}

}  // namespace

std::vector<http::Route> control_routes(OnCommand on_command) {
  const auto pause = [on_command](bool paused, const char* done) {
    return [on_command, paused, done](const http::Request&) {
      return take(on_command, PauseCommand{paused}, done);
    };
  };
  return {{kPause, "leave Zeek as it is", pause(true, "paused: Zeek is left as it is"),
           http::Method::kPost},
          {kResume, "bring Zeek up to date again", pause(false, "resumed"), http::Method::kPost},
          {kReconcile, "compare with MISP now; ?full for its full list, ?accept_shrink",
           [on_command](const http::Request& request) {
             const ReconcileCommand command{request.query.contains("full"),
                                            request.query.contains("accept_shrink")};
             return take(on_command, command,
                         "reconcile requested; the log says what it finds, /readyz when all is in "
                         "step");
           },
           http::Method::kPost}};
}

http::ControlAccess reader_access(const HttpConfig& config) {
  return {http::control_url(config.listen, 0, !config.tls_key.empty()), config.token.reveal()};
}

int send_to_service(const Config& config, const Command& command, std::ostream& out,
                    std::ostream& err) {
  const auto access = find_service(config);
  if (!access) {
    err << "misp-zeek: " << access.error().message << "\n";
    return 1;
  }
  const std::string target =
      std::visit([](const auto& known) { return target_of(known); }, command);
  const auto answer = http::send_command(*access, target, kAnswerTimeout);
  if (!answer) {
    err << "misp-zeek: " << answer.error().message << "\n";
    return 1;
  }
  const bool taken = answer->status == 202;
  (taken ? out : err) << (taken ? "" : "misp-zeek: ") << answer->body;
  return taken ? 0 : 1;
}

}  // namespace misp_zeek::app
