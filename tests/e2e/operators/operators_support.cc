// SPDX-License-Identifier: BSD-3-Clause
#include "operators_support.h"

#include <filesystem>
#include <nlohmann/json.hpp>

namespace misp_zeek {

using nlohmann::json;

Operators::Operators()
    : stack_({.zeek = "",
              .misp_arguments = {"--empty", "--heartbeat-ms", "500"},
              .settings = "[filter]\nmax_age = \"0\"\n",
              .start_limit = kLimit,
              .state = true}) {
  stack_.start_misp();
  const json event = stack_.post("/events/add", {{"info", "a campaign"}, {"distribution", "3"}});
  const json& id = event.at("Event").at("id");
  event_id_ = id.is_string() ? id.get<std::string>() : id.dump();
  add("domain", "evil.example");
  add("ip-dst", "192.0.2.1");
  add("filename", kHostile);
  add("ip-dst", "0.0.0.0/0");
  stack_.start_zeek();
  stack_.start_service();
  stack_.wait_until_ready(kLimit);
}

void Operators::add(const std::string& type, const std::string& value, bool to_ids) {
  stack_.post("/attributes/add/" + event_id_,
              {{"type", type}, {"value", value}, {"to_ids", to_ids}});
}

Outcome Operators::command(const std::vector<std::string>& verb) {
  const std::string log = stack_.file("command.log");
  std::filesystem::remove(log);
  const int status = stack_.command(verb);
  return {status, content_of(log)};
}

web::Answer Operators::read(const std::string& target) const {
  web::Client client(stack_.health_port());
  client.set_headers({{"Authorization", web::bearer(stack::Stack::http_token())}});
  const auto answer = client.get(target);
  return answer ? *answer : web::Answer{0, {}, client.problem()};
}

json Operators::status() const { return json::parse(read("/status").body); }

}  // namespace misp_zeek
