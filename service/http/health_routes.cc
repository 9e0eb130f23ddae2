// SPDX-License-Identifier: BSD-3-Clause
#include "http/health_routes.h"

#include <nlohmann/json.hpp>

#include "core/base/time.h"

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
  const bool ready = health.ready();
  return json_response(ready, {{"ready", ready}, {"checks", checks_json(health)}}, request);
}

}  // namespace

Json checks_json(const Health& health) {
  Json checks = Json::array();
  for (const Check& check : health.checks) {
    checks.push_back({{"name", check.name},
                      {"ok", check.ok},
                      {"warning", check.warns},
                      {"since", rfc3339(check.since)},
                      {"message", check.message}});
  }
  return checks;
}

std::vector<Route> health_routes(const std::function<Health()>& health) {
  return {
      {"/livez", "whether the service's loop turns",
       [health](const Request& request) { return livez(health(), request); }, Access::kPublic},
      {"/readyz", "whether MISP's feed and REST and every Zeek are in sync; ?verbose",
       [health](const Request& request) { return readyz(health(), request); }, Access::kPublic}};
}

}  // namespace misp_zeek::http
