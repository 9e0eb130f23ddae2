// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "core/misp_sync.h"
#include "core/store.h"
#include "core/zeek_session.h"
#include "model/misp_model.h"
#include "zeek_sim/package_model.h"

namespace misp_zeek::model {

/// How often things go wrong; probabilities for each message, answer or step.
struct Faults {
  double lose_message = 0;  ///< a feed message vanishes without a trace
  double duplicate_message = 0;
  double feed_cut = 0;  ///< the feed's connection breaks; what is sent meanwhile is lost
  double rest_error = 0;
  double rest_empty = 0;    ///< an answer with status 200 and nothing in it
  double roll_back = 0;     ///< an operation is announced and never committed
  double lose_to_zeek = 0;  ///< a message to Zeek vanishes
  double link_cut = 0;
  double zeek_restart = 0;
  double zeek_loses = 0;     ///< an entry vanishes in Zeek
  double silent_change = 0;  ///< an operation is done in the database only
  SteadyMs max_commit_delay = 0;
  SteadyMs max_feed_delay = 50;
};

struct Scenario {
  std::uint32_t seed = 1;
  int operations = 40;
  FilterOptions filter;
  Faults faults;
  /// Operations left out, to shrink a failing history.
  std::set<int> skip;
};

/// MISP, the service's core and a Zeek in one simulated time: a random history with faults.
class World {
 public:
  explicit World(Scenario scenario);

  /// Runs the history, then lets everything settle. Empty: all invariants held; else what did not.
  std::string run();
  /// The operations that were carried out, one a line.
  const std::vector<std::string>& trace() const { return trace_; }
  const MispSync& sync() const { return *sync_; }

 private:
  struct Commit {
    SteadyMs at = 0;
    MispModel::State state;
  };
  struct Call {
    RestCall call;
    SteadyMs answer_at = 0;
  };
  template <typename T>
  struct Delayed {
    SteadyMs at = 0;
    T message;
  };

  TimePoint now() const;
  bool chance(double probability);
  std::int64_t unix_now() const { return now().unix_seconds; }
  void step(bool faulty);
  void operate(int number);
  MispModel::Outcome random_operation(std::mt19937& random, std::string& name);
  bool silent_operation(std::mt19937& random, std::string& name);
  void announce(std::vector<FeedMessage> messages);
  void deliver_feed(bool faulty);
  void make_calls(bool faulty);
  RestAnswer answer(const RestCall& call) const;
  void talk_to_zeek(bool faulty);
  void break_things();
  /// Entries with the attribute that supports each.
  using Support = std::set<std::pair<EntryKey, Uuid>>;
  Support wanted_entries(const MispModel::State& state) const;
  void note_states();
  std::string check_always();
  std::string check_settled();
  bool settled() const;

  Scenario scenario_;
  std::mt19937 random_;
  SteadyMs clock_ = 1'000'000;
  MispModel misp_;
  MispModel::State committed_;
  std::deque<Commit> commits_;
  Mapping mapping_;
  std::unique_ptr<IndicatorStore> store_;
  std::unique_ptr<MispSync> sync_;
  std::unique_ptr<ZeekSession> session_;
  sim::PackageModel package_;
  int instances_ = 1;

  std::array<std::deque<Delayed<FeedMessage>>, 8> topics_;
  bool feed_up_ = false;
  SteadyMs feed_back_at_ = 0;
  std::optional<Call> call_;
  bool link_up_ = false;
  SteadyMs link_back_at_ = 0;
  std::deque<Delayed<contract::ToZeek>> to_zeek_;
  std::deque<Delayed<contract::FromZeek>> from_zeek_;

  std::set<EntryKey> ever_allowed_;
  std::optional<Support> always_required_;
  std::vector<std::string> trace_;
};

/// Runs a scenario; when it fails, leaves out operations as long as it still fails, and returns the
/// failure with the operations that are left. Empty: it holds.
std::string run_and_shrink(Scenario scenario);

}  // namespace misp_zeek::model
