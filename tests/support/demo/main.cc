// SPDX-License-Identifier: BSD-3-Clause
// Shows the main job live: a simulated MISP, the real service, and a real Zeek with the package, or
// a stand-in that says so. Plays edits in MISP and compares what Zeek itself then holds, exactly.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "misp_sim/subscriber.h"
#include "stack/stack.h"

namespace {

using misp_zeek::sim::Transport;
using misp_zeek::stack::Stack;
using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr auto kStartLimit = seconds(40);
constexpr auto kStepLimit = seconds(10);

/// Zeek's entries without their attribute uuids: "indicator type source".
using Entries = std::set<std::string>;

struct Settings {
  std::string zeek = "auto";
  Transport transport = Transport::kBroker;
  bool keep = false;
};

/// A line that is drawn anew on a terminal, and printed when it changed elsewhere.
class Progress {
 public:
  void show(double share, const std::string& text) {
    const auto width = static_cast<std::size_t>(30 * std::clamp(share, 0.0, 1.0));
    std::string line =
        "bootstrap [" + std::string(width, '#') + std::string(30 - width, '.') + "] " + text;
    if (line == shown_) {
      return;
    }
    std::cout << (terminal_ ? "\r\33[K" : "") << line << (terminal_ ? "" : "\n") << std::flush;
    shown_ = std::move(line);
  }
  void end() const { std::cout << (terminal_ ? "\n" : ""); }

 private:
  const bool terminal_ = isatty(STDOUT_FILENO) != 0;
  std::string shown_;
};

/// What the check `snapshot` of /readyz says, and how far the read is by it.
std::pair<std::string, double> reading(const json& state) {
  for (const auto& check : state.value("checks", json::array())) {
    if (check.at("name") == "snapshot") {
      auto text = check.at("message").get<std::string>();
      unsigned long read = 0;
      unsigned long all = 0;
      if (std::sscanf(text.c_str(), "reading: %lu of about %lu", &read, &all) == 2 && all > 0) {
        return {std::move(text), static_cast<double>(read) / static_cast<double>(all)};
      }
      return {std::move(text), check.at("ok").get<bool>() ? 1.0 : 0.0};
    }
  }
  return {"starting", 0.0};
}

class Demo {
 public:
  explicit Demo(const Settings& settings)
      : settings_(settings),
        // The recorded attributes are older than the default max_age.
        stack_({.zeek = misp_zeek::stack::find_zeek(settings.zeek, settings.transport),
                .transport = settings.transport,
                .misp_arguments = {},
                .settings = "[filter]\nmax_age = \"0\"\n[log]\nlevel = \"debug\"\n",
                .start_limit = kStartLimit}) {}

  void run();

 private:
  void start();
  void bootstrap();
  void play();
  void restart_service();
  json call(const std::string& path, const json& body = json::object()) {
    return stack_.post(path, body);
  }
  Entries held();
  /// Topics and actions of the messages that MISP has published since the last call.
  std::string said();
  void expect(const std::string& what, const std::function<void()>& act, const Entries& gone,
              const Entries& come);

