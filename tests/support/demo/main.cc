// SPDX-License-Identifier: BSD-3-Clause
// Shows the main job live: a simulated MISP, the real service, and a real Zeek with the package, or
// a stand-in that says so. Plays edits in MISP and compares what Zeek itself then holds, exactly.
#include <httplib.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "process/process.h"
#include "zeek_sim/zeek_inspector.h"

namespace {

using misp_zeek::process::Process;
using misp_zeek::sim::ZeekInspector;
using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr const char* kKey = "misp-sim-key-0123456789abcdefghijklmnopq";
constexpr auto kStartLimit = seconds(40);
constexpr auto kStepLimit = seconds(10);

/// Zeek's entries without their attribute uuids: "indicator type source".
using Entries = std::set<std::string>;

struct Settings {
  std::string zeek = "auto";
  bool keep = false;
};

std::string find_zeek(const std::string& wish) {
  if (wish == "none" || !MISP_ZEEK_BROKER_IS_ZEEKS) {
    return "";
  }
  if (wish != "auto") {
    return wish;
  }
  std::vector<std::string> places = {"/usr/local/zeek/bin", "/opt/zeek/bin"};
  std::stringstream path(std::getenv("PATH") == nullptr ? "" : std::getenv("PATH"));
  for (std::string place; std::getline(path, place, ':');) {
    places.insert(places.begin(), place);
  }
  for (const auto& place : places) {
    if (std::filesystem::exists(place + "/zeek")) {
      return place + "/zeek";
    }
  }
  return "";
}

class Demo {
 public:
  explicit Demo(const Settings& settings) : settings_(settings) {
    char pattern[] = "/tmp/misp-zeek-demo-XXXXXX";
    directory_ = mkdtemp(pattern);
  }
  ~Demo() {
    service_.reset();
    zeek_.reset();
    misp_.reset();
    if (ok_) {
      std::filesystem::remove_all(directory_);
    }
  }

  void run();

 private:
  std::string file(const std::string& name) const { return directory_ + "/" + name; }
  void start_misp();
  void start_zeek();
  void start_service();
  void bootstrap();
  void play();
  void restart_service();
  void stop();
  json call(const std::string& path, const json& body = json::object());
  Entries held();
  void expect(const std::string& what, const std::function<void()>& act, Entries gone,
              Entries come);
  json ready();

