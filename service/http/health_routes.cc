// SPDX-License-Identifier: BSD-3-Clause
#include "http/health_routes.h"

#include <array>
#include <ctime>
#include <nlohmann/json.hpp>
#include <utility>

namespace misp_zeek::http {
namespace {

using Json = nlohmann::ordered_json;

Response json_response(bool good, const Json& json, const Request& request) {
  const int indent = request.query.contains("verbose") ? 2 : -1;
  // Messages quote other programs, so they may hold anything.
  return {good ? 200 : 503, "application/json",
          json.dump(indent, ' ', false, Json::error_handler_t::replace) + "\n"};
}

Response livez(const Health& health, const Request& request) {
  return json_response(health.live, {{"live", health.live}}, request);
}

Response readyz(const Health& health, const Request& request) {
  Json checks = Json::array();
  for (const Check& check : health.checks) {
    checks.push_back({{"name", check.name},
                      {"ok", check.ok},
                      {"since", rfc3339(check.since)},
                      {"message", check.message}});
  }
  const bool ready = health.ready();
  return json_response(ready, {{"ready", ready}, {"checks", std::move(checks)}}, request);
}

}  // namespace

std::string rfc3339(std::int64_t seconds) {
  const std::time_t time = seconds;
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::array<char, 32> text{};
  const auto length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text.data(), length};
}

std::vector<Route> health_routes(const std::function<Health()>& health) {
  return {
      {"/livez", "whether the service's loop turns",
       [health](const Request& request) { return livez(health(), request); }, Access::kPublic},
      {"/readyz", "whether MISP's feed and REST and every Zeek are in sync; ?verbose",
       [health](const Request& request) { return readyz(health(), request); }, Access::kPublic}};
}

}  // namespace misp_zeek::http
