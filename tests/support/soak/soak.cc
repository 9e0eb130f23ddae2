// SPDX-License-Identifier: BSD-3-Clause
#include "soak/soak.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>

namespace misp_zeek::soak {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::chrono::seconds kStartLimit{60};
constexpr milliseconds kStay{400};
constexpr std::size_t kMaxShown = 20;

/// Short intervals, so that a history has several reconciles, and a lock-out of MISP is short.
constexpr const char* kSettings = R"(
[filter]
max_age = "0"
[reconcile]
interval = "5s"
full_interval = "30s"
)";

stack::Options stack_options(const Options& options) {
  stack::Options made;
  made.zeek = options.zeek;
  made.misp_arguments = {"--empty", "--heartbeat-ms", "1000", "--bind-grace-ms", "200"};
  made.settings = kSettings;
  made.start_limit = kStartLimit;
  made.state = true;
  return made;
}

/// The sum of what the service's log says it repaired.
std::uint64_t healed_drift(const std::string& log) {
  std::uint64_t sum = 0;
  std::ifstream stream(log);
  for (std::string line; std::getline(stream, line);) {
    if (line.find("msg=\"drift repaired\"") == std::string::npos) {
      continue;
    }
    for (const auto* name : {" added=", " changed=", " removed="}) {
      if (const auto at = line.find(name); at != std::string::npos) {
        sum += std::stoull(line.substr(at + std::string(name).size()));
      }
    }
  }
  return sum;
}

void show(std::ostringstream& text, const char* sign, const std::vector<std::string>& lines) {
  for (std::size_t i = 0; i < std::min(lines.size(), kMaxShown); ++i) {
    text << "  " << sign << " " << lines[i] << "\n";
  }
}

}  // namespace

Soak::Soak(Options options)
    : options_(std::move(options)),
      random_(options_.seed),
      stack_(stack_options(options_)),
      analyst_(stack_, random_) {}

void Soak::simulator(const char* path, const std::string& body) {
  stack_.post(path, nlohmann::json::parse(body));
}

void Soak::rest(int most_ms) {
  std::this_thread::sleep_for(milliseconds(random_() % static_cast<unsigned>(most_ms + 1)));
}

void Soak::start_service() {
  stack_.start_service();
  ++figures_.service_starts;
}

void Soak::start() {
  stack_.start_misp();
  simulator("/sim/load", R"({"events":20,"attributes":500,"seed":1})");
  stack_.start_zeek();
  ++figures_.zeek_starts;
  rest_ = std::make_unique<process::TcpProxy>(stack_.misp_http_port());
  feed_ = std::make_unique<process::TcpProxy>(stack_.misp_feed_port());
  zeek_ = std::make_unique<process::TcpProxy>(stack_.zeek_port());
  stack_.route({rest_->port(), feed_->port(), zeek_->port()});
  start_service();
  stack_.wait_until_ready(kStartLimit);
  quiet_point();
  figures_.memory_at_start = figures_.memory_at_end;
}

void Soak::inject() {
  const auto& faults = all_faults();
  // The rare ones take long; every kind comes about equally often all the same.
  const auto& fault = faults[random_() % faults.size()];
  ++figures_.faults[fault.name];
  story_ += (story_.empty() ? "" : ", ") + std::string(fault.name);
  (this->*fault.begin)();
}

void Soak::history() {
  const auto begin = Clock::now();
  story_.clear();
  zeek_starts_before_ = figures_.zeek_starts;
  const int operations = 5 + static_cast<int>(random_() % 20);
  const int faults = 1 + static_cast<int>(random_() % 3);
  for (int i = 0; i < operations; ++i) {
    if (static_cast<int>(random_() % static_cast<unsigned>(operations)) < faults) {
      inject();
    }
    analyst_.operate();
    rest(30);
  }
  inject();
  for (int i = 0; i < 3; ++i) {
    analyst_.operate();
  }
  expect_untouched();
  end_faults();
  ++figures_.histories;
  figures_.operations = analyst_.operations();
  const std::chrono::duration<double> took = Clock::now() - begin;
  quiet_point();
  if (options_.verbose) {
    std::printf("%.1f s, then %.1f s to settle: %s\n", took.count(), figures_.settle_seconds.back(),
                story_.c_str());
    std::fflush(stdout);
  }
}

std::string Soak::difference() {
  const auto expected = analyst_.expected();
  const auto held = stack_.held(std::chrono::seconds(20));
  if (expected == held) {
    return "";
  }
  std::vector<std::string> missing;
  std::vector<std::string> extra;
  std::set_difference(expected.begin(), expected.end(), held.begin(), held.end(),
                      std::back_inserter(missing));
  std::set_difference(held.begin(), held.end(), expected.begin(), expected.end(),
                      std::back_inserter(extra));
  std::ostringstream text;
  text << missing.size() << " entries are missing in Zeek (-), " << extra.size()
       << " should not be there (+)\n";
  show(text, "-", missing);
  show(text, "+", extra);
  return text.str();
}

