// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "core/store/indicator_store.h"
#include "core/sync/misp_sync.h"
#include "model/disk.h"
#include "model/invariants.h"
#include "model/misp_model.h"
#include "model/operations.h"
#include "model/scenario.h"
#include "model/zeek_side.h"

namespace misp_zeek::model {

/// MISP, the service's core and two Zeeks in one simulated time. Carries out a scenario, then lets
/// everything come to rest, reconciles once, and judges.
///
/// Besides those of operations.h, the verbs are
///
/// | verb | meaning |
/// |---|---|
/// | `feed.cut MS` | the connection breaks; what is sent meanwhile is lost |
/// | `feed.restart MS` | the publisher restarts, and with it its uptime |
/// | `feed.reload` | the publisher restarts unseen; messages under way are lost |
/// | `feed.overflow` | messages under way are lost, and the feed says so |
/// | `feed.garble` | the next message cannot be read |
/// | `feed.forge WHAT ...` | a message that MISP never sent, see Operations::forge() |
/// | `viewer.demote`, `viewer.promote` | the user is a plain one of organisation 2, or a site admin
/// | | `clock.jump S MS` | the service's wall clock is S seconds ahead for so long | | `filter.slip
/// KEY VALUE`, `filter.mend` | the service starts with this setting, or the right one | |
/// `rest.fail N` | the next N answers are 503 | | `rest.truncate N` | the next N answers break off
/// | | `rest.refuse N` | the next N answers are 403 | | `rest.empty N` | the next N answers are 200
/// and say that there is nothing | | `rest.garble N` | half of the rows of the next N pages cannot
/// be read; not of the first list | | `rest.away MS` | MISP does not answer | | `misp.restart MS` |
/// feed and REST are away | | `misp.backup`, `misp.restore` | keeps the database, puts the kept one
/// back | | `service.restart` | the service ends in order, and starts with what it saved | |
/// `service.kill` | the same, without what it had not saved yet | | `disk.stall MS` | nothing is
/// saved | | `zeek.restart Z` | Zeek Z (1 or 2) forgets everything | | `zeek.cut Z MS`, `zeek.pace
/// Z MS` | its link breaks, or slows down | | `zeek.drop Z`, `zeek.drop_answer Z` | the next
/// message to it, or from it, is lost | | `zeek.lose Z N` | its N-th entry vanishes | |
/// `expect.present A`, `expect.absent A` | whether both Zeeks list attribute A now | |
/// `expect.drift N` | so much was repaired so far that no message had told | | `expect.requests N`
/// | at most so many requests since the last one of these |
///
/// and the options of an operation `commit=MS` (messages come so long before the data), `feed=MS`
/// (they are so late), `lost`, `dup` (each comes twice), `rolled_back` (the data never comes).
class World {
 public:
  explicit World(Scenario scenario);

  /// Empty: all invariants held; else the first that did not, and when.
  std::string run();
  const MispSync& sync() const { return *sync_; }
  /// What happened, one a line: steps, messages, calls and answers.
  const std::vector<std::string>& trace() const { return trace_; }
  void keep_trace() { tracing_ = true; }

 private:
  template <typename T>
  struct Delayed {
    SteadyMs at = 0;
    T what;
  };
  struct Call {
    RestRequest request;
    SteadyMs read_at = 0;
    SteadyMs reply_at = 0;
    std::optional<Result<RestReply>> reply;
  };
  struct RestFaults {
    int fail = 0;
    int truncate = 0;
    int refuse = 0;
    int empty = 0;
    int garble = 0;
    SteadyMs away_until = 0;
  };

  /// As the service's clocks show it.
  TimePoint now() const;
  std::int64_t misp_now() const;
  void start_service();
  std::string advance_to(SteadyMs time);
  SteadyMs next_due(SteadyMs limit) const;
  std::string turn();
  std::string check_always();

  std::string carry_out(const Step& step);
  void operate(const Step& step);
  bool disturb_feed(const Step& step);
  bool disturb_rest(const Step& step);
  bool disturb_zeek(const Step& step);
  bool disturb_service(const Step& step);
  std::string check_cost() const;
  std::string expect(const Step& step);
  void announce(const std::vector<FeedMessage>& messages, const Step& step);
  void lose_feed();
  void note_unheard();

  void deliver_feed();
  void make_calls();
  Result<RestReply> reply(const RestCall& call);
  bool quiet() const;
  std::string settle();
  std::string reconcile_once();
  std::uint64_t drift() const;
  void trace(const std::string& text);

  Scenario scenario_;
  MispModel::Reader reader_;
  MispModel::Reader asked_;  ///< with the filter that the service has
  std::mt19937 random_;
  SteadyMs clock_;
  Operations operations_;
  Invariants invariants_;
  MispModel::State committed_;
  MispModel::State backup_;
  std::deque<Delayed<MispModel::State>> commits_;

  std::unique_ptr<IndicatorStore> store_;
  std::unique_ptr<MispSync> sync_;
  int services_ = 0;
  Disk disk_;
  std::vector<ZeekSide> zeeks_;

  std::array<std::deque<Delayed<FeedMessage>>, std::variant_size_v<FeedMessage>> topics_;
  bool feed_up_ = false;
  SteadyMs feed_back_at_;
  SteadyMs publisher_started_;
  SteadyMs heartbeat_at_;
  bool garble_ = false;
  std::vector<Call> calls_;
  RestFaults rest_;

  SteadyMs skewed_until_ = 0;
  std::int64_t skew_ = 0;              ///< seconds
  std::uint64_t requests_seen_ = 0;    ///< at the last `expect.requests`
  std::uint64_t requests_before_ = 0;  ///< of services that ended
  std::uint64_t rows_before_ = 0;
  int faults_ = 0;
  bool changed_ = true;         ///< something that check_always() looks at
  SteadyMs unheard_until_ = 0;  ///< commits up to then were told by messages that were lost
  bool undisturbed_ = true;     ///< nothing was lost, silent or restarted: messages tell everything
  int lists_awaited_ = 0;       ///< full lists to end until one is newer than the copy put back
  std::optional<SteadyMs> last_list_;
  std::int64_t noted_second_ = 0;
  bool tracing_ = false;
  std::vector<std::string> trace_;
};

}  // namespace misp_zeek::model