  Settings settings_;
  Stack stack_;
  std::unique_ptr<misp_zeek::misp_sim::Subscriber> feed_;
};

void Demo::start() {
  stack_.start_misp();
  std::cout << "MISP     misp-sim, a simulator: http://127.0.0.1:" << stack_.misp_http_port()
            << ", feed tcp://127.0.0.1:" << stack_.misp_feed_port() << "\n";
  feed_ = std::make_unique<misp_zeek::misp_sim::Subscriber>(
      "tcp://127.0.0.1:" + std::to_string(stack_.misp_feed_port()), false);
  stack_.start_zeek();
  if (stack_.has_real_zeek()) {
    std::cout << "Zeek     " << misp_zeek::stack::find_zeek(settings_.zeek, settings_.transport)
              << " with the package, " << (stack_.is_broker() ? "Broker" : "WebSocket API")
              << " at 127.0.0.1:" << stack_.zeek_port() << "\n";
  } else {
    std::cout << "Zeek     zeek-sim, a stand-in without an Intel framework: "
              << (settings_.zeek == "none" ? "asked for"
                                           : "no Zeek whose Broker this build speaks was found")
              << "\n";
  }
  stack_.start_service();
  std::cout << "service  misp-zeek run, health at http://127.0.0.1:" << stack_.health_port()
            << "/readyz\n";
}

Entries Demo::held() {
  Entries entries;
  for (const auto& line : stack_.held()) {
    std::string entry = line.substr(0, line.rfind('\t'));
    std::replace(entry.begin(), entry.end(), '\t', ' ');
    entries.insert(std::move(entry));
  }
  return entries;
}

std::string Demo::said() {
  std::string all;
  // What has arrived; the first message may still be on its way.
  auto patience = milliseconds(100);
  while (const auto frame = feed_->next(patience)) {
    all += (all.empty() ? "" : ", ") + misp_zeek::misp_sim::topic_and_action(*frame);
    patience = milliseconds(0);
  }
  return all.empty() ? "nothing" : all;
}

void Demo::bootstrap() {
  const auto start = steady_clock::now();
  Progress progress;
  bool done = false;
  while (!done && steady_clock::now() < start + kStartLimit) {
    if (!stack_.service().running()) {
      throw std::runtime_error("the service ended, see " + stack_.file("misp-zeek.log"));
    }
    const json state = stack_.ready();
    done = state.at("ready").get<bool>();
    const auto [text, share] = reading(state);
    progress.show(share, text + (done ? ", Zeek in step" : ""));
    std::this_thread::sleep_for(milliseconds(done ? 0 : 20));
  }
  progress.end();
  if (!done) {
    throw std::runtime_error("not ready in time: " + stack_.ready().dump());
  }
  const auto entries = held();
  const std::chrono::duration<double> took = steady_clock::now() - start;
  std::printf("Zeek holds %zu entries from MISP after %.2f s\n\n", entries.size(), took.count());
  if (entries.empty()) {
    throw std::runtime_error("Zeek holds nothing after the bootstrap");
  }
}

void Demo::expect(const std::string& what, const std::function<void()>& act, const Entries& gone,
                  const Entries& come) {
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
  std::printf("%s\n   MISP said: %s\n", what.c_str(), said().c_str());
  for (const auto& entry : gone) {
    std::printf("   - %s\n", entry.c_str());
  }
  for (const auto& entry : come) {
    std::printf("   + %s\n", entry.c_str());
  }
  if (now != wanted) {
    throw std::runtime_error(what + ": Zeek's store is not what it must be");
  }
  std::printf("   Zeek's store as it must be, %zu entries, %.1f ms after MISP's answer\n",
              now.size(), took.count());
}

void Demo::play() {
  const json event = call("/events/add", {{"info", "demonstration"}, {"distribution", "3"}});
  std::cout << "new event\n   MISP said: " << said() << "\n";
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
  stack_.stop_service();
  stack_.start_service();
  const auto start = steady_clock::now();
  while (!stack_.ready().at("ready").get<bool>()) {
    if (held() != before) {
      throw std::runtime_error("a restart of the service changed what Zeek holds");
    }
    if (steady_clock::now() > start + kStartLimit) {
      throw std::runtime_error("not ready after a restart: " + stack_.ready().dump());
    }
  }
  if (held() != before) {
    throw std::runtime_error("a restart of the service changed what Zeek holds");
  }
  std::cout << "restart of the service: Zeek held all " << before.size()
            << " entries the whole time\n";
}

void wait_for_signal() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  int number = 0;
  sigwait(&signals, &number);
}

void Demo::run() {
  start();
  bootstrap();
  play();
  restart_service();
  std::cout << "\nall as it must be\n";
  if (settings_.keep) {
    std::cout << "still running; API key " << Stack::api_key() << "; logs in " << stack_.file("")
              << "; end with Ctrl-C\n"
              << std::flush;
    wait_for_signal();
  }
  stack_.stop_service();
  stack_.keep_files(false);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Shows MISP -> Zeek live on loopback.", "misp-zeek-demo");
  Settings settings;
  app.add_flag("--keep", settings.keep, "Leave everything running at the end");
  app.add_option("--zeek", settings.zeek,
                 "Program zeek; \"auto\" looks for one, \"none\" takes the stand-in");
  app.add_option("--transport", settings.transport, "broker or websocket")
      ->transform(CLI::Transformer(std::map<std::string, Transport>{
          {"broker", Transport::kBroker}, {"websocket", Transport::kWebSocket}}));
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
