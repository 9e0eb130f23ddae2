// SPDX-License-Identifier: BSD-3-Clause
// Measures the main job: a bootstrap of many attributes, single live changes, one large publish
// message. With a real Zeek it measures bare Intel::insert in the same run too, since absolute
// figures of a busy machine say little.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "process/command_line.h"
#include "stack/stack.h"

namespace {

using misp_zeek::process::Process;
using misp_zeek::stack::Stack;
using nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kLimit{300};

struct Settings {
  std::size_t attributes = 100'000;
  std::size_t events = 0;  ///< 0: one for each 100 attributes
  bool costs = false;
  std::size_t changes = 500;
  std::string zeek = "auto";
  std::string visibility;
  bool state = false;
};

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// Milliseconds from a feed message's arrival to Zeek's acknowledgement, as the service logs them.
std::vector<double> latencies(const std::string& log) {
  std::vector<double> found;
  std::ifstream stream(log);
  for (std::string line; std::getline(stream, line);) {
    const auto at = line.find(" ms=");
    if (at != std::string::npos && line.find("change acknowledged") != std::string::npos) {
      found.push_back(std::stod(line.substr(at + 4)));
    }
  }
  return found;
}

double size_on_disk(const std::string& folder) {  // MiB
  std::uintmax_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) {
      bytes += entry.file_size();
    }
  }
  return static_cast<double>(bytes) / (1024 * 1024);
}

class Bench {
 public:
  explicit Bench(const Settings& settings)
      : settings_(settings),
        stack_({.zeek = misp_zeek::stack::find_zeek(settings.zeek),
                .misp_arguments = {"--empty"},
                .settings = "[log]\nlevel = \"debug\"\n",
                .start_limit = std::chrono::seconds(60),
                .state = settings.state}) {}

  void run() {
    std::printf("Zeek: %s\n", stack_.has_real_zeek() ? "real" : "stand-in zeek-sim");
    const double plain = stack_.has_real_zeek() ? plain_insert() : 0;
    bootstrap(plain);
    edit_giant_event();
    visible_changes();
    if (settings_.visibility != "lookup") {  // whose changes are no effect of a message alone
      live_changes();
      publish();
    }
    stack_.stop_service();
    if (settings_.state) {
      std::printf("state on disk: %.1f MiB\n", size_on_disk(stack_.state_path()));
      restart();
      stack_.stop_service();
    }
    stack_.keep_files(false);
  }

 private:
  double plain_insert();
  double plain_client();
  std::size_t requests() const;
  void bootstrap(double plain);
  void edit_giant_event();
  void visible_changes();
  void live_changes();
  void publish();
  void restart();
  /// Waits until Zeek holds `count` indicators.
  void wait_for_indicators(std::size_t count);
  std::string new_event(const std::string& info) {
    const json answer = stack_.post("/events/add", {{"info", info}, {"distribution", "3"}});
    return answer.at("Event").at("id").get<std::string>();
  }

  Settings settings_;
  Stack stack_;
  std::size_t indicators_ = 0;  // that Zeek must hold
};

double Bench::plain_insert() {
  Process zeek({{misp_zeek::stack::find_zeek(settings_.zeek), "-b", "base/frameworks/intel",
                 MISP_ZEEK_BENCH_DIR "/plain_insert.zeek"},
                {{"ITEMS", std::to_string(settings_.attributes)}},
                stack_.file(""),
                stack_.file("plain.out")});
  const auto begin = Clock::now();
  while (zeek.running() && Clock::now() < begin + kLimit) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  std::ifstream output(stack_.file("plain.out"));
  double items = 0;
  double seconds = 0;
  if (!(output >> items >> seconds)) {
    throw std::runtime_error("Zeek did not measure, see " + stack_.file("plain.out"));
  }
  std::printf("bare Intel::insert inside Zeek: %.0f items in %.2f s, %.0f items/s\n", items,
              seconds, items / seconds);
  return items / seconds;
}

