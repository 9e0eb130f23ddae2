// SPDX-License-Identifier: BSD-3-Clause
#include <poll.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <iostream>
#include <string_view>

#include "demo/demo.h"

namespace misp_zeek::demo {
namespace {

constexpr int kLookEveryMs = 200;

volatile std::sig_atomic_t g_ended = 0;

void end_at_signals() {
  // Other threads may get them, too, so a handler and not a mask.
  for (const int number : {SIGINT, SIGTERM}) {
    std::signal(number, [](int) { g_ended = 1; });
  }
}

/// Takes complete lines from standard input; false at its end.
bool read_lines(std::string& rest, const std::function<void(const std::string&)>& take) {
  std::array<char, 512> buffer{};
  const auto size = read(STDIN_FILENO, buffer.data(), buffer.size());
  if (size <= 0) {
    return false;
  }
  rest.append(buffer.data(), static_cast<std::size_t>(size));
  for (auto end = rest.find('\n'); end != std::string::npos; end = rest.find('\n')) {
    if (end > 0) {
      take(rest.substr(0, end));
    }
    rest.erase(0, end + 1);
  }
  return true;
}

void show_changes(const Entries& before, const Entries& now) {
  for (const auto& entry : before) {
    if (!now.contains(entry)) {
      std::cout << "  Zeek - " << entry << "\n";
    }
  }
  for (const auto& entry : now) {
    if (!before.contains(entry)) {
      std::cout << "  Zeek + " << entry << "\n";
    }
  }
  std::cout << std::flush;
}

void show_commands(const stack::Stack& stack, const std::string& event) {
  const std::string service = "http://127.0.0.1:" + std::to_string(stack.health_port());
  std::cout
      << "\nIt keeps running until Ctrl-C. In another terminal, edit MISP; what changes in Zeek\n"
         "shows here:\n\n"
         "  misp() { curl -sS -H 'Authorization: "
      << stack::Stack::api_key()
      << "' \\\n    -H 'Accept: application/json' -H 'Content-Type: application/json' \\\n"
         "    \"http://127.0.0.1:"
      << stack.misp_http_port()
      << "$1\" \"${@:2}\"; echo; }\n"
         "  misp /attributes/add/"
      << event
      << " -d '{\"type\": \"domain\", \"value\": \"new.demo.example\", \"to_ids\": true}'\n"
         "  misp /attributes/edit/ID -d '{\"to_ids\": false}'   # ID is in the reply above\n"
         "  misp /events/delete/"
      << event << " -d '{}'\n  misp /sightings/index/" << event << "\n  curl '" << service
      << "/v1/explain?q=new.demo.example'\n\nStatus page: " << service << "/\nLogs"
      << (stack.has_real_zeek() ? ", Zeek's among them" : "") << ": " << stack.file("")
      << "\nType an indicator that Zeek holds, and Enter: Zeek sees it, MISP gets a sighting.\n\n"
      << std::flush;
}

}  // namespace

void Demo::play() {
  end_at_signals();
  show_commands(stack_, event_);
  Entries shown = held();
  std::cout << "  Zeek holds " << shown.size() << " entries\n" << std::flush;
  std::string rest;
  pollfd input{STDIN_FILENO, POLLIN, 0};
  while (g_ended == 0) {
    // Without a terminal, standard input ends at once; a negative file is not polled.
    if (poll(&input, 1, kLookEveryMs) == 1 &&
        !read_lines(rest, [this](const std::string& line) { stack_.see(line); })) {
      input.fd = -1;
    }
    const Entries now = held();
    show_changes(shown, now);
    shown = now;
  }
}

}  // namespace misp_zeek::demo
