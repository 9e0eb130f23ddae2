// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "api.h"
#include "changes.h"
#include "database.h"
#include "instance.h"
#include "journal.h"
#include "message.h"
#include "publisher.h"

namespace misp_zeek::misp_sim {

/// What goes wrong between MISP and its clients. Counts go down with every answer they spoil.
struct Faults {
  std::int64_t empty_200 = 0;       ///< attributes/restSearch: an empty list
  std::int64_t truncate_body = 0;   ///< attributes/restSearch: half of the JSON, well framed
  std::int64_t cut_connection = 0;  ///< attributes/restSearch: closed in the middle of the body
  std::int64_t html_200 = 0;        ///< a login page
  std::int64_t page_shift = 0;      ///< after a page, the first row of the search is hard-deleted
  std::int64_t status_count = 0;
  std::chrono::steady_clock::time_point status_until;  ///< this status for a while, too
  int status_code = 503;
  std::chrono::milliseconds delay_commit{0};  ///< from the messages to COMMIT and the answer
  std::chrono::milliseconds slow_body{0};
  std::optional<std::int64_t> rate_limit;  ///< searches in 900 s
  bool not_live = false;                   ///< MISP.live=false
};

/// The simulated instance without its HTTP server: data, rules, feed, faults, control API.
/// Thread safe.
class Simulator {
 public:
  struct Options {
    std::string key;
    bool sanitise = false;
    bool native_numbers = false;
    std::string seed_file;  ///< empty: starts without events
    std::uint64_t uuid_seed = 1;
    std::string journal_file;  ///< what keeps the data over a kill; empty: nothing does
  };

  /// Throws std::runtime_error when the seed cannot be read or the journal not be written.
  Simulator(Options options, Publisher& publisher);

  /// A request as it comes over HTTP: authentication, faults, statistics. `/sim/` is the control
  /// API.
  Response serve(const Request& request);
  /// A request of an analyst, whom no fault of the transport meets.
  Response carry_out(const Request& request);
  Response control(const Request& request);

  /// Seconds since 1970.
  [[nodiscard]] std::int64_t now() const;
  /// Stops the clock at a time; nullopt: the system's clock.
  void set_clock(std::optional<std::int64_t> seconds);
  void set_next_ids(const NextIds& ids);
  void set_faults(const Faults& faults);
  void set_silent(bool silent);

  /// `{"frames":{topic:count},"requests":{...},...}`
  [[nodiscard]] std::string stats() const;
  [[nodiscard]] std::uint64_t request_count(const std::string& action) const;

 private:
  struct RateState {
    std::int64_t started = 0;
    std::int64_t used = 0;
  };

  void start_empty();
  void load_seed();
  void replay();
  void keep(const Request& request);
  Response run(const Request& request);
  std::optional<Response> refuse(const Request& request);
  std::optional<Response> limit_rate(const Request& request, Response& headers);
  void spoil(const Request& request, Response& response);

  Response control_faults(const Request& request);
  Response control_publisher(const Request& request);
  Response control_expected(const Request& request);
  Response control_load(const Request& request);
  Response control_reset(const Request& request);
  Response control_clock(const Request& request);
  Response control_feed(const Request& request);
  Response control_instance(const Request& request);

  const Options options_;
  Publisher& publisher_;
  Journal journal_;
  bool replaying_ = false;
  mutable std::mutex mutex_;
  std::atomic<std::int64_t> clock_{0};   ///< 0: the system's
  std::atomic<std::int64_t> offset_{0};  ///< of a running clock, seconds
  Database db_;
  Instance instance_;
  Changes changes_;
  std::optional<Api> api_;
  Faults faults_;
  RateState rate_;
  std::map<std::string, std::uint64_t> requests_;  ///< by "events/index"
  std::chrono::microseconds work_{0};              ///< of all answers
};

}  // namespace misp_zeek::misp_sim
