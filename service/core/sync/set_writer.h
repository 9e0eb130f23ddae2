// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>

#include "core/sync/age_watch.h"
#include "core/sync/lookup_queue.h"
#include "core/sync/sync_context.h"

namespace misp_zeek {

/// The only one who changes the store: inserts and removes attributes, watches their age, and tells
/// operators of what became of them.
class SetWriter {
 public:
  /// `on_settled`: an attribute was shown or removed; nothing more is to be asked about it.
  SetWriter(SyncContext& context, LookupQueue& lookups, std::function<void(const Uuid&)> on_settled)
      : context_(context), lookups_(lookups), on_settled_(std::move(on_settled)) {}

  /// Inserts or replaces; whether Zeek sees a difference.
  bool accept(const Attribute& attribute, const Event& event);
  bool withdraw(const Uuid& uuid, std::string_view reason);
  /// All attributes of the event; how many there were.
  std::size_t withdraw_event(std::uint64_t event_id, std::string_view reason);
  /// Judges a row of a reply to a request of `asked` and does what it says, unless the feed is
  /// newer.
  void take_row(const AttributeRow& row, SteadyMs asked, Cause cause);
  void tell(const Attribute& attribute, std::string_view outcome, std::string_view reason);

  /// Whether a reply to a request of `asked` must show the attribute: it has been known for longer
  /// than a commit may take.
  bool must_be_shown(const Uuid& uuid, SteadyMs asked) const;
  /// Whether the row may be from before the commit of what a message said.
  bool row_is_stale(const Attribute& row, SteadyMs asked) const;

  /// Removes what has grown too old by MISP's clock.
  void expire();
  /// Watches the ages of all that the store holds. Without `too_old` not of what is too old
  /// already, by a new rule: a reconcile decides about that, and max_shrink with it.
  void watch_ages(bool too_old);

 private:
  SyncContext& context_;
  LookupQueue& lookups_;
  std::function<void(const Uuid&)> on_settled_;
  AgeWatch ages_;
};

}  // namespace misp_zeek