void Soak::expect_untouched() {
  if (figures_.zeek_starts != zeek_starts_before_) {
    return;  // a Zeek that has just been started may still be filling
  }
  const auto kept = analyst_.expected(true);
  const auto held = stack_.held(std::chrono::seconds(20));
  std::vector<std::string> missing;
  std::set_difference(kept.begin(), kept.end(), held.begin(), held.end(),
                      std::back_inserter(missing));
  if (!missing.empty()) {
    std::ostringstream text;
    text << missing.size() << " entries that nothing touched left Zeek (-)\n";
    show(text, "-", missing);
    fail_quiet_point(text.str());
  }
  ++figures_.looks_in_between;
}

void Soak::quiet_point() {
  const auto begin = Clock::now();
  if (figures_.histories > 0) {
    // A service that has just been started may not listen yet.
    while (stack_.command({"reconcile", "--full"}) != 0) {
      if (!stack_.service().running() || Clock::now() > begin + options_.quiet_limit) {
        throw std::runtime_error("the service takes no command, see " + stack_.file("command.log"));
      }
      std::this_thread::sleep_for(milliseconds(50));
    }
  }
  std::string problem = difference();
  bool ready = stack_.ready().at("ready").get<bool>();
  while (!problem.empty() || !ready) {
    if (!stack_.service().running() || !stack_.zeek().running()) {
      throw std::runtime_error("a process ended by itself, see " + stack_.file(""));
    }
    if (Clock::now() > begin + options_.quiet_limit) {
      ++figures_.drift_at_quiet_points;
      fail_quiet_point(problem);
    }
    std::this_thread::sleep_for(milliseconds(100));
    problem = difference();
    ready = stack_.ready().at("ready").get<bool>();
  }
  const std::chrono::duration<double> settled = Clock::now() - begin;
  // What was equal must stay so while the reconcile and late messages have their effect.
  std::this_thread::sleep_for(kStay);
  if (problem = difference(); !problem.empty()) {
    ++figures_.drift_at_quiet_points;
    fail_quiet_point(problem);
  }
  ++figures_.quiet_points;
  figures_.settle_seconds.push_back(settled.count());
  note_memory();
}

void Soak::fail_quiet_point(const std::string& problem) {
  throw std::runtime_error("seed " + std::to_string(options_.seed) + ", history " +
                           std::to_string(figures_.histories) + " (" + story_ + "): " + problem +
                           "readyz: " + stack_.ready().dump() + "\nlogs: " + stack_.file(""));
}

void Soak::note_memory() {
  figures_.memory_at_end = stack_.service().memory();
  figures_.memory_most = std::max(figures_.memory_most, figures_.memory_at_end);
}

Figures Soak::run() {
  const auto begin = Clock::now();
  auto told = begin;
  start();
  while (figures_.histories < options_.histories || Clock::now() < begin + options_.minutes) {
    history();
    if (Clock::now() > told + std::chrono::minutes(1)) {
      told = Clock::now();
      std::printf("%zu histories, all in sync at the end of each\n", figures_.histories);
      std::fflush(stdout);
    }
  }
  stack_.stop_service();
  figures_.healed = healed_drift(stack_.file("misp-zeek.log"));
  stack_.keep_files(false);
  return figures_;
}

std::string describe(const Figures& figures) {
  std::ostringstream text;
  auto times = figures.settle_seconds;
  std::sort(times.begin(), times.end());
  text << figures.histories << " histories, " << figures.operations << " changes in MISP\n";
  std::size_t faults = 0;
  for (const auto& [name, count] : figures.faults) {
    text << "  " << count << " x " << name << "\n";
    faults += count;
  }
  text << faults << " faults; the service was started " << figures.service_starts << " times, Zeek "
       << figures.zeek_starts << " times\n"
       << "drift at " << figures.quiet_points << " quiet points: " << figures.drift_at_quiet_points
       << "\n"
       << "looks at untouched entries while the faults were there, none ever missing: "
       << figures.looks_in_between << "\n"
       << "drift that reconciles found and repaired before: " << figures.healed << "\n";
  if (!times.empty()) {
    text << "from the end of the faults until Zeek's store was equal and the service ready: p50 "
         << times[times.size() / 2] << " s, max " << times.back() << " s\n";
  }
  text << "memory of the service: " << figures.memory_at_start << " MiB at the start, "
       << figures.memory_at_end << " MiB at the end, " << figures.memory_most << " MiB at most\n";
  return text.str();
}

}  // namespace misp_zeek::soak
