// SPDX-License-Identifier: BSD-3-Clause
#include "core/sync/misp_sync.h"

#include <algorithm>
#include <utility>

#include "core/sync/feed_applier.h"
#include "core/sync/request_desk.h"

namespace misp_zeek {
namespace {

/// Replies older than this are not awaited any more.
constexpr SteadyMs kWatermarkMemory = 600'000;
/// What could not be asked although it is due is tried again so soon.
constexpr SteadyMs kAgain = 50;
/// Ages, silence and timers need no better than this.
constexpr SteadyMs kTick = 1'000;

}  // namespace

/// The parts and how they know each other.
class MispSync::Impl {
 public:
  Impl(SyncOptions options, Filter filter, Mapping mapping, IndicatorStore& store, TimePoint now)
      : context(options, std::move(filter), std::move(mapping), store, now),
        absences(context, lookups, events),
        writer(context, lookups, [this](const Uuid& uuid) { absences.settle(uuid); }),
        reading(*this),
        feed(*this),
        desk(context, {feed.viewer, reading.reconciler, reading.checks, reading.lookup_reader,
                       absences, reading.reader, feed.monitor}) {
    absences.connect(writer);
    context.clock.tick(now);
    store.set_complete(false);
  }

  /// Those who read events.
  struct Reading {
    explicit Reading(Impl& all)
        : growth(all.context, all.events),
          verdict(all.context, all.events, all.absences, all.writer, all.lookups, growth),
          checks(all.context, all.events, all.absences, all.writer),
          giants(all.context, all.events, verdict, all.writer, all.lookups, growth, checks),
          reader(all.context, all.events, all.absences, verdict, giants),
          lookup_reader(all.context, all.lookups, all.events, all.absences, all.writer),
          reconciler(all.context, all.events, all.absences, checks, all.writer, reader) {}
    GrowthBrake growth;
    EventVerdict verdict;
    EventCheck checks;
    GiantRead giants;
    EventReader reader;
    LookupReader lookup_reader;
    Reconciler reconciler;
  };
  /// Those who hear the feed, and who knows whose key it is.
  struct Feed {
    explicit Feed(Impl& all)
        : monitor(all.context),
          viewer(all.context),
          applier(all.context, all.events, all.lookups, all.reading.checks, all.writer,
                  all.reading.growth, all.reading.reconciler) {}
    FeedMonitor monitor;
    ViewerWatch viewer;
    FeedApplier applier;
  };

  void on_loss(const std::optional<FeedLoss>& loss) {
    if (loss) {
      reading.reconciler.on_loss(*loss);
    }
  }
  void tick();
  void publish_status();

