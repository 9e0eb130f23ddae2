// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/sync/event_table.h"
#include "core/sync/lookup_queue.h"
#include "core/sync/presence_check.h"
#include "core/sync/removal_brake.h"
#include "core/sync/rest_call.h"
#include "core/sync/set_writer.h"
#include "core/sync/sync_context.h"

namespace misp_zeek {

/// Suspected deletions: attributes of the store that a complete reply of their event lacks. Each is
/// looked up once more together with a sentinel before it is removed; where nothing can be a
/// sentinel, MISP must say no explicitly. More than max_shrink allows are blocked until MISP shows
/// them again or an operator accepts it.
class AbsenceCheck {
 public:
  AbsenceCheck(SyncContext& context, LookupQueue& lookups, EventTable& events)
      : context_(context),
        lookups_(lookups),
        events_(events),
        presence_(context, lookups, events) {}
  /// Before anything else.
  void connect(SetWriter& writer) { writer_ = &writer; }

  void suspect(const Uuid& uuid, Cause cause, bool in_round);
  /// A reply that a sentinel vouches for lacks it.
  void confirm(const Uuid& uuid);
  /// A reply lacks it that no sentinel vouches for.
  void check_presence(const Uuid& uuid);
  /// It was shown, or is removed.
  void settle(const Uuid& uuid);
  bool contains(const Uuid& uuid) const { return suspects_.contains(uuid); }

  /// All events of the reconcile are read: now its suspects can be counted. `accepted`: an operator
  /// lets them go, however many they are.
  void end_round(bool accepted);
  bool round_left() const { return in_round_ > 0; }
  void tick();
  /// A call for a suspect that no sentinel can vouch for; one at a time.
  std::optional<RestCall> next_call() { return presence_.next_call(); }
  void on_reply(const RestReply& reply);
  void on_error(SteadyMs retry_at) { presence_.on_error(retry_at); }
  std::optional<SteadyMs> next_due() const;

  /// Besides the blocked ones.
  std::size_t open() const { return suspects_.size() - blocked_.size(); }
  const std::unordered_set<Uuid>& blocked() const { return blocked_; }
  BlockedRemovals describe() const;
  /// Removes what is blocked.
  void release();
  void clear();

 private:
  struct Suspect {
    enum class Step : std::uint8_t {
      kHeld,      ///< until it is known how many there are
      kLookup,    ///< in the queue of lookups
      kPresence,  ///< MISP is asked about it alone
      kBlocked,
    };
    Step step = Step::kHeld;
    Cause cause = Cause::kTimer;
    bool in_round = false;
  };
  using Suspects = std::unordered_map<Uuid, Suspect>;

  void move(Suspects::iterator it, Suspect::Step step);
  void leave_round(Suspect& suspect);
  void leave_step(Suspects::iterator it);
  /// Whether so many more may be looked up, with those that are.
  bool admits(std::size_t more);
  void look_up_or_block(const std::vector<Uuid>& uuids, bool accepted = false);
  void remove(const Uuid& uuid, std::string_view reason);
  void reread_blocked();

  SyncContext& context_;
  LookupQueue& lookups_;
  EventTable& events_;
  PresenceCheck presence_;
  SetWriter* writer_ = nullptr;
  Suspects suspects_;
  std::unordered_set<Uuid> held_;     ///< kHeld outside of the round
  std::unordered_set<Uuid> blocked_;  ///< kBlocked
  std::size_t in_round_ = 0;
  std::size_t looking_ = 0;  ///< kLookup
  RemovalBrake brake_{600'000};
  SteadyMs reread_at_ = 0;
  int rereads_ = 0;
};

}  // namespace misp_zeek
