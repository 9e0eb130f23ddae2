// SPDX-License-Identifier: BSD-3-Clause
#include "misp_sim.h"

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "http_server.h"
#include "publisher.h"
#include "simulator.h"

namespace misp_zeek::misp_sim {
namespace {

Publisher::Options publisher_options(const MispSim::Options& options) {
  Publisher::Options publisher;
  publisher.endpoint = options.zmq_endpoint;
  publisher.username = options.username;
  publisher.password = options.password;
  publisher.heartbeat = options.heartbeat;
  publisher.bind_grace = options.bind_grace;
  publisher.send_limit = options.zmq_send_limit;
  return publisher;
}

Simulator::Options simulator_options(const MispSim::Options& options) {
  return {options.key,       options.sanitise,  options.native_ints,
          options.seed_file, options.uuid_seed, options.journal_file};
}

std::string path_of(std::string_view action, std::uint64_t id) {
  return std::string(action) + '/' + std::to_string(id);
}

std::string path_of(std::string_view action, std::string_view name) {
  return std::string(action) + '/' + std::string(name);
}

}  // namespace

std::string default_seed_file() { return MISP_SIM_SEED_FILE; }

struct MispSim::State {
  explicit State(Options given)
      : options(std::move(given)),
        publisher(publisher_options(options)),
        simulator(simulator_options(options), publisher),
        server(
            options.http_host, options.http_port,
            [this](const Request& request) { return simulator.serve(request); },
            [this] { return simulator.now(); }) {}

  Json demand(std::string_view method, const std::string& path, const Json& body) {
    auto request = parse_request(std::string(method), path);
    request.body = body.is_null() ? std::string() : body.dump();
    const auto response = simulator.carry_out(request);
    auto answer = Json::parse(response.body, nullptr, false);
    const bool refused = response.status >= 400 || as_text(field(answer, "errors")).has_value();
    if (refused) throw std::runtime_error(path + ": " + response.body);
    return answer;
  }

  void control(const std::string& path, const Json& body) {
    auto request = parse_request("POST", path);
    request.body = body.dump();
    const auto response = simulator.control(request);
    if (response.status != 200) throw std::runtime_error(path + ": " + response.body);
  }