  SyncContext context;
  EventTable events;
  LookupQueue lookups;
  AbsenceCheck absences;
  SetWriter writer;
  Reading reading;
  Feed feed;
  RequestDesk desk;
};

MispSync::MispSync(SyncOptions options, Filter filter, Mapping mapping, IndicatorStore& store,
                   TimePoint now)
    : impl_(std::make_unique<Impl>(options, std::move(filter), std::move(mapping), store, now)) {}

MispSync::~MispSync() = default;

// ---- feed ----

void MispSync::on_feed_connected(TimePoint now) {
  impl_->context.now = now;
  impl_->desk.on_feed_connected();
  const bool reading = impl_->context.status.bootstrapped || impl_->context.counters.requests > 0;
  impl_->on_loss(impl_->feed.monitor.on_connected(reading));
}

void MispSync::on_feed_disconnected(TimePoint now) {
  impl_->context.now = now;
  impl_->feed.monitor.on_disconnected();
}

void MispSync::on_feed_gap(Cause cause, TimePoint now) {
  impl_->context.now = now;
  impl_->on_loss(impl_->feed.monitor.on_gap(cause));
}

void MispSync::on_message(const FeedMessage& message, TimePoint now) {
  impl_->context.now = now;
  ++impl_->context.counters.messages[kind_of(message)];
  impl_->feed.monitor.on_message();
  if (const auto* heartbeat = std::get_if<Heartbeat>(&message)) {
    impl_->on_loss(impl_->feed.monitor.on_heartbeat(heartbeat->uptime_seconds));
  } else {
    impl_->feed.applier.apply(message);
  }
}

// ---- REST ----

std::optional<RestRequest> MispSync::next_request(TimePoint now) {
  impl_->context.now = now;
  return impl_->desk.next();
}

void MispSync::on_reply(std::uint64_t id, const Result<RestReply>& reply, TimePoint now) {
  impl_->context.now = now;
  if (impl_->desk.on_reply(id, reply)) {
    impl_->absences.tick();
    impl_->reading.reconciler.tick();
    impl_->publish_status();
  }
}

std::size_t MispSync::in_flight() const { return impl_->desk.in_flight(); }

// ---- time and operator ----

void MispSync::Impl::tick() {
  context.clock.tick(context.now);
  writer.expire();
  feed.applier.tick();
  on_loss(feed.monitor.tick());
  for (const auto id : lookups.overflow(context.time())) {
    const SteadyMs now = context.time();
    events.mark(id, {Lane::kEvents, Cause::kMessage, now, now, false}, now);
  }
  if (context.watermarks.prune(context.time() - kWatermarkMemory) > 0) {
    on_loss(feed.monitor.on_gap(Cause::kQueueOverflow));
  }
  absences.tick();
  reading.reconciler.tick();
  publish_status();
}

void MispSync::Impl::publish_status() {
  auto& status = context.status;
  status.blocked = absences.describe();
  status.growth = reading.growth.blocked();
  status.stale_events = events.stale();
  const auto oldest = events.oldest_stale();
  status.oldest_stale = oldest ? std::optional(oldest->first) : std::nullopt;
  status.oldest_stale_event = oldest ? oldest->second : 0;
  status.unverified = lookups.unverified();
  status.oldest_unverified = lookups.oldest_unverified();
  status.waiting_removals = feed.applier.waiting_removals();
  status.repeated_cause = reading.reconciler.repeated();
  status.clock_skew = context.clock.skew(context.now);
  status.clock_trusted = context.clock.trusted();
  status.index_bound = reading.reconciler.index_bound();
}

void MispSync::tick(TimePoint now) {
  impl_->context.now = now;
  impl_->tick();
}

SteadyMs MispSync::deadline(TimePoint now) const {
  const SteadyMs due = impl_->desk.next_due(impl_->lookups);
  const SteadyMs wanted = due <= now.steady ? now.steady + kAgain : due;
  return std::min(wanted, now.steady + kTick);
}

void MispSync::request_reconcile(bool full, Cause cause, TimePoint now) {
  impl_->context.now = now;
  impl_->reading.reconciler.request(full, cause, now.steady);
  if (cause == Cause::kOperator || cause == Cause::kConfiguration) {
    impl_->desk.retry_now();  // the operator may have fixed the cause
  }
  if (cause == Cause::kOperator) {
    impl_->feed.viewer.ask_now();
  }
}

void MispSync::ask_user(TimePoint now) {
  impl_->context.now = now;
  impl_->feed.viewer.ask_now();
}

BlockedRemovals MispSync::accept_shrink(TimePoint now) {
  impl_->context.now = now;
  const BlockedRemovals blocked = impl_->absences.describe();
  if (blocked.count > 0) {
    impl_->absences.release();
  }
  if (blocked.count == 0 || !impl_->context.store.proven()) {
    impl_->reading.reconciler.accept_next();
  }
  return blocked;
}

std::optional<BlockedGrowth> MispSync::accept_growth(std::uint64_t event_id, TimePoint now) {
  impl_->context.now = now;
  return impl_->reading.growth.release(event_id);
}

void MispSync::change_rules(Filter filter, Mapping mapping, TimePoint now) {
  auto& context = impl_->context;
  context.now = now;
  context.filter = std::move(filter);
  context.mapping = std::move(mapping);
  if (context.status.user) {
    context.filter.set_viewer({context.status.user->org_id, context.status.user->site_admin});
  }
  // What was read by the old filter says nothing of the new one.
  impl_->desk.clear();
  impl_->lookups.clear();
  impl_->reading.growth.clear();
  impl_->writer.watch_ages(false);
  impl_->events.put_back_all(now.steady);
  request_reconcile(true, Cause::kConfiguration, now);
}

// ---- durable state ----

void MispSync::restore(const SavedEventState& event) { impl_->events.restore(event); }

void MispSync::restore(const SavedSync& saved) {
  impl_->context.status.restored_from = saved.last_reconcile;
  // What was saved last may not be committed in MISP yet.
  impl_->desk.wait_until(impl_->context.time() + impl_->context.options.commit_grace);
  impl_->writer.watch_ages(true);
  impl_->reading.reconciler.restore(saved);
}

SavedSync MispSync::saved() const { return impl_->reading.reconciler.saved(); }

UnsavedEvents MispSync::take_unsaved(std::size_t max) { return impl_->events.take_unsaved(max); }

std::size_t MispSync::unsaved() const { return impl_->events.unsaved(); }

std::uint64_t MispSync::reconciles_ended() const { return impl_->reading.reconciler.ended(); }

const MispSync::Status& MispSync::status() const { return impl_->context.status; }

std::size_t MispSync::open_lookups() const {
  return impl_->lookups.size() + impl_->absences.open() + impl_->reading.checks.open() +
         impl_->events.stale();
}

const MispSync::Counters& MispSync::counters() const { return impl_->context.counters; }

const DecisionLog& MispSync::decisions() const { return impl_->context.decisions; }

const Filter& MispSync::filter() const { return impl_->context.filter; }

const Mapping& MispSync::mapping() const { return impl_->context.mapping; }

}  // namespace misp_zeek
