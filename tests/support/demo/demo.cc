// SPDX-License-Identifier: BSD-3-Clause
#include "demo/demo.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>
#include <utility>

namespace misp_zeek::demo {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr auto kStartLimit = seconds(40);
constexpr auto kStepLimit = seconds(10);

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

sim::Transport choose_transport(const Settings& settings) {
  using sim::Transport;
  if (settings.transport) {
    return *settings.transport;
  }
  const std::string zeek = stack::find_zeek(settings.zeek, Transport::kWebSocket);
  if (zeek.empty() || !stack::find_zeek(settings.zeek, Transport::kBroker).empty()) {
    return Transport::kBroker;
  }
  // Zeek has it since 8.0.
  const std::string question =
      "'" + zeek + "' --parse-only -e 'print Cluster::listen_websocket' >/dev/null 2>&1";
  return std::system(question.c_str()) == 0 ? Transport::kWebSocket : Transport::kBroker;
}

double milliseconds_since(steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(steady_clock::now() - start).count();
}

}  // namespace

Demo::Demo(const Settings& settings)
    : settings_(settings),
      // The recorded attributes are older than the default max_age.
      stack_({.zeek = stack::find_zeek(settings.zeek, choose_transport(settings)),
              .transport = choose_transport(settings),
              .misp_arguments = {},
              .settings = "[filter]\nmax_age = \"0\"\n[log]\nlevel = \"debug\"\n",
              .start_limit = kStartLimit}) {}

json Demo::call(const std::string& path, const json& body) const { return stack_.post(path, body); }
json Demo::call(const std::string& path) const { return call(path, json::object()); }

std::string Demo::add_event(const std::string& info) const {
  const json answer = call("/events/add", {{"info", info}, {"distribution", "3"}});
  return answer.at("Event").at("id").get<std::string>();
}

std::string Demo::add_attribute(const std::string& event, const std::string& type,
                                const std::string& value) const {
  const json answer =
      call("/attributes/add/" + event, {{"type", type}, {"value", value}, {"to_ids", true}});
  return answer.at("Attribute").at("id").get<std::string>();
}