  Settings settings_;
  std::string directory_;
  bool ok_ = false;
  bool tls_ = true;
  int http_port_ = 0;
  int zmq_port_ = 0;
  int zeek_port_ = 0;
  int health_port_ = 0;
  std::unique_ptr<Process> misp_;
  std::unique_ptr<Process> zeek_;
  std::unique_ptr<Process> service_;
  std::unique_ptr<ZeekInspector> inspector_;
};

void Demo::start_misp() {
  misp_ = std::make_unique<Process>(
      Process::Options{{MISP_ZEEK_MISP_SIM, "--ready-file", file("misp.json"), "--key", kKey},
                       {},
                       "",
                       file("misp-sim.log")});
  const auto text = misp_zeek::process::wait_for_file(file("misp.json"), kStartLimit);
  if (text.empty()) {
    throw std::runtime_error("the MISP simulator did not start, see " + file("misp-sim.log"));
  }
  const auto ports = json::parse(text);
  http_port_ = ports.at("http_port");
  zmq_port_ = ports.at("zmq_port");
  std::cout << "MISP     misp-sim, a simulator: http://127.0.0.1:" << http_port_
            << ", feed tcp://127.0.0.1:" << zmq_port_ << "\n";
}

void Demo::start_zeek() {
  const std::string zeek = find_zeek(settings_.zeek);
  // Broker 1.4 breaks a listener's other TLS connections when one peer leaves.
  tls_ = !zeek.empty();
  zeek_port_ = misp_zeek::process::free_port();
  const std::string port = std::to_string(zeek_port_);
  if (zeek.empty()) {
    zeek_ = std::make_unique<Process>(
        Process::Options{{MISP_ZEEK_ZEEK_SIM, "--listen", "127.0.0.1:" + port, "--disable-tls"},
                         {},
                         "",
                         file("zeek.log")});
    std::cout << "Zeek     zeek-sim, a stand-in without an Intel framework: "
              << (settings_.zeek == "none" ? "asked for"
                                           : "no Zeek whose Broker this build speaks was found")
              << "\n";
  } else {
    zeek_ = std::make_unique<Process>(Process::Options{
        {zeek, MISP_ZEEK_SOURCE_DIR "/zeek/scripts",
         MISP_ZEEK_SOURCE_DIR "/tests/support/zeek/inspect.zeek", "exit_only_after_terminate=T"},
        {{"MISP_BROKER_PORT", port}},
        directory_,
        file("zeek.log")});
    std::cout << "Zeek     " << zeek << " with the package, listening at 127.0.0.1:" << port
              << "\n";
  }
  auto inspector = ZeekInspector::connect({.address = "127.0.0.1",
                                           .port = static_cast<std::uint16_t>(zeek_port_),
                                           .disable_tls = !tls_,
                                           .tls = {}},
                                          kStartLimit);
  if (!inspector) {
    throw std::runtime_error("Zeek does not answer: " + inspector.error().message + ", see " +
                             file("zeek.log"));
  }
  inspector_ = std::move(*inspector);
}

void Demo::start_service() {
  health_port_ = misp_zeek::process::free_port();
  // The recorded attributes are older than the default max_age.
  std::ofstream(file("misp-zeek.toml"))
      << "[misp]\nurl = \"http://127.0.0.1:" << http_port_
      << "\"\n[misp.feed]\nendpoint = \"tcp://127.0.0.1:" << zmq_port_
      << "\"\n[filter]\nmax_age = \"0\"\n[[zeek]]\nname = \"demo\"\nport = " << zeek_port_
      << "\ntls = " << (tls_ ? "true" : "false")
      << "\n[http]\nlisten = \"127.0.0.1:" << health_port_ << "\"\n[log]\nlevel = \"debug\"\n";
  service_ = std::make_unique<Process>(
      Process::Options{{MISP_ZEEK_SERVICE, "run", "-c", file("misp-zeek.toml")},
                       {{"MISP_ZEEK_MISP_API_KEY", kKey}},
                       "",
                       file("misp-zeek.log")});
  std::cout << "service  misp-zeek run, health at http://127.0.0.1:" << health_port_ << "/readyz\n";
}

json Demo::ready() {
  httplib::Client client("127.0.0.1", health_port_);
  const auto answer = client.Get("/readyz");
  return answer ? json::parse(answer->body) : json{{"ready", false}};
}

json Demo::call(const std::string& path, const json& body) {
  httplib::Client client("127.0.0.1", http_port_);
  const httplib::Headers headers = {{"Authorization", kKey}, {"Accept", "application/json"}};
  const auto answer = client.Post(path, headers, body.dump(), "application/json");
  if (!answer || answer->status != 200) {
    throw std::runtime_error("MISP refused " + path + ": " + (answer ? answer->body : "no answer"));
  }
  return json::parse(answer->body);
}

Entries Demo::held() {
  const auto lines = inspector_->dump(kStepLimit);
  if (!lines) {
    throw std::runtime_error("cannot read Zeek's store: " + lines.error().message);
  }
  Entries entries;
  for (const auto& line : *lines) {
    const auto cut = line.rfind('\t');
    std::string entry = line.substr(0, cut);
    std::replace(entry.begin(), entry.end(), '\t', ' ');
    entries.insert(std::move(entry));
  }
  return entries;
}

void Demo::bootstrap() {
  const auto start = steady_clock::now();
  const bool terminal = isatty(STDOUT_FILENO) != 0;
  bool done = false;
  std::string shown;
  while (!done && steady_clock::now() < start + kStartLimit) {
    if (!service_->running()) {
      throw std::runtime_error("the service ended, see " + file("misp-zeek.log"));
    }
    const json state = ready();
    done = state.at("ready").get<bool>();
    std::size_t ok = 0;
    const std::size_t all = state.contains("checks") ? state["checks"].size() : 4;
    for (const auto& check : state.value("checks", json::array())) {
      ok += check.at("ok").get<bool>() ? 1 : 0;
    }
    const std::size_t width = 30 * ok / std::max<std::size_t>(all, 1);
    std::string bar = "bootstrap [" + std::string(width, '#') + std::string(30 - width, '.') +
                      "] " + std::to_string(ok) + " of " + std::to_string(all) + " in order";
    if (bar != shown) {
      std::cout << (terminal ? "\r" : "") << bar << (terminal ? "" : "\n") << std::flush;
      shown = bar;
    }
    std::this_thread::sleep_for(milliseconds(done ? 0 : 50));
  }
  if (!done) {
    throw std::runtime_error("not ready in time: " + ready().dump());
  }
  const auto entries = held();
  const std::chrono::duration<double> took = steady_clock::now() - start;
  std::printf("%sZeek holds %zu entries from MISP after %.2f s\n\n", terminal ? "\n" : "",
              entries.size(), took.count());
  if (entries.empty()) {
    throw std::runtime_error("Zeek holds nothing after the bootstrap");
  }
}

void Demo::expect(const std::string& what, const std::function<void()>& act, Entries gone,
                  Entries come) {
  Entries wanted = held();
  for (const auto& entry : gone) {
    if (wanted.erase(entry) == 0) {
      throw std::runtime_error(what + ": Zeek did not hold " + entry + " before");
    }
  }
  wanted.insert(come.begin(), come.end());
  act();
  const auto start = steady_clock::now();
  Entries now = held();
  while (now != wanted && steady_clock::now() < start + kStepLimit) {
    now = held();
  }
  const std::chrono::duration<double, std::milli> took = steady_clock::now() - start;
  std::printf("%s\n", what.c_str());
  for (const auto& entry : gone) {
    std::printf("   - %s\n", entry.c_str());
  }
  for (const auto& entry : come) {
    std::printf("   + %s\n", entry.c_str());
  }
  if (now != wanted) {
    throw std::runtime_error(what + ": Zeek's store is not what it must be");
  }
  std::printf("   seen in Zeek's store %.1f ms after MISP's answer; %zu entries\n", took.count(),
              now.size());
}

void Demo::play() {
  const json event = call("/events/add", {{"info", "demonstration"}, {"distribution", "3"}});
  const std::string id = event["Event"]["id"].get<std::string>();
  const std::string source = " MISP-" + id;
  const auto add = [&](const char* type, const char* value) {
    const json answer =
        call("/attributes/add/" + id, {{"type", type}, {"value", value}, {"to_ids", true}});
    return answer["Attribute"]["id"].get<std::string>();
  };
  std::string domain;
  std::string composite;
  std::string address;
  const std::string evil = "evil.demo.example Intel::DOMAIN" + source;
  const std::string worse = "worse.demo.example Intel::DOMAIN" + source;
  const std::string pair_domain = "pair.demo.example Intel::DOMAIN" + source;
  const std::string pair_address = "203.0.113.77 Intel::ADDR" + source;
  const std::string subnet = "203.0.113.128/25 Intel::SUBNET" + source;
  expect("add domain evil.demo.example", [&] { domain = add("domain", "evil.demo.example"); }, {},
         {evil});
  expect("add domain|ip pair.demo.example|203.0.113.77",
         [&] { composite = add("domain|ip", "pair.demo.example|203.0.113.77"); }, {},
         {pair_domain, pair_address});
  expect("add ip-dst 203.0.113.77, which is there already",
         [&] { address = add("ip-dst", "203.0.113.77"); }, {}, {});
  expect("add ip-src 203.0.113.128/25", [&] { add("ip-src", "203.0.113.128/25"); }, {}, {subnet});
  expect("change the domain's value",
         [&] {
           call("/attributes/edit/" + domain, {{"value", "worse.demo.example"}});
         },
         {evil}, {worse});
  expect("to_ids off",
         [&] {
           call("/attributes/edit/" + domain, {{"to_ids", false}});
         },
         {worse}, {});
  expect("to_ids on again",
         [&] {
           call("/attributes/edit/" + domain, {{"to_ids", true}});
         },
         {}, {worse});
  expect("soft delete", [&] { call("/attributes/delete/" + domain); }, {worse}, {});
  expect("hard delete of domain|ip; another attribute still names the address",
         [&] { call("/attributes/delete/" + composite + "/1"); }, {pair_domain}, {});
  expect("delete the whole event; MISP names none of its attributes",
         [&] { call("/events/delete/" + id); }, {pair_address, subnet}, {});
}

void Demo::restart_service() {
  const Entries before = held();
  stop();
  service_.reset();
  start_service();
  const auto start = steady_clock::now();
  while (!ready().at("ready").get<bool>()) {
    if (held() != before) {
      throw std::runtime_error("a restart of the service changed what Zeek holds");
    }
    if (steady_clock::now() > start + kStartLimit) {
      throw std::runtime_error("not ready after a restart: " + ready().dump());
    }
  }
  if (held() != before) {
    throw std::runtime_error("a restart of the service changed what Zeek holds");
  }
  std::cout << "restart of the service: Zeek held all " << before.size()
            << " entries the whole time\n";
}

void Demo::stop() {
  if (service_->terminate() != 0) {
    throw std::runtime_error("the service did not end cleanly, see " + file("misp-zeek.log"));
  }
}

void Demo::run() {
  start_misp();
  start_zeek();
  start_service();
  bootstrap();
  play();
  restart_service();
  std::cout << "\nall as it must be\n";
  if (settings_.keep) {
    std::cout << "still running; API key " << kKey << "; logs in " << directory_
              << "; end with Ctrl-C\n"
              << std::flush;
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, nullptr);
    int number = 0;
    sigwait(&signals, &number);
  }
  stop();
  ok_ = true;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Shows MISP -> Zeek live on loopback.", "misp-zeek-demo");
  Settings settings;
  app.add_flag("--keep", settings.keep, "Leave everything running at the end");
  app.add_option("--zeek", settings.zeek,
                 "Program zeek; \"auto\" looks for one, \"none\" takes the stand-in");
  CLI11_PARSE(app, argc, argv);
  try {
    Demo(settings).run();
  } catch (const std::exception& error) {
    std::cout << std::flush;
    std::cerr << "demo: " << error.what() << "\n";
    return 1;
  }
  return 0;
}
