// SPDX-License-Identifier: BSD-3-Clause
#include "stack/stack.h"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>

#include "web/client.h"

namespace misp_zeek::stack {
namespace {

using nlohmann::json;
using process::Process;

json body_of(const std::optional<web::Answer>& answer, const std::string& path) {
  if (!answer || answer->status != 200) {
    throw std::runtime_error("MISP refused " + path + ": " + (answer ? answer->body : "no answer"));
  }
  return json::parse(answer->body);
}

std::unique_ptr<web::Client> misp_client(int port) {
  auto client = std::make_unique<web::Client>(port);
  client->set_timeout(std::chrono::seconds(60));
  client->set_headers({{"Authorization", Stack::api_key()}, {"Accept", "application/json"}});
  return client;
}

}  // namespace

std::string find_zeek(const std::string& wish, sim::Transport transport) {
  const bool speaks_to_zeek = MISP_ZEEK_BROKER_IS_ZEEKS || transport == sim::Transport::kWebSocket;
  if (wish == "none" || !speaks_to_zeek) {
    return "";
  }
  if (wish != "auto") {
    return wish;
  }
  std::vector<std::string> places;
  std::stringstream path(std::getenv("PATH") == nullptr ? "" : std::getenv("PATH"));
  for (std::string place; std::getline(path, place, ':');) {
    places.push_back(place);
  }
  places.insert(places.end(), {"/usr/local/zeek/bin", "/opt/zeek/bin"});
  for (const auto& place : places) {
    if (std::filesystem::exists(place + "/zeek")) {
      return place + "/zeek";
    }
  }
  return "";
}

const std::string& Stack::api_key() {
  static const std::string key = "misp-sim-key-0123456789abcdefghijklmnopq";
  return key;
}

const std::string& Stack::http_token() {
  static const std::string token = "http-token-of-the-stack-0123456789";
  return token;
}

Stack::Stack(Options options) : options_(std::move(options)) { folder_.keep(true); }

Stack::~Stack() = default;

void Stack::start_misp() {
  std::filesystem::remove(file("misp.json"));
  const std::string host = "127.0.0.1:";
  std::vector<std::string> command = {MISP_ZEEK_MISP_SIM,
                                      "--ready-file",
                                      file("misp.json"),
                                      "--key",
                                      api_key(),
                                      "--http",
                                      host + std::to_string(http_port_),
                                      "--zmq",
                                      "tcp://" + host + std::to_string(zmq_port_)};
  if (options_.misp_state) {
    command.insert(command.end(), {"--journal", file("misp.journal")});
  }
  command.insert(command.end(), options_.misp_arguments.begin(), options_.misp_arguments.end());
  misp_ = std::make_unique<Process>(Process::Options{command, {}, "", file("misp-sim.log")});
  const auto text = process::wait_for_file(file("misp.json"), options_.start_limit);
  if (text.empty()) {
    throw std::runtime_error("the MISP simulator did not start, see " + file("misp-sim.log"));
  }
  const auto ports = json::parse(text);
  http_port_ = ports.at("http_port");
  zmq_port_ = ports.at("zmq_port");
}

std::unique_ptr<Process> Stack::zeek_process(const std::string& port) const {
  if (!has_real_zeek()) {
    return std::make_unique<Process>(
        Process::Options{{MISP_ZEEK_ZEEK_SIM, "--listen", "127.0.0.1:" + port, "--disable-tls",
                          "--transport", is_broker() ? "broker" : "websocket"},
                         {},
                         "",
                         file("zeek.log")});
  }
  const std::string sources = MISP_ZEEK_SOURCE_DIR;
  std::vector<std::string> command = {options_.zeek, "exit_only_after_terminate=T"};
  command.push_back(sources + "/zeek/scripts");
  command.push_back(sources + "/tests/support/zeek/inspect.zeek");
  command.insert(command.end(), options_.zeek_arguments.begin(), options_.zeek_arguments.end());
  return std::make_unique<Process>(
      Process::Options{std::move(command),
                       {{"MISP_ALLOW_UNAUTHENTICATED", "T"},
                        {"MISP_BROKER_PORT", is_broker() ? port : "0"},
                        {"MISP_WEBSOCKET_PORT", is_broker() ? "0" : port}},
                       folder_.path(),
                       file("zeek.log")});
}

void Stack::start_zeek() {
  // Broker 1.4 breaks a listener's other TLS connections when one peer leaves, so the stand-in
  // speaks without TLS.
  if (zeek_port_ == 0) {
    zeek_port_ = process::free_port();
  }
  zeek_ = zeek_process(std::to_string(zeek_port_));
  auto inspector = sim::ZeekInspector::connect({.transport = options_.transport,
                                                .address = "127.0.0.1",
                                                .port = static_cast<std::uint16_t>(zeek_port_),
                                                .disable_tls = !is_broker() || !has_real_zeek(),
                                                .tls = {}},
                                               options_.start_limit);
  if (!inspector) {
    throw std::runtime_error("Zeek does not answer: " + inspector.error().message + ", see " +
                             file("zeek.log"));
  }
  inspector_ = std::move(*inspector);
}

void Stack::start_service() {
  health_port_ = process::free_port();
  const auto port = [](int routed, int real) { return routed != 0 ? routed : real; };
  std::ofstream(file("misp-zeek.toml"))
      << "[misp]\nurl = \"http://127.0.0.1:" << port(route_.misp_http, http_port_)
      << "\"\n[misp.feed]\nendpoint = \""
      << endpoint_.value_or("tcp://127.0.0.1:" + std::to_string(port(route_.misp_feed, zmq_port_)))
      << "\"\n[[zeek]]\nname = \"zeek\"\nport = " << port(route_.zeek, zeek_port_)
      << "\ntransport = \"" << (is_broker() ? "broker" : "websocket")
      << "\"\ntls = " << (is_broker() && has_real_zeek() ? "true" : "false")
      << "\n[http]\nlisten = \"127.0.0.1:" << health_port_ << "\"\n[control]\nsocket = \""
      << control_socket() << "\"\n"
      << (options_.state ? "[state]\npath = \"" + state_path() + "\"\n" : "") << options_.settings;
  service_ = std::make_unique<Process>(Process::Options{
      {MISP_ZEEK_SERVICE, "run", "-c", file("misp-zeek.toml")},
      {{"MISP_ZEEK_MISP_API_KEY", api_key()}, {"MISP_ZEEK_HTTP_TOKEN", http_token()}},
      "",
      file("misp-zeek.log")});
}

void Stack::stop_service() {
  const int status = service_->terminate();
  service_.reset();
  // It may have come too late to take the signal, when it was just started.
  if (status != 0 && status != 128 + SIGTERM) {
    throw std::runtime_error("the service did not end cleanly, see " + file("misp-zeek.log"));
  }
}

void Stack::kill_misp() {
  misp_->kill();
  misp_.reset();
}

void Stack::kill_service() {
  service_->kill();
  service_.reset();
}

void Stack::kill_zeek() {
  inspector_.reset();
  zeek_->kill();
  zeek_.reset();
}

int Stack::command(const std::vector<std::string>& verb) const {
  std::vector<std::string> command = {MISP_ZEEK_SERVICE};
  command.insert(command.end(), verb.begin(), verb.end());
  command.insert(command.end(), {"-c", file("misp-zeek.toml")});
  Process program({command,
                   {{"MISP_ZEEK_MISP_API_KEY", api_key()}, {"MISP_ZEEK_HTTP_TOKEN", http_token()}},
                   "",
                   file("command.log")});
  return program.wait(std::chrono::seconds(30));
}

json Stack::post(const std::string& path, const json& body) const {
  return body_of(misp_client(http_port_)->post(path, body.dump(), "application/json"), path);
}

json Stack::get(const std::string& path) const {
  return body_of(misp_client(http_port_)->get(path), path);
}

json Stack::ready() const {
  const auto answer = web::Client(health_port_).get("/readyz");
  return answer ? json::parse(answer->body) : json{{"ready", false}};
}

void Stack::wait_until_ready(std::chrono::seconds limit) const {
  const auto end = std::chrono::steady_clock::now() + limit;
  json state = ready();
  while (!state.at("ready").get<bool>()) {
    if (!service_->running()) {
      throw std::runtime_error("the service ended, see " + file("misp-zeek.log"));
    }
    if (std::chrono::steady_clock::now() > end) {
      throw std::runtime_error("not ready in time: " + state.dump());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    state = ready();
  }
}

std::vector<std::string> Stack::held(std::chrono::seconds limit) {
  auto entries = inspector_->dump(limit);
  if (!entries) {
    throw std::runtime_error("cannot read Zeek's store: " + entries.error().message);
  }
  return std::move(*entries);
}

std::size_t Stack::held_indicators(std::chrono::seconds limit) {
  const auto size = inspector_->size(limit);
  if (!size) {
    throw std::runtime_error("cannot read the size of Zeek's store: " + size.error().message);
  }
  return *size;
}

}  // namespace misp_zeek::stack
