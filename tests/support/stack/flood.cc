// SPDX-License-Identifier: BSD-3-Clause
#include "stack/flood.h"

#include <chrono>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace misp_zeek::stack {
namespace {

std::vector<std::string> zeek_arguments(const FloodOptions& options) {
  std::vector<std::string> arguments = {MISP_ZEEK_SOURCE_DIR "/tests/support/zeek/flood.zeek"};
  arguments.insert(arguments.end(), options.zeek_arguments.begin(), options.zeek_arguments.end());
  return arguments;
}

}  // namespace

Flood::Flood(const FloodOptions& options)
    : stack_({.zeek = options.zeek,
              .misp_arguments = {"--empty"},
              .zeek_arguments = zeek_arguments(options),
              .settings = "",
              .start_limit = std::chrono::seconds(60),
              .state = true}) {
  ::setenv("FLOOD_MATCHES", std::to_string(options.matches).c_str(), 1);
  ::setenv("FLOOD_SECONDS", std::to_string(options.seconds).c_str(), 1);
  stack_.start_misp();
  const auto event = stack_.post("/events/add", {{"info", "flood"}, {"distribution", "3"}});
  event_ = event.at("Event").at("id").get<std::string>();
  stack_.post("/attributes/add/" + event_,
              {{"type", "domain"}, {"value", "flood.example"}, {"to_ids", true}});
  stack_.start_zeek();
  stack_.start_service();
  const auto limit = std::chrono::seconds(120 + options.seconds);
  result_ = process::wait_for_file(stack_.file("flood.json"), limit);
  if (result_.empty()) {
    throw std::runtime_error("the flood did not end, see " + stack_.file("zeek.log"));
  }
}

nlohmann::json Flood::result() const { return nlohmann::json::parse(result_); }

}  // namespace misp_zeek::stack
