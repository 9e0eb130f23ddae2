// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

#include "core/sync/event_table.h"
#include "core/sync/lookup_queue.h"
#include "core/sync/rest_call.h"
#include "core/sync/sync_context.h"

namespace misp_zeek {

/// Asks MISP about single attributes that its replies lack where no sentinel shows that they can be
/// believed: whether it has the attribute, and if it does, whether its searches show it. One
/// request at a time.
class PresenceCheck {
 public:
  enum class Verdict : std::uint8_t {
    kGone,    ///< MISP replied that it has none, or the filter leaves it out
    kHidden,  ///< MISP has it, counts it and does not show it: allowedlist
    kShown,   ///< its searches show it after all
  };
  struct Finding {
    Uuid uuid;
    Verdict verdict = Verdict::kGone;
  };

  PresenceCheck(SyncContext& context, LookupQueue& lookups, EventTable& events)
      : context_(context), lookups_(lookups), events_(events) {}

  /// An attribute of the store.
  void add(const Uuid& uuid) { open_[uuid] = {Step::kPresence, context_.time(), 0}; }
  void erase(const Uuid& uuid) { open_.erase(uuid); }
  std::size_t size() const { return open_.size(); }

  std::optional<RestCall> next_call();
  /// What a reply decides; nullopt: nothing yet.
  std::optional<Finding> on_reply(const RestReply& reply);
  void on_error(SteadyMs retry_at);
  std::optional<SteadyMs> next_due() const;
  void clear();

 private:
  enum class Step : std::uint8_t {
    kPresence,    ///< does MISP have it?
    kUnfiltered,  ///< it does: do its searches show it without the filter?
    kFiltered,    ///< they do: do they still not show it with the filter?
  };
  struct Open {
    Step step = Step::kPresence;
    SteadyMs due = 0;
    int attempts = 0;
  };

  std::optional<Verdict> on_shown(const Uuid& uuid, Open& open, const AttributeReply& reply);

  SyncContext& context_;
  LookupQueue& lookups_;
  EventTable& events_;
  std::map<Uuid, Open> open_;
  std::optional<Uuid> asked_;
};

}  // namespace misp_zeek
