// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>

#include "misp_sim/subscriber.h"
#include "stack/stack.h"

namespace misp_zeek::demo {

/// Zeek's entries without their attribute uuids: "indicator type source".
using Entries = std::set<std::string>;

struct Settings {
  std::string zeek = "auto";  ///< program, "auto" or "none", as for stack::find_zeek()
  /// Without one: Broker, or the WebSocket API where only that reaches the Zeek that is there.
  std::optional<sim::Transport> transport;
  bool keep = false;  ///< play() at the end
};

/// The main job live: a simulated MISP, the real service, and a real Zeek with the package, or a
/// stand-in that says so. Plays edits in MISP and compares what Zeek itself then holds, exactly.
/// Throws std::runtime_error when anything is not as it must be.
class Demo {
 public:
  explicit Demo(const Settings& settings);
  void run();

 private:
  void start();
  void bootstrap();
  void edit();
  void restart_service();
  /// A match in Zeek comes back as a sighting in MISP.
  void match();
  /// Shows what changes in Zeek until a signal comes; a line of standard input is what Zeek sees.
  void play();

  nlohmann::json call(const std::string& path, const nlohmann::json& body) const;
  nlohmann::json call(const std::string& path) const;
  /// A new event's id.
  std::string add_event(const std::string& info) const;
  /// A new attribute's id.
  std::string add_attribute(const std::string& event, const std::string& type,
                            const std::string& value) const;
  Entries held();
  void expect_unchanged(const Entries& before);
  /// Topics and actions of the messages that MISP has published since the last call.
  std::string published();
  void expect(const std::string& what, const std::function<void()>& act, const Entries& gone,
              const Entries& come);

  Settings settings_;
  stack::Stack stack_;
  std::unique_ptr<misp_sim::Subscriber> feed_;
  std::string event_;  ///< that match() leaves behind
};

}  // namespace misp_zeek::demo
