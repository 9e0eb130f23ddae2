// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace misp_zeek::misp_sim {

/// The key that the simulator takes unless told otherwise; 40 characters, as MISP's.
inline constexpr std::string_view kDefaultKey = "misp-sim-key-0123456789abcdefghijklmnopq";

/// The seed in tests/data/misp_sim/seed.json of the source tree.
[[nodiscard]] std::string default_seed_file();

/// A MISP 2.5.1 to test against: REST API over HTTP, ZeroMQ feed, and a control API under `/sim/`
/// without authentication (see README.md in this folder). It behaves as measured on a real one,
/// with whole-second times, silent changes and lost frames. Thread safe. Listens on loopback only.
class MispSim {
 public:
  struct Options {
    std::string http_host = "127.0.0.1";
    int http_port = 0;  ///< 0: a free one
    std::string zmq_endpoint = "tcp://127.0.0.1:0";
    std::string key{kDefaultKey};
    std::string username;  ///< of the feed (PLAIN); empty: no authentication
    std::string password;
    std::chrono::milliseconds heartbeat{10'000};
    /// From the bind of a restarted publisher to its first message.
    std::chrono::milliseconds bind_grace{1'000};
    int zmq_send_limit = 0;       ///< high-water mark of the PUB socket; 0: none, MISP has 1000
    bool sanitise = false;        ///< Security.sanitise_attribute_on_delete
    bool native_ints = false;     ///< ids, times and the like as JSON numbers
    std::string seed_file;        ///< empty: no events
    std::string journal_file;     ///< keeps the data over a kill; empty: nothing does
    std::uint64_t uuid_seed = 1;  ///< equal seeds give equal uuids
  };

  /// Listens and publishes when it returns. Throws std::runtime_error when it cannot.
  explicit MispSim(Options options);
  MispSim() : MispSim(Options{}) {}
  ~MispSim();
  MispSim(const MispSim&) = delete;
  MispSim& operator=(const MispSim&) = delete;

  [[nodiscard]] int http_port() const;
  [[nodiscard]] int zmq_port() const;
  /// `http://127.0.0.1:PORT`
  [[nodiscard]] std::string url() const;
  /// `tcp://127.0.0.1:PORT`
  [[nodiscard]] std::string zmq_endpoint() const;
  [[nodiscard]] const std::string& key() const;

  struct Reply {
    int status = 0;
    std::string body;
  };
  /// Any action of the REST API or of `/sim/`, without HTTP, key and faults of the transport.
  /// `path` e.g. "/attributes/edit/7"; `body` is JSON, or empty.
  Reply request(std::string_view method, std::string_view path, std::string_view body = {});

  // The usual operations of an analyst. They throw std::runtime_error with MISP's answer when it
  // refuses: tests want to know at once.
  struct Attribute {
    std::uint64_t id = 0;
    std::string uuid;
  };
  struct NewEvent {
    std::string info = "event";
    bool published = false;
    std::string uuid;
    std::vector<std::string> tags;
  };
  std::uint64_t add_event(const NewEvent& event);
  std::uint64_t add_event() { return add_event(NewEvent{}); }
  Attribute add_attribute(std::uint64_t event, std::string_view type, std::string_view value,
                          bool to_ids = true);
  void edit_value(std::string_view attribute, std::string_view value);
  void edit_to_ids(std::string_view attribute, bool to_ids);
  void soft_delete(std::string_view attribute);
  void hard_delete(std::string_view attribute);
  void restore(std::string_view attribute);
  void delete_event(std::uint64_t event);
  void publish(std::uint64_t event);
  void unpublish(std::uint64_t event);
  /// `target`: uuid of an attribute or an event.
  void attach_tag(std::string_view target, std::string_view tag, bool local = false);
  void detach_tag(std::string_view target, std::string_view tag);

  /// An active attribute, as the database has it.
  struct Expected {
    std::uint64_t id = 0;
    std::string uuid;
    std::string type;
    std::string value;
    std::uint64_t event_id = 0;
    bool to_ids = false;
    bool published = false;
    std::vector<std::string> tags;
    std::vector<std::string> event_tags;
  };
  /// In order of their ids.
  [[nodiscard]] std::vector<Expected> expected() const;

  /// The switches of `POST /sim/faults`, as JSON.
  void set_faults(std::string_view json);
  /// The settings of `POST /sim/instance`, as JSON.
  void set_instance(std::string_view json);
  void drop_frames(std::uint64_t count);
  /// Changes are made without any message, as by SQL.
  void set_silent(bool silent);
  /// `events` and `attributes` of synthetic data, without messages.
  void load(std::uint64_t events, std::uint64_t attributes, std::uint64_t seed = 1);

  void kill_publisher();
  void start_publisher();
  void stall_publisher();
  void resume_publisher();
  /// Waits until all messages are sent; false: not within `timeout`.
  bool wait_until_sent(std::chrono::milliseconds timeout);

  /// Seconds since 1970. Stops the clock there; nullopt: the system's again.
  void set_clock(std::optional<std::int64_t> seconds);
  [[nodiscard]] std::int64_t now() const;

  /// The ids that the next rows get.
  struct FirstIds {
    std::uint64_t event = 1;
    std::uint64_t attribute = 1;
    std::uint64_t object = 1;
    std::uint64_t tag = 1;
    std::uint64_t sighting = 1;
    std::uint64_t warninglist = 9;  ///< after the built-in ones
  };
  void set_next_ids(const FirstIds& ids);

  /// Requests that came over HTTP for an action, e.g. "events/index" (lower case).
  [[nodiscard]] std::uint64_t request_count(const std::string& action) const;
  /// Frames sent on a topic.
  [[nodiscard]] std::uint64_t frame_count(const std::string& topic) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace misp_zeek::misp_sim
