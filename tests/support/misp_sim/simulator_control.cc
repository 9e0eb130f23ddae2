// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <nlohmann/json.hpp>

#include "json_writer.h"
#include "shapes.h"
#include "simulator.h"
#include "synthetic.h"

namespace misp_zeek::misp_sim {
namespace {

constexpr std::string_view kDone = R"({"ok":true})";

Json parse_body(const Request& request) {
  auto body = request.body.empty() ? Json::object() : Json::parse(request.body, nullptr, false);
  if (!body.is_object()) body = Json::object();
  for (const auto& [name, value] : request.named) body.emplace(name, value);
  return body;
}

std::uint64_t frame_count(const Json& value) {
  if (value.is_string() && value.get<std::string>() == "all") return ~std::uint64_t{0};
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, as_number(value).value_or(0)));
}

/// Frames that no MISP should send, by name.
std::string malformed_frame(const std::string& kind) {
  if (kind == "no_space") return "misp_json_attribute";
  if (kind == "not_utf8") return "misp_json_attribute {\"Attribute\":{\"value\":\"\xff\xfe\"}}";
  if (kind == "no_uuid") return R"(misp_json_attribute {"Attribute":{"id":"1"},"action":"add"})";
  if (kind == "empty") return "misp_json_attribute ";
  return R"(misp_json_attribute {"Attribute":{"id":)";
}

void read_faults(const Json& body, Faults& faults) {
  const auto number = [&](std::string_view name, std::int64_t& target) {
    if (const auto value = number_field(body, name)) target = *value;
  };
  number("empty_200", faults.empty_200);
  number("truncate_body", faults.truncate_body);
  number("cut_connection", faults.cut_connection);
  number("html_200", faults.html_200);
  number("page_shift", faults.page_shift);
  const auto& status = field(body, "status");
  number("status_count", faults.status_count);
  if (status.is_object()) {
    faults.status_code = static_cast<int>(number_field(status, "code").value_or(503));
    const auto time = number_field(status, "for_ms");
    faults.status_count = number_field(status, "count").value_or(time ? 0 : 1);
    faults.status_until =
        std::chrono::steady_clock::now() + std::chrono::milliseconds(time.value_or(0));
  }
  const auto milliseconds = [&](std::string_view name, std::chrono::milliseconds& target) {
    if (const auto value = number_field(body, name)) target = std::chrono::milliseconds(*value);
  };
  milliseconds("delay_commit_ms", faults.delay_commit);
  milliseconds("slow_body_ms", faults.slow_body);
  if (has_field(body, "rate_limit")) {
    const auto& limit = field(body, "rate_limit");
    faults.rate_limit = limit.is_boolean() ? std::nullopt : as_number(limit);
  }
  faults.not_live = flag_field(body, "not_live").value_or(faults.not_live);
}

}  // namespace

Response Simulator::control(const Request& request) {
  if (request.action == "faults") return control_faults(request);
  if (request.action == "publisher") return control_publisher(request);
  if (request.action == "expected") return control_expected(request);
  if (request.action == "load") return control_load(request);
  if (request.action == "reset") return control_reset(request);
  if (request.action == "clock") return control_clock(request);
  if (request.action == "feed") return control_feed(request);
  if (request.action == "instance") return control_instance(request);
  if (request.action == "stats") return json_response(stats());
  return error_response(404, "Not Found", request.path);
}

Response Simulator::control_faults(const Request& request) {
  const auto body = parse_body(request);
  const std::lock_guard lock(mutex_);
  if (const auto right = flag_field(body, "sighting_right")) instance_.set_sighting_right(*right);
  read_faults(body, faults_);
  if (has_field(body, "rate_limit")) rate_ = {};
  if (const auto silent = flag_field(body, "silent")) changes_.set_silent(*silent);
  if (has_field(body, "drop_frames")) publisher_.drop(frame_count(field(body, "drop_frames")));
  if (has_field(body, "duplicate_frames")) {
    publisher_.duplicate(frame_count(field(body, "duplicate_frames")));
  }
  if (as_flag(field(body, "malformed_frame"))) {
    publisher_.push_raw(malformed_frame(text_field(body, "malformed_frame").value_or("")));
  }
  return json_response(std::string(kDone));
}

