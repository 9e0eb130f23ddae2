// SPDX-License-Identifier: BSD-3-Clause
#include "app/telemetry/metric_table.h"

#include <optional>

#include "app/process/process_usage.h"
#include "app/process/version.h"

namespace misp_zeek::app {
namespace {

using Session = ZeekSession;
constexpr auto kCounter = MetricType::kCounter;
constexpr auto kGauge = MetricType::kGauge;

double as_double(std::uint64_t value) { return static_cast<double>(value); }

/// Since the start when it has never been.
double age(std::optional<SteadyMs> at, const View& view, TimePoint now) {
  return static_cast<double>(now.steady - at.value_or(view.started)) / 1000;
}

double waiting(std::optional<SteadyMs> since, TimePoint now) {
  return since ? static_cast<double>(now.steady - *since) / 1000 : 0;
}

template <typename Count>
void each_zeek(const View& view, MetricFamily& samples, Count count) {
  for (const Peer& peer : view.peers) {
    samples.add({peer.session->name()}, static_cast<double>(count(*peer.session)));
  }
}

template <typename Map, typename Key>
double counted(const Map& counts, const Key& key) {
  const auto found = counts.find(key);
  return found == counts.end() ? 0 : as_double(found->second);
}

void read_messages(const View& view, TimePoint, MetricFamily& out) {
  for (const MessageKind& kind : all_message_kinds()) {
    out.add({kind.topic, kind.action}, counted(view.sync.counters().messages, kind));
  }
}

void read_reconciles(const View& view, TimePoint, MetricFamily& out) {
  for (std::size_t i = 0; i < kCauseCount; ++i) {
    const auto cause = static_cast<Cause>(i);
    out.add({to_string(cause)}, counted(view.sync.counters().reconciles, cause));
  }
}

void read_drift(const View& view, TimePoint, MetricFamily& out) {
  const auto& found = view.sync.counters().drift_by_cause;
  for (std::size_t i = 0; i < kCauseCount; ++i) {
    const auto cause = static_cast<Cause>(i);
    const auto at = found.find(cause);
    const Drift drift = at == found.end() ? Drift{} : at->second;
    out.add({to_string(cause), "added"}, as_double(drift.added));
    out.add({to_string(cause), "changed"}, as_double(drift.changed));
    out.add({to_string(cause), "removed"}, as_double(drift.removed));
  }
}

void read_attributes(const View& view, TimePoint, MetricFamily& out) {
  const auto counts = view.store.attributes_by_type();
  for (const std::string& type : view.sync.mapping().types()) {
    out.add({type}, counted(counts, std::string_view(type)));
  }
}

void read_items(const View& view, TimePoint, MetricFamily& out) {
  for (std::size_t i = 0; i < kIndicatorTypeCount; ++i) {
    out.add({to_string(static_cast<IndicatorType>(i))},
            as_double(view.store.items_by_type().at(i)));
  }
}

void read_rejected(const View& view, TimePoint, MetricFamily& out) {
  for (std::size_t i = 0; i < kRejectCount; ++i) {
    const auto reason = static_cast<Reject>(i);
    out.add({to_string(reason)}, counted(view.store.rejects(), reason));
  }
}

void read_filtered(const View& view, TimePoint, MetricFamily& out) {
  for (std::size_t i = 1; i < kFilterReasonCount; ++i) {
    const auto reason = static_cast<FilterReason>(i);
    out.add({to_string(reason)}, counted(view.sync.counters().filtered, reason));
  }
}

void read_session_items(const View& view, TimePoint, MetricFamily& out) {
  for (const Peer& peer : view.peers) {
    const auto& name = peer.session->name();
    const auto& counters = peer.session->counters();
    out.add({name, "inserted"}, as_double(counters.inserted));
    out.add({name, "updated"}, as_double(counters.updated));
    out.add({name, "unchanged"}, as_double(counters.unchanged));
    out.add({name, "removed"}, as_double(counters.removed));
    out.add({name, "rejected"}, as_double(counters.rejected));
  }
}

double feed_count(const View& view, std::uint64_t FeedCounters::*field) {
  return view.feed == nullptr ? 0 : as_double(view.feed->counters().*field);
}

/// A row without labels.
#define PLAIN(expression)                                                       \
  {}, [](const View& view, [[maybe_unused]] TimePoint now, MetricFamily& out) { \
    static_cast<void>(view);                                                    \
    out.add({}, static_cast<double>(expression));                               \
  }
/// A row with one sample for each Zeek; `zeek` is its session.
#define ZEEK(expression)                                                   \
  {"zeek"}, [](const View& view, TimePoint, MetricFamily& out) {           \
    each_zeek(view, out, [&](const Session& zeek) { return expression; }); \
  }

std::vector<MetricRow> misp_rows() {
  return {
      {"misp_zeek_feed_up", kGauge, "Whether MISP's feed is connected, or none is configured.",
       PLAIN(view.sync.status().feed_connected || view.config.feed.endpoints.empty())},
      {"misp_zeek_feed_age_seconds", kGauge,
       "Time since the last message of the feed, or the start.",
       PLAIN(view.config.feed.endpoints.empty() ? 0
                                                : age(view.sync.status().last_message, view, now))},
      {"misp_zeek_feed_messages_total",
       kCounter,
       "Messages of the feed, by topic and action.",
       {"topic", "action"},
       read_messages},
      {"misp_zeek_feed_received_bytes_total", kCounter, "Size of all messages of the feed.",
       PLAIN(feed_count(view, &FeedCounters::bytes))},
      {"misp_zeek_feed_malformed_messages_total", kCounter, "Messages that could not be decoded.",
       PLAIN(feed_count(view, &FeedCounters::malformed))},
      {"misp_zeek_feed_dropped_messages_total", kCounter,
       "Messages dropped because the queue was full.",
       PLAIN(feed_count(view, &FeedCounters::dropped))},
      {"misp_zeek_feed_late_messages_total", kCounter,
       "Messages ignored because their event is deleted or a newer one came first.",
       PLAIN(view.sync.counters().late)},
      {"misp_zeek_paused", kGauge, "Whether an operator has paused changes to Zeek.",
       PLAIN(view.paused)},
      {"misp_zeek_queue_messages", kGauge, "Messages and replies that wait for the loop.",
       PLAIN(view.queued)},
      {"misp_zeek_rest_up", kGauge, "Whether MISP answered the last request.",
       PLAIN(view.sync.status().user && view.sync.status().rest_error.empty())},
      {"misp_zeek_reconciles_total",
       kCounter,
       "Reconciles started, by cause.",
       {"cause"},
       read_reconciles},
      {"misp_zeek_reconcile_age_seconds", kGauge,
       "Time since the last complete reconcile, or the start.",
       PLAIN(age(view.sync.status().last_reconcile, view, now))},
      {"misp_zeek_drift_attributes_total",
       kCounter,
       "Differences that a reconcile found and repaired, by its cause.",
       {"cause", "kind"},
       read_drift},
      {"misp_zeek_removals_blocked", kGauge, "Removals that max_shrink blocks.",
       PLAIN(view.sync.status().blocked.count)},
      {"misp_zeek_events_blocked", kGauge, "Events that max_growth blocks.",
       PLAIN(view.sync.status().growth.size())},
      {"misp_zeek_pending_lookups", kGauge, "Attributes and events that wait for a lookup in MISP.",
       PLAIN(view.sync.open_lookups())},
      {"misp_zeek_stale_events", kGauge, "Events that are out of date and still to be read.",
       PLAIN(view.sync.status().stale_events)},
      {"misp_zeek_oldest_stale_event_seconds", kGauge,
       "For how long the oldest of them is out of date.",
       PLAIN(waiting(view.sync.status().oldest_stale, now))},
      {"misp_zeek_unverified_changes", kGauge,
       "Changes by messages that MISP has not confirmed yet.",
       PLAIN(view.sync.status().unverified)},
      {"misp_zeek_oldest_unverified_change_seconds", kGauge,
       "For how long the oldest of them waits.",
       PLAIN(waiting(view.sync.status().oldest_unverified, now))},
      {"misp_zeek_contradicted_changes_total", kCounter,
       "Changes by messages that MISP did not confirm and that were undone.",
       PLAIN(view.sync.counters().contradicted)},
      {"misp_zeek_rows_total", kCounter, "Rows of MISP's replies.",
       PLAIN(view.sync.counters().rows)},
      {"misp_zeek_hidden_rows_total", kCounter,
       "Rows that MISP counted and did not show: allowedlist, warninglist.",
       PLAIN(view.sync.counters().hidden_rows)},
      {"misp_zeek_skipped_rows_total", kCounter, "Rows of MISP's replies that could not be read.",
       PLAIN(view.sync.counters().skipped_rows)},
      {"misp_zeek_clock_skew_seconds", kGauge, "MISP's clock less this machine's.",
       PLAIN(view.sync.status().clock_skew.value_or(0))},
      {"misp_zeek_clock_trusted", kGauge,
       "Whether both clocks agree well enough to remove what is too old.",
       PLAIN(view.sync.status().clock_trusted)},
      {"misp_zeek_index_bound_seconds", kGauge,
       "How late a deletion or unpublishing of an event is seen at most, without a message.",
       PLAIN(static_cast<double>(view.sync.status().index_bound) / 1000)},
  };
}

std::vector<MetricRow> store_rows() {
  return {
      {"misp_zeek_snapshot_complete", kGauge, "Whether MISP was read completely once.",
       PLAIN(view.sync.status().bootstrapped)},
      {"misp_zeek_attributes",
       kGauge,
       "Attributes that the filter accepts, by MISP type.",
       {"type"},
       read_attributes},
      {"misp_zeek_rejected_attributes",
       kGauge,
       "Accepted attributes that Zeek cannot match, by reason.",
       {"reason"},
       read_rejected},
      {"misp_zeek_filtered_messages_total",
       kCounter,
       "Messages whose attribute the filter excluded, by reason.",
       {"reason"},
       read_filtered},
      {"misp_zeek_items",
       kGauge,
       "Entries that Zeek should hold: indicators, counted once per event.",
       {"indicator_type"},
       read_items},
      {"misp_zeek_revision", kGauge,
       "Changes since the start of the entries that Zeek should hold.",
       PLAIN(view.store.revision())},
      {"misp_zeek_build_info",
       kGauge,
       "Always 1; the label has the version.",
       {"version"},
       [](const View&, TimePoint, MetricFamily& out) { out.add({version()}, 1); }},
      {"misp_zeek_storage_up", kGauge,
       "Whether state and sightings can be stored, or state.path is not set.",
       PLAIN(view.storage_problem.empty())},
      {"misp_zeek_process_memory_bytes", kGauge, "Resident memory of the service.",
       PLAIN(resident_memory())},
      {"misp_zeek_process_cpu_seconds_total", kCounter, "Processor time of the service.",
       PLAIN(processor_seconds())},
  };
}

template <typename Field>
std::uint64_t sighting_count(const View& view, Field field) {
  return view.sightings == nullptr ? 0 : view.sightings->counters().*field;
}

void read_suppressed(const View& view, TimePoint, MetricFamily& out) {
  using Counters = SightingQueue::Counters;
  out.add({"cap"}, as_double(sighting_count(view, &Counters::withheld)));
  out.add({"policy"}, as_double(sighting_count(view, &Counters::vetoed)));
  out.add({"zeek_queue_full"}, as_double(sighting_count(view, &Counters::dropped_by_zeek)));
}

void read_given_up(const View& view, TimePoint, MetricFamily& out) {
  using Counters = SightingQueue::Counters;
  out.add({"attribute_changed"}, as_double(sighting_count(view, &Counters::changed)));
  out.add({"attribute_gone"}, as_double(sighting_count(view, &Counters::gone)));
  out.add({"implausible"}, as_double(sighting_count(view, &Counters::implausible)));
  out.add({"refused"}, as_double(sighting_count(view, &Counters::refused)));
  out.add({"spool_full"}, as_double(sighting_count(view, &Counters::dropped)));
}

std::uint64_t notice_count(const View& view, std::uint64_t MatchNotices::Counters::*field) {
  return view.notices == nullptr ? 0 : view.notices->counters().*field;
}

void read_webhook_posts(const View& view, TimePoint, MetricFamily& out) {
  using Counters = MatchNotices::Counters;
  out.add({"sent"}, as_double(notice_count(view, &Counters::posted)));
  out.add({"failed"}, as_double(notice_count(view, &Counters::failures)));
}

std::vector<MetricRow> webhook_rows() {
  using Counters = MatchNotices::Counters;
  return {
      {"misp_zeek_webhook_posts_total",
       kCounter,
       "Posts to the webhook, by outcome.",
       {"outcome"},
       read_webhook_posts},
      {"misp_zeek_webhook_summarized_matches_total", kCounter,
       "Matches that are posted as a number: beyond max_per_minute, or while the webhook failed.",
       PLAIN(notice_count(view, &Counters::limited))},
      {"misp_zeek_webhook_dropped_messages_total", kCounter,
       "Messages that became part of a summary because the webhook failed.",
       PLAIN(notice_count(view, &Counters::dropped))},
      {"misp_zeek_webhook_waiting_messages", kGauge, "Messages that wait for the webhook.",
       PLAIN(view.notices == nullptr ? 0 : view.notices->waiting())},
  };
}

std::vector<MetricRow> sighting_rows() {
  using Counters = SightingQueue::Counters;
  return {
      {"misp_zeek_sightings_up", kGauge,
       "Whether MISP accepts sightings, or matches are not reported.",
       PLAIN(view.sightings == nullptr || view.sightings->problem().empty())},
      {"misp_zeek_sighting_matches_total", kCounter, "Matches of attributes that Zeek reported.",
       PLAIN(sighting_count(view, &Counters::matches))},
      {"misp_zeek_sighting_suppressed_matches_total",
       kCounter,
       "Matches that Zeek did not report, by reason.",
       {"reason"},
       read_suppressed},
      {"misp_zeek_sighting_waiting_matches", kGauge, "Matches that MISP does not have yet.",
       PLAIN(view.sightings == nullptr ? 0 : view.sightings->waiting_matches())},
      {"misp_zeek_sighting_spool_rows", kGauge, "Sightings that the waiting matches will become.",
       PLAIN(view.sightings == nullptr ? 0 : view.sightings->rows())},
      {"misp_zeek_sightings_sent_total", kCounter, "Sightings that MISP accepted.",
       PLAIN(sighting_count(view, &Counters::posted))},
      {"misp_zeek_sighting_sent_matches_total", kCounter,
       "Matches in the sightings that MISP accepted.",
       PLAIN(sighting_count(view, &Counters::posted_matches))},
      {"misp_zeek_sighting_failed_requests_total", kCounter,
       "Failed requests to add a sighting; they are retried.",
       PLAIN(sighting_count(view, &Counters::failures))},
      {"misp_zeek_sighting_dropped_matches_total",
       kCounter,
       "Matches dropped without reaching MISP, by reason.",
       {"reason"},
       read_given_up},
      {"misp_zeek_sighting_write_failures_total", kCounter, "Failed writes to the spool.",
       PLAIN(sighting_count(view, &Counters::write_failures))},
  };
}

std::vector<MetricRow> zeek_rows() {
  return {
      {"misp_zeek_session_up", kGauge, "Whether this Zeek's package answers.",
       ZEEK(zeek.state() == Session::State::kLive || zeek.state() == Session::State::kSnapshot)},
      {"misp_zeek_session_in_sync", kGauge,
       "Whether this Zeek has acknowledged everything and its digest agrees.",
       ZEEK(zeek.in_step())},
      {"misp_zeek_session_digest_agrees", kGauge,
       "Whether the digests agreed at their last comparison.", ZEEK(zeek.digest_agrees())},
      {"misp_zeek_session_lag_revisions", kGauge, "Changes that this Zeek has not acknowledged.",
       ZEEK(view.store.revision() - zeek.acknowledged())},
      {"misp_zeek_session_unacknowledged_messages", kGauge,
       "Messages that wait for an acknowledgement.", ZEEK(zeek.unacknowledged_messages())},
      {"misp_zeek_session_unacknowledged_items", kGauge,
       "Items in messages that wait for an acknowledgement.", ZEEK(zeek.unacknowledged_items())},
      {"misp_zeek_session_messages_total", kCounter, "Messages sent to this Zeek.",
       ZEEK(zeek.counters().messages)},
      {"misp_zeek_session_items_total",
       kCounter,
       "Items that this Zeek acknowledged, by result.",
       {"zeek", "result"},
       read_session_items},
      {"misp_zeek_session_refused_items", kGauge, "Items that this Zeek refuses at present.",
       ZEEK(zeek.refusals().size())},
      {"misp_zeek_session_workers", kGauge, "Workers of this Zeek's cluster.",
       ZEEK(zeek.workers())},
      {"misp_zeek_session_workers_in_sync", kGauge,
       "Workers of this Zeek's cluster that are in sync.", ZEEK(zeek.workers_in_step())},
      {"misp_zeek_session_starts_total", kCounter, "Sessions that this Zeek started.",
       ZEEK(zeek.counters().sessions)},
      {"misp_zeek_session_resumptions_total", kCounter, "Sessions that resumed without a snapshot.",
       ZEEK(zeek.counters().resumed)},
      {"misp_zeek_session_snapshots_total", kCounter, "Sessions with a snapshot.",
       ZEEK(zeek.counters().snapshots)},
      {"misp_zeek_session_resyncs_total", kCounter,
       "Sessions that ended because one side asked for a resync.", ZEEK(zeek.counters().resyncs)},
      {"misp_zeek_session_digest_mismatches_total", kCounter,
       "Sessions that ended because the digests differed.",
       ZEEK(zeek.counters().digest_mismatches)},
      {"misp_zeek_session_malformed_messages_total", kCounter,
       "Messages of this Zeek that could not be decoded.", ZEEK(zeek.counters().malformed)},
  };
}

#undef PLAIN
#undef ZEEK

}  // namespace

const std::vector<MetricRow>& metric_table() {
  static const auto table = [] {
    auto all = misp_rows();
    for (const auto& part : {store_rows(), zeek_rows(), sighting_rows(), webhook_rows()}) {
      all.insert(all.end(), part.begin(), part.end());
    }
    return all;
  }();
  return table;
}

std::vector<MetricFamily> read_metrics(const View& view, TimePoint now) {
  std::vector<MetricFamily> families;
  families.reserve(metric_table().size());
  for (const MetricRow& row : metric_table()) {
    families.emplace_back(row.name, row.type, row.help, row.labels);
    row.read(view, now, families.back());
  }
  return families;
}

}  // namespace misp_zeek::app
