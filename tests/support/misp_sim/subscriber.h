// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace misp_zeek::misp_sim {

/// A SUB socket of all topics, which leaves heartbeats out unless asked. One thread.
class Subscriber {
 public:
  static constexpr std::chrono::milliseconds kPatience{10'000};

  /// With `username` it authenticates. `wait`: until the first frame came, so that none is missed
  /// afterwards; needs a publisher with a short heartbeat.
  explicit Subscriber(const std::string& endpoint, bool wait = true,
                      const std::string& username = {}, const std::string& password = {});
  ~Subscriber();
  Subscriber(const Subscriber&) = delete;
  Subscriber& operator=(const Subscriber&) = delete;

  /// The next frame other than a heartbeat; nullopt: none within `timeout`.
  std::optional<std::string> next(std::chrono::milliseconds timeout = kPatience);
  /// The next frame of any kind.
  std::optional<std::string> next_of_any_kind(std::chrono::milliseconds timeout = kPatience);
  /// Up to `count` frames; fewer when one does not come within kPatience.
  std::vector<std::string> take(std::size_t count);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// `misp_json_attribute add` of a frame, `misp_json` of a publication.
std::string topic_and_action(const std::string& frame);
std::vector<std::string> topics_and_actions(const std::vector<std::string>& frames);

}  // namespace misp_zeek::misp_sim
