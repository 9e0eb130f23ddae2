// SPDX-License-Identifier: BSD-3-Clause
#include "publisher.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>
#include <zmq.hpp>

#include "plain_auth.h"
#include "values.h"

namespace misp_zeek::misp_sim {
namespace {

using Clock = std::chrono::steady_clock;

// The order in which mispzmq.py looks at its lists.
constexpr std::array<std::string_view, 13> kPriority = {"misp_json",
                                                        "misp_json_event",
                                                        "misp_json_attribute",
                                                        "misp_json_sighting",
                                                        "misp_json_organisation",
                                                        "misp_json_user",
                                                        "misp_json_conversation",
                                                        "misp_json_object",
                                                        "misp_json_object_reference",
                                                        "misp_json_audit",
                                                        "misp_json_tag",
                                                        "misp_json_warninglist",
                                                        "misp_json_workflow"};

constexpr std::array<std::string_view, 3> kStatus = {"I'm up, and there's nothing to tell.",
                                                     "Still here, still nothing's new.",
                                                     "It's quiet, but I'm listening."};

constexpr std::uint64_t kAll = ~std::uint64_t{0};

struct Message {
  std::uint64_t sequence = 0;
  std::string topic;
  std::string frame;
};

struct Repeated {
  std::string topic;
  std::string json;
  std::chrono::milliseconds interval;
  Clock::time_point next;
};

std::size_t priority_of(std::string_view topic) {
  return static_cast<std::size_t>(std::find(kPriority.begin(), kPriority.end(), topic) -
                                  kPriority.begin());
}

/// Takes one from a counter that may mean "all".
bool take(std::uint64_t& counter) {
  if (counter == 0) return false;
  if (counter != kAll) --counter;
  return true;
}

}  // namespace

struct Publisher::State {
  explicit State(Options given) : options(std::move(given)) {
    try {
      if (!options.username.empty()) auth.emplace(context, options.username, options.password);
      socket = bind(options.endpoint);
    } catch (...) {
      context.shutdown();  // ends the authentication thread
      throw;
    }
    endpoint = socket->get(zmq::sockopt::last_endpoint);
    started = Clock::now();
    thread = std::jthread([this] { run(); });
  }

  ~State() {
    {
      const std::lock_guard lock(mutex);
      stopping = true;
    }
    wake.notify_all();
    thread.join();
    socket.reset();
    context.shutdown();
  }

  State(const State&) = delete;
  State& operator=(const State&) = delete;

  std::optional<zmq::socket_t> bind(const std::string& address) {
    std::optional<zmq::socket_t> pub(std::in_place, context, zmq::socket_type::pub);
    pub->set(zmq::sockopt::linger, 0);
    pub->set(zmq::sockopt::sndhwm, options.send_limit);
    if (auth) pub->set(zmq::sockopt::plain_server, true);
    pub->bind(address);
    return pub;
  }

  void run();
  /// Opens or closes the socket as asked for. The caller holds the lock.
  void follow_orders(std::unique_lock<std::mutex>& lock);
  /// Queues a message. The caller holds the lock.
  void push(std::string_view topic, std::string_view json);
  void push_repeated();
  std::optional<Message> pop();
  void send(Message message);
  void send_heartbeat();
  [[nodiscard]] bool can_send() const { return socket.has_value() && !stalled && queued > 0; }

  const Options options;
  zmq::context_t context;
  std::optional<PlainAuth> auth;
  std::optional<zmq::socket_t> socket;
  std::string endpoint;
  Clock::time_point started;

  std::mutex mutex;
  std::condition_variable wake;
  std::condition_variable idle;
  std::map<std::size_t, std::deque<Message>> lists;  ///< by priority
  std::deque<std::string> raw;
  std::uint64_t queued = 0;
  std::uint64_t sequence = 0;
  bool backlog = false;  ///< what is queued leaves by priority
  bool stalled = false;
  bool want_socket = true;
  bool stopping = false;
  std::optional<Repeated> repeated;
  std::uint64_t drop_next = 0;
  std::uint64_t duplicate_next = 0;
  std::size_t heartbeats = 0;
  Counters counters;
  std::jthread thread;
};

void Publisher::State::push(std::string_view topic, std::string_view json) {
  std::string frame(topic);
  frame += ' ';
  frame += json;
  if (stalled || !want_socket) backlog = true;
  lists[priority_of(topic)].push_back({++sequence, std::string(topic), std::move(frame)});
  ++queued;
  wake.notify_all();
}

void Publisher::State::push_repeated() {
  if (!repeated || Clock::now() < repeated->next) return;
  push(repeated->topic, repeated->json);
  repeated->next += repeated->interval;
}

std::optional<Message> Publisher::State::pop() {
  auto best = lists.end();
  for (auto it = lists.begin(); it != lists.end(); ++it) {
    if (it->second.empty()) continue;
    const bool better = best == lists.end() ||
                        (!backlog && it->second.front().sequence < best->second.front().sequence);
    if (better) best = it;
  }
  if (best == lists.end()) return std::nullopt;
  Message message = std::move(best->second.front());
  best->second.pop_front();
  --queued;
  if (queued == 0) backlog = false;
  return message;
}

void Publisher::State::send(Message message) {
  if (take(drop_next)) {
    ++counters.dropped;
    return;
  }
  const int copies = take(duplicate_next) ? 2 : 1;
  for (int i = 0; i < copies; ++i) {
    socket->send(zmq::buffer(message.frame), zmq::send_flags::dontwait);
    ++counters.frames[message.topic];
  }
}

void Publisher::State::send_heartbeat() {
  const auto uptime = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - started);
  const std::string frame = R"(misp_json_self {"status": ")" +
                            std::string(kStatus.at(heartbeats++ % kStatus.size())) +
                            R"(", "uptime": )" + std::to_string(uptime.count()) + "}";
  socket->send(zmq::buffer(frame), zmq::send_flags::dontwait);
  ++counters.frames["misp_json_self"];
}

