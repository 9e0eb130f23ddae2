// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <unordered_set>

#include "core/sync/event_check.h"
#include "core/sync/event_table.h"
#include "core/sync/feed_removals.h"
#include "core/sync/growth_brake.h"
#include "core/sync/lookup_queue.h"
#include "core/sync/reconciler.h"
#include "core/sync/set_writer.h"
#include "core/sync/sync_context.h"

namespace misp_zeek {

/// Does what feed messages say: at once where a message can be judged, else by a lookup or a read
/// of its event. Whatever it changes is verified, for anyone may speak on the feed; removals beyond
/// max_shrink in a minute wait for that.
class FeedApplier {
 public:
  FeedApplier(SyncContext& context, EventTable& events, LookupQueue& lookups, EventCheck& checks,
              SetWriter& writer, GrowthBrake& growth, Reconciler& reconciler)
      : context_(context),
        events_(events),
        lookups_(lookups),
        checks_(checks),
        writer_(writer),
        removals_(context, lookups, writer),
        growth_(growth),
        reconciler_(reconciler) {}

  void apply(const FeedMessage& message);
  void tick();
  /// Removals by messages that wait for MISP.
  std::size_t waiting_removals() { return removals_.waiting() + checks_.waiting_removals(); }

 private:
  void on_attribute(const AttributeMessage& message);
  void on_event(const EventMessage& message);
  void on_publish(const PublishMessage& message);
  void on_tag(const TagMessage& message);
  void on_sighting(const SightingMessage& message);
  void on_deleted_event(std::uint64_t event_id);

  void judge(const Attribute& attribute, const Event& event, Judgement judgement);
  void remove(const Uuid& uuid, std::uint64_t event_id, std::string_view reason);
  /// What a publish message does not list.
  void remove_unlisted(std::uint64_t event_id, const std::unordered_set<Uuid>& listed);
  bool take_published(const Attribute& attribute, const Event& event);
  void verify(const Uuid& uuid, std::uint64_t event_id, bool removal);
  /// Reads it soon, and once more when what the message told of is committed.
  void read_event(std::uint64_t event_id, bool whole);
  void read_event_later(std::uint64_t event_id, bool whole);
  SteadyMs soon() const;
  SteadyMs committed() const;

  SyncContext& context_;
  EventTable& events_;
  LookupQueue& lookups_;
  EventCheck& checks_;
  SetWriter& writer_;
  FeedRemovals removals_;
  GrowthBrake& growth_;
  Reconciler& reconciler_;
  /// When each event was last told to be published, if that decides anything: the last 120 s.
  std::map<std::uint64_t, SteadyMs> published_;
};

}  // namespace misp_zeek
