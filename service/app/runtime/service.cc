// SPDX-License-Identifier: BSD-3-Clause
#include "app/runtime/service.h"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <thread>

#include "app/process/log.h"
#include "app/process/version.h"
#include "app/runtime/event_loop.h"

namespace misp_zeek::app {

namespace {

int next_signal(const sigset_t& signals) {
  int number = 0;
  sigwait(&signals, &number);
  return number;
}

}  // namespace

int run_service(const Config& config, const ReloadConfig& reload) {
  log::set_level(config.log.level);
  // Threads inherit the mask, so that only the thread below sees these signals.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  log::info("starting", {{"version", version()}, {"misp", config.misp.url}});
  Loop loop(config);
  if (auto started = loop.start(); !started) {
    log::error("cannot start", {{"reason", started.error().message}});
    loop.stop();
    return 1;
  }
  std::atomic<bool> stopping = false;
  std::thread([&stopping, &loop, &reload, signals] {
    while (next_signal(signals) == SIGHUP) {
      loop.reload(reload());
    }
    stopping = true;
    loop.wake();
    while (next_signal(signals) == SIGHUP) {
    }
    std::_Exit(1);  // a second signal does not wait for an orderly end
  }).detach();
  loop.run(stopping);
  log::info("stopping");
  loop.stop();
  return 0;
}

}  // namespace misp_zeek::app