void Publisher::State::follow_orders(std::unique_lock<std::mutex>& lock) {
  if (socket && !want_socket) socket.reset();
  if (socket || !want_socket) return;
  // libzmq frees the port of the closed socket in the background, so binding may need a few tries.
  for (int i = 0; i < 100 && !socket && !stopping; ++i) {
    try {
      socket = bind(endpoint);
    } catch (const zmq::error_t&) {
      wake.wait_for(lock, std::chrono::milliseconds(20), [this] { return stopping; });
    }
  }
  started = Clock::now();
  wake.wait_for(lock, options.bind_grace, [this] { return stopping || !want_socket; });
}

void Publisher::State::run() {
  std::unique_lock lock(mutex);
  auto heartbeat_at = Clock::now() + options.heartbeat;
  while (!stopping) {
    follow_orders(lock);
    push_repeated();
    if (socket && !raw.empty()) {
      socket->send(zmq::buffer(raw.front()), zmq::send_flags::dontwait);
      raw.pop_front();
      continue;
    }
    if (can_send()) {
      send(*pop());
      heartbeat_at = Clock::now() + options.heartbeat;
      if (queued == 0) idle.notify_all();
      continue;
    }
    const auto woken = [this] {
      return stopping || can_send() || (socket && !raw.empty()) ||
             want_socket != socket.has_value() || (repeated && Clock::now() >= repeated->next);
    };
    const auto until = repeated ? std::min(heartbeat_at, repeated->next) : heartbeat_at;
    if (wake.wait_until(lock, until, woken) || Clock::now() < heartbeat_at) continue;
    if (socket && !stalled) send_heartbeat();
    heartbeat_at = Clock::now() + options.heartbeat;
  }
}

Publisher::Publisher(Options options) try : state_(std::make_unique<State>(std::move(options))) {
} catch (const zmq::error_t& error) {
  throw std::runtime_error(std::string("cannot bind the ZeroMQ publisher: ") + error.what());
}

Publisher::~Publisher() = default;

int Publisher::port() const {
  const auto port = parse_id(state_->endpoint.substr(state_->endpoint.rfind(':') + 1));
  return static_cast<int>(port.value_or(0));
}

void Publisher::push(std::string_view topic, std::string_view json) {
  const std::lock_guard lock(state_->mutex);
  state_->push(topic, json);
}

void Publisher::repeat(std::string_view topic, std::string_view json,
                       std::chrono::milliseconds interval) {
  const std::lock_guard lock(state_->mutex);
  state_->repeated.reset();
  if (interval.count() > 0) {
    state_->repeated = {std::string(topic), std::string(json), interval, Clock::now()};
  }
  state_->wake.notify_all();
}

void Publisher::push_raw(std::string frame) {
  const std::lock_guard lock(state_->mutex);
  state_->raw.push_back(std::move(frame));
  state_->wake.notify_all();
}

void Publisher::drop(std::uint64_t count) {
  const std::lock_guard lock(state_->mutex);
  state_->drop_next = count;
}

void Publisher::duplicate(std::uint64_t count) {
  const std::lock_guard lock(state_->mutex);
  state_->duplicate_next = count;
}

void Publisher::stall() {
  const std::lock_guard lock(state_->mutex);
  state_->stalled = true;
}

void Publisher::resume() {
  const std::lock_guard lock(state_->mutex);
  state_->stalled = false;
  state_->wake.notify_all();
}

void Publisher::kill() {
  const std::lock_guard lock(state_->mutex);
  state_->want_socket = false;
  state_->wake.notify_all();
}

void Publisher::start() {
  const std::lock_guard lock(state_->mutex);
  state_->want_socket = true;
  state_->wake.notify_all();
}

bool Publisher::wait_idle(std::chrono::milliseconds timeout) {
  std::unique_lock lock(state_->mutex);
  return state_->idle.wait_for(lock, timeout, [this] { return state_->queued == 0; });
}

Publisher::Counters Publisher::counters() const {
  const std::lock_guard lock(state_->mutex);
  auto counters = state_->counters;
  counters.queued = state_->queued;
  return counters;
}

void Publisher::clear() {
  const std::lock_guard lock(state_->mutex);
  state_->lists.clear();
  state_->raw.clear();
  state_->queued = 0;
  state_->backlog = false;
  state_->repeated.reset();
  state_->drop_next = 0;
  state_->duplicate_next = 0;
  state_->counters = {};
  state_->idle.notify_all();
}

}  // namespace misp_zeek::misp_sim