/// A client that reads the same in batches of 500 events, two requests in flight, and does nothing
/// with it: the floor that MISP sets.
double Bench::plain_client() {
  const auto begin = Clock::now();
  const json index = stack_.post("/events/index", {{"minimal", 1}});
  constexpr std::size_t kBatch = 500;
  std::atomic<std::size_t> next = 0;
  const auto read = [&] {
    for (std::size_t at = next.fetch_add(kBatch); at < index.size(); at = next.fetch_add(kBatch)) {
      json ids = json::array();
      for (std::size_t i = at; i < std::min(at + kBatch, index.size()); ++i) {
        ids.push_back(index[i].at("id"));
      }
      stack_.post("/attributes/restSearch",
                  {{"returnFormat", "json"}, {"to_ids", 1}, {"eventid", ids}});
    }
  };
  {
    const std::jthread first(read);
    const std::jthread second(read);
  }
  const double seconds = seconds_since(begin);
  std::printf("a plain client, batches of %zu events, two in flight: %.2f s\n", kBatch, seconds);
  return seconds;
}

/// That MISP has answered.
std::size_t Bench::requests() const {
  std::size_t count = 0;
  const json by_action = stack_.get("/sim/stats").at("requests");
  for (const auto& [action, number] : by_action.items()) {
    count += number.get<std::size_t>();
  }
  return count;
}

