// SPDX-License-Identifier: BSD-3-Clause
#include "misp_sim/subscriber.h"

#include <nlohmann/json.hpp>
#include <zmq.hpp>

namespace misp_zeek::misp_sim {

struct Subscriber::State {
  zmq::context_t context;
  zmq::socket_t socket{context, zmq::socket_type::sub};
};

Subscriber::Subscriber(const std::string& endpoint, bool wait, const std::string& username,
                       const std::string& password)
    : state_(std::make_unique<State>()) {
  auto& socket = state_->socket;
  socket.set(zmq::sockopt::linger, 0);
  socket.set(zmq::sockopt::rcvhwm, 0);
  socket.set(zmq::sockopt::reconnect_ivl, 20);
  if (!username.empty()) {
    socket.set(zmq::sockopt::plain_username, username);
    socket.set(zmq::sockopt::plain_password, password);
  }
  socket.set(zmq::sockopt::subscribe, "");
  socket.connect(endpoint);
  if (wait) next_of_any_kind();
}

Subscriber::~Subscriber() = default;

std::optional<std::string> Subscriber::next_of_any_kind(std::chrono::milliseconds timeout) {
  state_->socket.set(zmq::sockopt::rcvtimeo, static_cast<int>(timeout.count()));
  zmq::message_t frame;
  if (!state_->socket.recv(frame)) return std::nullopt;
  return frame.to_string();
}

std::optional<std::string> Subscriber::next(std::chrono::milliseconds timeout) {
  const auto end = std::chrono::steady_clock::now() + timeout;
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    if (left.count() < 0) return std::nullopt;
    auto frame = next_of_any_kind(left);
    if (!frame || !frame->starts_with("misp_json_self ")) return frame;
  }
}

std::vector<std::string> Subscriber::take(std::size_t count) {
  std::vector<std::string> frames;
  while (frames.size() < count) {
    auto frame = next();
    if (!frame) break;
    frames.push_back(std::move(*frame));
  }
  return frames;
}

std::string topic_and_action(const std::string& frame) {
  const auto space = frame.find(' ');
  const auto topic = frame.substr(0, space);
  const auto message = nlohmann::json::parse(frame.substr(space + 1), nullptr, false);
  const auto action = message.is_object() ? message.value("action", "") : "";
  return action.empty() ? topic : topic + ' ' + action;
}

std::vector<std::string> topics_and_actions(const std::vector<std::string>& frames) {
  std::vector<std::string> list;
  list.reserve(frames.size());
  for (const auto& frame : frames) list.push_back(topic_and_action(frame));
  return list;
}

}  // namespace misp_zeek::misp_sim