  const Options options;
  Publisher publisher;
  Simulator simulator;
  HttpServer server;
};

MispSim::MispSim(Options options) : state_(std::make_unique<State>(std::move(options))) {}

MispSim::~MispSim() = default;

int MispSim::http_port() const { return state_->server.port(); }

int MispSim::zmq_port() const { return state_->publisher.port(); }

std::string MispSim::url() const { return "http://127.0.0.1:" + std::to_string(http_port()); }

std::string MispSim::zmq_endpoint() const {
  return "tcp://127.0.0.1:" + std::to_string(zmq_port());
}

const std::string& MispSim::key() const { return state_->options.key; }

MispSim::Reply MispSim::request(std::string_view method, std::string_view path,
                                std::string_view body) {
  auto request = parse_request(std::string(method), std::string(path));
  request.body = body;
  auto response = request.controller == "sim" ? state_->simulator.control(request)
                                              : state_->simulator.carry_out(request);
  return {response.status, std::move(response.body)};
}

std::uint64_t MispSim::add_event(const NewEvent& event) {
  Json fields = {{"info", event.info}, {"published", event.published}};
  if (!event.uuid.empty()) fields["uuid"] = event.uuid;
  for (const auto& tag : event.tags) fields["Tag"].push_back({{"name", tag}});
  const auto answer = state_->demand("POST", "/events/add", fields);
  return static_cast<std::uint64_t>(number_field(field(answer, "Event"), "id").value_or(0));
}

MispSim::Attribute MispSim::add_attribute(std::uint64_t event, std::string_view type,
                                          std::string_view value, bool to_ids) {
  const auto answer = state_->demand("POST", path_of("/attributes/add", event),
                                     {{"type", type}, {"value", value}, {"to_ids", to_ids}});
  const auto& saved = field(answer, "Attribute");
  return {static_cast<std::uint64_t>(number_field(saved, "id").value_or(0)),
          text_field(saved, "uuid").value_or("")};
}

void MispSim::edit_value(std::string_view attribute, std::string_view value) {
  state_->demand("POST", path_of("/attributes/edit", attribute), {{"value", value}});
}

void MispSim::edit_to_ids(std::string_view attribute, bool to_ids) {
  state_->demand("POST", path_of("/attributes/edit", attribute), {{"to_ids", to_ids}});
}

void MispSim::soft_delete(std::string_view attribute) {
  state_->demand("DELETE", path_of("/attributes/delete", attribute), nullptr);
}

void MispSim::hard_delete(std::string_view attribute) {
  state_->demand("DELETE", path_of("/attributes/delete", attribute) + "/1", nullptr);
}

void MispSim::restore(std::string_view attribute) {
  state_->demand("POST", path_of("/attributes/restore", attribute), nullptr);
}

void MispSim::delete_event(std::uint64_t event) {
  state_->demand("DELETE", path_of("/events/delete", event), nullptr);
}

void MispSim::publish(std::uint64_t event) {
  state_->demand("POST", path_of("/events/publish", event), nullptr);
}

void MispSim::unpublish(std::uint64_t event) {
  state_->demand("POST", path_of("/events/unpublish", event), nullptr);
}

void MispSim::attach_tag(std::string_view target, std::string_view tag, bool local) {
  state_->demand("POST", "/tags/attachTagToObject",
                 {{"uuid", target}, {"tag", tag}, {"local", local}});
}

void MispSim::detach_tag(std::string_view target, std::string_view tag) {
  state_->demand("POST", "/tags/removeTagFromObject", {{"uuid", target}, {"tag", tag}});
}

std::vector<MispSim::Expected> MispSim::expected() const {
  const auto response = state_->simulator.control(parse_request("GET", "/sim/expected"));
  std::vector<Expected> list;
  for (const auto& row : Json::parse(response.body)) {
    Expected expected;
    expected.id = static_cast<std::uint64_t>(number_field(row, "id").value_or(0));
    expected.uuid = text_field(row, "uuid").value_or("");
    expected.type = text_field(row, "type").value_or("");
    expected.value = text_field(row, "value").value_or("");
    expected.event_id = static_cast<std::uint64_t>(number_field(row, "event_id").value_or(0));
    expected.to_ids = as_flag(field(row, "to_ids"));
    expected.published = as_flag(field(row, "published"));
    expected.tags = as_texts(field(row, "tags"));
    expected.event_tags = as_texts(field(row, "event_tags"));
    list.push_back(std::move(expected));
  }
  return list;
}

void MispSim::set_faults(std::string_view json) {
  state_->control("/sim/faults", Json::parse(json));
}

void MispSim::set_instance(std::string_view json) {
  state_->control("/sim/instance", Json::parse(json));
}

void MispSim::drop_frames(std::uint64_t count) { state_->publisher.drop(count); }

void MispSim::set_silent(bool silent) { state_->simulator.set_silent(silent); }

void MispSim::load(std::uint64_t events, std::uint64_t attributes, std::uint64_t seed) {
  state_->control("/sim/load", {{"events", events}, {"attributes", attributes}, {"seed", seed}});
}

void MispSim::kill_publisher() { state_->publisher.kill(); }

void MispSim::start_publisher() { state_->publisher.start(); }

void MispSim::stall_publisher() { state_->publisher.stall(); }

void MispSim::resume_publisher() { state_->publisher.resume(); }

bool MispSim::wait_until_sent(std::chrono::milliseconds timeout) {
  return state_->publisher.wait_idle(timeout);
}

void MispSim::set_clock(std::optional<std::int64_t> seconds) {
  state_->simulator.set_clock(seconds);
}

std::int64_t MispSim::now() const { return state_->simulator.now(); }

void MispSim::set_next_ids(const FirstIds& ids) {
  NextIds next;
  next.event = ids.event;
  next.attribute = ids.attribute;
  next.object = ids.object;
  next.tag = ids.tag;
  next.sighting = ids.sighting;
  next.warninglist = ids.warninglist;
  state_->simulator.set_next_ids(next);
}

std::uint64_t MispSim::request_count(const std::string& action) const {
  return state_->simulator.request_count(action);
}

std::uint64_t MispSim::frame_count(const std::string& topic) const {
  const auto counters = state_->publisher.counters();
  const auto it = counters.frames.find(topic);
  return it == counters.frames.end() ? 0 : it->second;
}

}  // namespace misp_zeek::misp_sim
