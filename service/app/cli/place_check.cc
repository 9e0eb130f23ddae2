// SPDX-License-Identifier: BSD-3-Clause
#include "app/cli/place_check.h"

#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>

#include "app/api/control.h"
#include "http/server.h"
#include "storage/state_folder.h"

namespace misp_zeek::app {
namespace {

constexpr std::size_t kMaxSocketPath = sizeof(sockaddr_un::sun_path) - 1;

/// Whether a service answers at this configuration's socket, and follows the same MISP.
bool is_running(const Config& config) {
  const auto answer = ask_service(config, "GET", "/status", std::chrono::seconds(5));
  const auto status =
      answer ? nlohmann::json::parse(answer->body, nullptr, false) : nlohmann::json();
  return status.is_object() && status.contains("misp") && status["misp"].is_object() &&
         status["misp"].value("url", "") == config.misp.url;
}

/// The message without the key that it begins with.
std::string without_key(const std::string& message, const std::string& key) {
  return message.starts_with(key + ": ") ? message.substr(key.size() + 2) : message;
}

std::optional<PlaceProblem> check_listen(const std::string& key, const std::string& listen) {
  const auto server = http::Server::start(listen, [] { return http::Health{}; }, {}, {});
  if (server) {
    return std::nullopt;
  }
  return PlaceProblem{key, without_key(server.error().message, "http.listen"),
                      "an address of this machine, with a port that no other program has"};
}

std::optional<PlaceProblem> check_socket(const std::string& path) {
  const auto problem = [&](const std::string& why) {
    return PlaceProblem{
        "control.socket", "cannot listen at " + path + ": " + why,
        "a path of at most " + std::to_string(kMaxSocketPath) + " bytes in a folder that is there"};
  };
  std::error_code error;
  if (path.size() > kMaxSocketPath) {
    return problem("the path is too long");
  }
  if (const auto folder = std::filesystem::path(path).parent_path();
      !std::filesystem::is_directory(folder, error)) {
    return problem(folder.string() + " is no folder");
  }
  if (std::filesystem::exists(path, error) && !std::filesystem::is_socket(path, error)) {
    return problem("something else is there");
  }
  return std::nullopt;
}

}  // namespace

std::vector<PlaceProblem> check_places(const Config& config) {
  std::vector<PlaceProblem> problems;
  if (!config.state.path.empty()) {
    const auto usable = storage::StateFolder::check(config.state.path);
    if (!usable) {
      const bool denied = usable.error().code == ErrorCode::kUnauthorized;
      problems.push_back({"state.path", without_key(usable.error().message, "state.path"),
                          "a folder that the service's user may make or write to, and no other "
                          "service uses",
                          !denied || geteuid() == 0});
    }
  }
  if (!config.http.listen.empty()) {
    if (auto problem = check_listen("http.listen", config.http.listen)) {
      problems.push_back(*std::move(problem));
    }
  }
  if (!config.control.socket.empty()) {
    if (auto problem = check_socket(config.control.socket)) {
      problems.push_back(*std::move(problem));
    }
  }
  for (const ZeekConfig& zeek : config.zeek) {
    const bool is_v6 = zeek.address.find(':') != std::string::npos;
    const std::string listen =
        (is_v6 ? "[" + zeek.address + "]" : zeek.address) + ":" + std::to_string(zeek.port);
    if (auto problem = zeek.listen ? check_listen("zeek.port", listen) : std::nullopt) {
      problems.push_back(*std::move(problem));
    }
  }
  return problems.empty() || is_running(config) ? std::vector<PlaceProblem>() : problems;
}

}  // namespace misp_zeek::app
