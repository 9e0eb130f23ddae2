// SPDX-License-Identifier: BSD-3-Clause
#include "app/process/systemd_notifier.h"

#include <systemd/sd-daemon.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace misp_zeek::app {
namespace {

constexpr int kKeepEnvironment = 0;

void send(const std::string& state) { sd_notify(kKeepEnvironment, state.c_str()); }

/// A line end would begin another assignment, and the text may be from a server.
std::string one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < ' '; }, ' ');
  return text;
}

}  // namespace

std::string status_line(const std::vector<http::Check>& checks) {
  std::string problems;
  std::string warnings;
  for (const auto& check : checks) {
    if (!check.ok) {
      std::string& list = check.warns ? warnings : problems;
      list += (list.empty() ? "" : "; ") + check.name + ": " + check.message;
    }
  }
  return (problems.empty() ? "in sync" : "not ready: " + problems) +
         (warnings.empty() ? "" : "; warning: " + warnings);
}

SystemdNotifier::SystemdNotifier() : asked_(std::getenv("NOTIFY_SOCKET") != nullptr) {
  std::uint64_t microseconds = 0;
  if (sd_watchdog_enabled(kKeepEnvironment, &microseconds) > 0) {
    watchdog_interval_ = static_cast<SteadyMs>(microseconds / 1000 / 2);
  }
}

void SystemdNotifier::ready() { send("READY=1"); }

void SystemdNotifier::reloading() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const auto microseconds = std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
  send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds));
}

void SystemdNotifier::status(const std::string& text) {
  if (asked_ && text != status_) {
    status_ = text;
    send("STATUS=" + one_line(text));
  }
}

void SystemdNotifier::alive(SteadyMs now) {
  if (watchdog_interval_ > 0 && (!alive_sent_ || now - *alive_sent_ >= watchdog_interval_)) {
    alive_sent_ = now;
    send("WATCHDOG=1");
  }
}

void SystemdNotifier::stopping() { send("STOPPING=1"); }

}  // namespace misp_zeek::app
