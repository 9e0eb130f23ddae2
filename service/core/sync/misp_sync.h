// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "core/base/error.h"
#include "core/base/time.h"
#include "core/mapping/filter.h"
#include "core/mapping/mapping.h"
#include "core/model/attribute.h"
#include "core/store/indicator_store.h"
#include "core/sync/decision_log.h"
#include "core/sync/rest_call.h"
#include "core/sync/sync_status.h"

namespace misp_zeek {

/// Keeps the store equal to what MISP and the filter say: applies feed messages as they come,
/// verifies them, reads the events that are stale, and reconciles. Pure: it says which requests it
/// wants made (next_request()) and is given the replies.
class MispSync {
 public:
  using Status = SyncStatus;
  using Counters = SyncCounters;

  MispSync(SyncOptions options, Filter filter, Mapping mapping, IndicatorStore& store,
           TimePoint now);
  ~MispSync();
  MispSync(const MispSync&) = delete;
  MispSync& operator=(const MispSync&) = delete;

  // ---- feed ----
  void on_feed_connected(TimePoint now);
  void on_feed_disconnected(TimePoint now);
  /// Messages may have been lost.
  void on_feed_gap(Cause cause, TimePoint now);
  void on_message(const FeedMessage& message, TimePoint now);

  // ---- REST ----
  /// The next request, if one is due and fewer than `parallel` are in flight. Call it until it has
  /// none.
  std::optional<RestRequest> next_request(TimePoint now);
  /// In whatever order they come. A reply to a request that is not in flight any more is ignored.
  void on_reply(std::uint64_t id, const Result<RestReply>& reply, TimePoint now);
  std::size_t in_flight() const;

  // ---- time and operator ----
  /// Lets what grew too old go, notices silence and starts what is due.
  void tick(TimePoint now);
  /// When tick() or next_request() has something to do at the latest.
  SteadyMs deadline(TimePoint now) const;
  void request_reconcile(bool full, Cause cause, TimePoint now);
  /// Asks who the key belongs to: MISP has refused it elsewhere.
  void ask_user(TimePoint now);
  /// Removes what is blocked, once; with nothing blocked, starts a full reconcile that may remove
  /// more than max_shrink. Returns what it released.
  BlockedRemovals accept_shrink(TimePoint now);
  /// Reads the event that growth blocks, once. Returns nullopt if it does not block this event.
  std::optional<BlockedGrowth> accept_growth(std::uint64_t event_id, TimePoint now);

  /// Judges and maps by these from now on: messages at once, and what is held by a full reconcile
  /// that starts next. Requests in flight are forgotten. What the new filter leaves out is absent:
  /// max_shrink holds.
  void change_rules(Filter filter, Mapping mapping, TimePoint now);

  // ---- durable state ----
  /// Takes up what was saved, with the store as restored: the events first, then the rest. Before
  /// anything else is called.
  void restore(const SavedEventState& event);
  void restore(const SavedSync& saved);
  SavedSync saved() const;
  /// Up to `max` rows of the event table that changed. What is given out is not given again. A row
  /// that is fresh holds for the attributes of its event: save them before it or with it.
  UnsavedEvents take_unsaved(std::size_t max);
  std::size_t unsaved() const;
  /// Changes whenever saved() has something new.
  std::uint64_t reconciles_ended() const;

  const Status& status() const;
  /// Attributes and events that are still to be looked up because nothing told for certain.
  std::size_t open_lookups() const;
  const Counters& counters() const;
  const DecisionLog& decisions() const;
  const Filter& filter() const;
  const Mapping& mapping() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace misp_zeek