Response Simulator::control_publisher(const Request& request) {
  const auto action = text_field(parse_body(request), "action").value_or("");
  if (action == "kill") {
    publisher_.kill();
  } else if (action == "start") {
    publisher_.start();
  } else if (action == "stall") {
    publisher_.stall();
  } else if (action == "resume") {
    publisher_.resume();
  } else {
    return error_response(400, "action is one of kill, start, stall, resume", request.path);
  }
  return json_response(std::string(kDone));
}

Response Simulator::control_expected(const Request& request) {
  const auto body = parse_body(request);
  const auto to_ids = flag_field(body, "to_ids");
  const auto published = flag_field(body, "published");
  const std::lock_guard lock(mutex_);
  Response response;
  JsonWriter json(response.body, false);
  json.begin_array();
  for (const auto& [id, attribute] : db_.attributes().rows()) {
    const auto& event = *db_.events().find(attribute.event_id);
    if (attribute.deleted || (to_ids && attribute.to_ids != *to_ids) ||
        (published && event.published != *published)) {
      continue;
    }
    json.begin_object().number("id", id).text("uuid", attribute.uuid);
    json.text("type", attribute.type).text("value", attribute.value());
    json.number("event_id", event.id).text("event_uuid", event.uuid).text("info", event.info);
    json.boolean("to_ids", attribute.to_ids).boolean("published", event.published);
    json.number("timestamp", attribute.timestamp).number("object_id", attribute.object_id);
    json.key("tags").begin_array();
    for (const auto& use : attribute.tags) json.text(db_.tag(use.tag)->name);
    json.end_array().key("event_tags").begin_array();
    for (const auto& use : event.tags) json.text(db_.tag(use.tag)->name);
    json.end_array().end_object();
  }
  json.end_array();
  return response;
}

Response Simulator::control_load(const Request& request) {
  const auto body = parse_body(request);
  const auto count = [&](std::string_view name, std::int64_t otherwise) {
    const auto value = number_field(body, name).value_or(otherwise);
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, value));
  };
  SyntheticSet set;
  set.events = count("events", 1);
  set.attributes = count("attributes", 0);
  set.seed = count("seed", 1);
  set.to_ids_percent = static_cast<int>(count("to_ids_percent", 100));
  set.published_percent = static_cast<int>(count("published_percent", 100));
  constexpr std::uint64_t kMost = 5'000'000;
  if (set.attributes > kMost || set.events > kMost) {
    return error_response(400, "at most 5000000 events and attributes", request.path);
  }
  const std::lock_guard lock(mutex_);
  add_synthetic(db_, set, now());
  keep(request);
  return json_response(std::string(kDone));
}

Response Simulator::control_reset(const Request& request) {
  const bool empty = as_flag(field(parse_body(request), "empty"));
  const std::lock_guard lock(mutex_);
  publisher_.clear();
  faults_ = {};
  rate_ = {};
  requests_.clear();
  work_ = {};
  changes_.set_silent(false);
  start_empty();
  if (!empty) load_seed();
  keep(request);
  return json_response(std::string(kDone));
}

Response Simulator::control_feed(const Request& request) {
  const auto body = parse_body(request);
  const auto name = text_field(body, "topic").value_or("");
  const auto message = feed_other(name);
  if (message.empty()) {
    return error_response(400,
                          "topic is one of audit, user, organisation, conversation, "
                          "object_reference, workflow",
                          request.path);
  }
  const auto topic = "misp_json_" + name;
  if (const auto every = number_field(body, "every_ms")) {
    publisher_.repeat(topic, message, std::chrono::milliseconds(*every));
    return json_response(std::string(kDone));
  }
  const auto count = number_field(body, "count").value_or(1);
  for (std::int64_t i = 0; i < count; ++i) publisher_.push(topic, message);
  return json_response(std::string(kDone));
}

Response Simulator::control_instance(const Request& request) {
  const auto body = parse_body(request);
  const std::lock_guard lock(mutex_);
  const auto error = instance_.change(body);
  if (!error.empty()) return error_response(400, error, request.path);
  keep(request);
  return json_response(std::string(kDone));
}

Response Simulator::control_clock(const Request& request) {
  const auto body = parse_body(request);
  if (const auto seconds = number_field(body, "advance")) set_clock(now() + *seconds);
  if (const auto seconds = number_field(body, "offset")) {
    offset_ = *seconds;
    set_clock(std::nullopt);
  }
  if (has_field(body, "set")) set_clock(number_field(body, "set"));
  Response response;
  JsonWriter json(response.body, true);
  json.begin_object().number("now", now()).end_object();
  return response;
}

}  // namespace misp_zeek::misp_sim