void Bench::edit_giant_event() {
  constexpr std::size_t kEdits = 10;
  const std::size_t count = std::min<std::size_t>(settings_.attributes / 2, 100'000);
  const std::string event = new_event("a giant event");
  stack_.post("/sim/faults", {{"silent", true}});
  json list = json::array();
  for (std::size_t i = 0; i < count; ++i) {
    list.push_back(
        {{"type", "domain"}, {"value", std::to_string(i) + ".giant.example"}, {"to_ids", true}});
  }
  stack_.post("/events/edit/" + event, {{"Event", {{"Attribute", list}}}});
  stack_.post("/sim/faults", {{"silent", false}});
  stack_.command({"reconcile"});
  indicators_ += count;
  wait_for_indicators(indicators_);
  const std::size_t before = requests();
  for (std::size_t i = 0; i < kEdits; ++i) {
    stack_.post(
        "/attributes/add/" + event,
        {{"type", "domain"}, {"value", std::to_string(i) + ".edit.example"}, {"to_ids", true}});
    std::this_thread::sleep_for(std::chrono::seconds(6));
  }
  indicators_ += kEdits;
  wait_for_indicators(indicators_);
  std::printf("an event of %zu attributes, %zu edits: %.1f requests an edit\n", count, kEdits,
              static_cast<double>(requests() - before - kEdits) / kEdits);
}

void Bench::bootstrap(double plain) {
  stack_.start_misp();
  const std::size_t events = settings_.events > 0
                                 ? settings_.events
                                 : std::max<std::size_t>(settings_.attributes / 100, 1);
  stack_.post("/sim/load", {{"events", events},
                            {"attributes", settings_.attributes},
                            {"to_ids_percent", 100},
                            {"seed", 1}});
  if (settings_.costs) {
    stack_.post("/sim/instance", {{"costs", "measured"}});
  }
  const double client = plain_client();
  const std::size_t before = requests();
  stack_.start_zeek();
  const double empty = stack_.zeek().memory();
  const auto begin = Clock::now();
  stack_.start_service();
  stack_.wait_until_ready(kLimit);
  const double seconds = seconds_since(begin);
  const std::size_t asked = requests() - before;
  // Before Zeek is asked for all of its entries, which takes memory of its own.
  const double full = stack_.zeek().memory();
  const std::size_t entries = stack_.held(kLimit).size();
  indicators_ = stack_.held_indicators(kLimit);
  std::printf(
      "bootstrap: %zu attributes in %zu events, start to in sync with digests agreed %.2f s, %zu "
      "requests; Zeek holds %zu entries, %.0f entries/s",
      settings_.attributes, events, seconds, asked, entries,
      static_cast<double>(entries) / seconds);
  if (plain > 0) {
    const double floor = client + static_cast<double>(entries) / plain;
    std::printf(", %.2f of bare Intel::insert; %.2f x (plain client + bare insert)",
                static_cast<double>(entries) / seconds / plain, seconds / floor);
  }
  std::printf("\nmemory of the service: %.0f MiB; of Zeek: %.0f MiB, %.0f MiB before\n",
              stack_.service().memory(), full, empty);
}

void Bench::wait_for_indicators(std::size_t count) {
  const auto begin = Clock::now();
  while (stack_.held_indicators(kLimit) != count) {
    if (Clock::now() > begin + kLimit) {
      throw std::runtime_error("Zeek does not hold what it must in time");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

void Bench::visible_changes() {
  constexpr std::size_t kChanges = 50;
  const std::string event = new_event("visible changes");
  std::vector<double> times;
  for (std::size_t i = 0; i < kChanges; ++i) {
    const std::string value = std::to_string(i) + ".visible.example";
    stack_.post("/attributes/add/" + event,
                {{"type", "domain"}, {"value", value}, {"to_ids", true}});
    const auto begin = Clock::now();
    wait_for_indicators(++indicators_);
    times.push_back(seconds_since(begin) * 1e3);
  }
  std::sort(times.begin(), times.end());
  std::printf(
      "%zu single adds with visibility %s, MISP's answer until Zeek's store, looked at as often as "
      "it takes: p50 %.0f ms, max %.0f ms\n",
      times.size(), settings_.visibility.empty() ? "auto" : settings_.visibility.c_str(),
      times[times.size() / 2], times.back());
}

void Bench::live_changes() {
  const std::string event = new_event("live changes");
  for (std::size_t i = 0; i < settings_.changes; ++i) {
    stack_.post(
        "/attributes/add/" + event,
        {{"type", "domain"}, {"value", std::to_string(i) + ".live.example"}, {"to_ids", true}});
  }
  indicators_ += settings_.changes;
  wait_for_indicators(indicators_);
  auto times = latencies(stack_.file("misp-zeek.log"));
  if (times.size() < settings_.changes) {
    throw std::runtime_error("only " + std::to_string(times.size()) + " changes were logged");
  }
  std::sort(times.begin(), times.end());
  std::printf(
      "%zu single adds, feed message received to Zeek's acknowledgement: p50 %.2f ms, p99 %.2f ms, "
      "max %.2f ms\n",
      times.size(), times[times.size() / 2], times[times.size() * 99 / 100], times.back());
}

void Bench::publish() {
  const std::size_t count = std::min<std::size_t>(settings_.attributes / 10, 10'000);
  const std::string event = new_event("one large event");
  // The attributes come without messages, so that the publish message is all that tells of them.
  stack_.post("/sim/faults", {{"silent", true}});
  json list = json::array();
  for (std::size_t i = 0; i < count; ++i) {
    list.push_back(
        {{"type", "domain"}, {"value", std::to_string(i) + ".publish.example"}, {"to_ids", true}});
  }
  stack_.post("/events/edit/" + event, {{"Event", {{"Attribute", list}}}});
  stack_.post("/sim/faults", {{"silent", false}});
  stack_.post("/events/publish/" + event, json::object());
  indicators_ += count;
  wait_for_indicators(indicators_);
  std::printf("publish message of %zu attributes: acknowledged %.2f s after it was received\n",
              count, latencies(stack_.file("misp-zeek.log")).back() / 1e3);
}

void Bench::restart() {
  const auto begin = Clock::now();
  stack_.start_service();
  stack_.wait_until_ready(kLimit);
  const double seconds = seconds_since(begin);
  std::ifstream log(stack_.file("misp-zeek.log"));
  std::string restored = "nothing was restored";
  for (std::string line; std::getline(log, line);) {
    if (const auto at = line.find("msg=\"restored the last known indicators\"");
        at != std::string::npos) {
      restored = line.substr(at);
    }
  }
  std::printf("restart with the state: in sync after %.2f s; log: %s\n", seconds, restored.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  misp_zeek::process::CommandLine line("Measures bootstrap and live changes on loopback.");
  Settings settings;
  line.number("--attributes", settings.attributes, 1'000, 1'000'000, "Of the bootstrap");
  line.number("--events", settings.events, 0, 200'000, "That hold them; 0: one for each 100");
  line.flag("--misp-costs", settings.costs, "MISP's answers take as long as a real MISP's");
  line.number("--changes", settings.changes, 1, 10'000, "Single live changes");
  line.text("--zeek", settings.zeek,
            "Program zeek; \"auto\" looks for one, \"none\" takes the stand-in");
  line.choice("--visibility", settings.visibility,
              std::map<std::string, std::string>{
                  {"auto", "auto"}, {"lookup", "lookup"}, {"trust", "trust"}},
              "[misp.feed] visibility of the service");
  line.flag("--state", settings.state, "With durable state, and a restart at the end");
  if (const auto status = line.parse(argc, argv)) {
    return *status;
  }
  if (!settings.visibility.empty()) {
    setenv("MISP_ZEEK_MISP_FEED_VISIBILITY", settings.visibility.c_str(), 1);
  }
  try {
    Bench(settings).run();
  } catch (const std::exception& error) {
    std::cout << std::flush;
    std::cerr << "bench: " << error.what() << "\n";
    return 1;
  }
  return 0;
}