void Demo::start() {
  stack_.start_misp();
  std::cout << "MISP     misp-sim, a simulator: http://127.0.0.1:" << stack_.misp_http_port()
            << ", feed tcp://127.0.0.1:" << stack_.misp_feed_port() << "\n";
  feed_ = std::make_unique<misp_sim::Subscriber>(
      "tcp://127.0.0.1:" + std::to_string(stack_.misp_feed_port()), false);
  stack_.start_zeek();
  if (stack_.has_real_zeek()) {
    std::cout << "Zeek     " << stack_.zeek_program() << ", a real one with the package, "
              << (stack_.is_broker() ? "Broker" : "WebSocket API")
              << " at 127.0.0.1:" << stack_.zeek_port()
              << "; on loopback it needs no certificates here (MISP_ALLOW_UNAUTHENTICATED=T)\n";
  } else {
    std::cout << "Zeek     zeek-sim, a stand-in without an Intel framework: "
              << (settings_.zeek == "none" ? "asked for"
                                           : "no Zeek was found that this build can speak to")
              << "\n";
  }
  stack_.start_service();
  std::cout << "service  misp-zeek run, status page http://127.0.0.1:" << stack_.health_port()
            << "/\n";
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

std::string Demo::published() {
  std::string all;
  // What has arrived; the first message may still be on its way.
  auto patience = milliseconds(100);
  while (const auto frame = feed_->next(patience)) {
    all += (all.empty() ? "" : ", ") + misp_sim::topic_and_action(*frame);
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
    progress.show(share, text + (done ? ", Zeek in sync" : ""));
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
  const double took = milliseconds_since(start);
  std::printf("%s\n   MISP published: %s\n", what.c_str(), published().c_str());
  for (const auto& entry : gone) {
    std::printf("   - %s\n", entry.c_str());
  }
  for (const auto& entry : come) {
    std::printf("   + %s\n", entry.c_str());
  }
  if (now != wanted) {
    throw std::runtime_error(what + ": Zeek holds other entries than it should");
  }
  std::printf("   Zeek in sync, %zu entries, %.1f ms after MISP's reply\n", now.size(), took);
}

void Demo::edit() {
  const std::string id = add_event("demonstration");
  std::cout << "add an event\n   MISP published: " << published() << "\n";
  const std::string source = " MISP-" + id;
  std::string domain;
  std::string composite;
  const std::string evil = "evil.demo.example Intel::DOMAIN" + source;
  const std::string worse = "worse.demo.example Intel::DOMAIN" + source;
  const std::string pair_domain = "pair.demo.example Intel::DOMAIN" + source;
  const std::string pair_address = "203.0.113.77 Intel::ADDR" + source;
  const std::string subnet = "203.0.113.128/25 Intel::SUBNET" + source;
  expect("add domain evil.demo.example",
         [&] { domain = add_attribute(id, "domain", "evil.demo.example"); }, {}, {evil});
  expect("add domain|ip pair.demo.example|203.0.113.77",
         [&] { composite = add_attribute(id, "domain|ip", "pair.demo.example|203.0.113.77"); }, {},
         {pair_domain, pair_address});
  expect("add ip-dst 203.0.113.77, which is there already",
         [&] { add_attribute(id, "ip-dst", "203.0.113.77"); }, {}, {});
  expect("add ip-src 203.0.113.128/25", [&] { add_attribute(id, "ip-src", "203.0.113.128/25"); },
         {}, {subnet});
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

void Demo::expect_unchanged(const Entries& before) {
  if (held() != before) {
    throw std::runtime_error("a restart of the service changed what Zeek holds");
  }
}

void Demo::restart_service() {
  const Entries before = held();
  stack_.stop_service();
  stack_.start_service();
  const auto start = steady_clock::now();
  while (!stack_.ready().at("ready").get<bool>()) {
    expect_unchanged(before);
    if (steady_clock::now() > start + kStartLimit) {
      throw std::runtime_error("not ready after a restart: " + stack_.ready().dump());
    }
  }
  expect_unchanged(before);
  std::cout << "restart of the service: Zeek held all " << before.size()
            << " entries the whole time\n";
}

void Demo::match() {
  event_ = add_event("c2 servers");
  expect("add domain c2.demo.example", [&] { add_attribute(event_, "domain", "c2.demo.example"); },
         {}, {"c2.demo.example Intel::DOMAIN MISP-" + event_});
  const auto start = steady_clock::now();
  stack_.see("c2.demo.example");
  json sightings = json::array();
  while (sightings.empty() && steady_clock::now() < start + kStepLimit) {
    std::this_thread::sleep_for(milliseconds(2));
    sightings = stack_.get("/sightings/index/" + event_);
  }
  const double took = milliseconds_since(start);
  if (sightings.size() != 1) {
    throw std::runtime_error("MISP has " + std::to_string(sightings.size()) +
                             " sightings of the match, not 1");
  }
  const json& row = sightings[0].contains("Sighting") ? sightings[0]["Sighting"] : sightings[0];
  std::printf(
      "Zeek sees c2.demo.example\n   MISP has a sighting of it from \"%s\", %.1f ms after the "
      "match\n",
      row.at("source").get<std::string>().c_str(), took);
}

void Demo::run() {
  start();
  bootstrap();
  edit();
  restart_service();
  match();
  std::cout << "\nAll of it is as it should be.\n";
  if (settings_.keep) {
    play();
  } else {
    std::cout << "\nTry next:\n"
                 "  ./dev demo --keep        play: edit MISP with curl, and watch Zeek\n"
                 "  docs/install/docker.md   run it beside your own MISP and Zeek\n"
                 "  ./dev test               run all tests\n";
  }
  stack_.stop_service();
  stack_.keep_files(false);
}

}  // namespace misp_zeek::demo
