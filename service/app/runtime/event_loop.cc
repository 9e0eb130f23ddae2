// SPDX-License-Identifier: BSD-3-Clause
#include "app/runtime/event_loop.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <iterator>
#include <utility>

#include "app/api/routes.h"
#include "app/process/clocks.h"
#include "app/process/log.h"
#include "app/runtime/wiring.h"

namespace misp_zeek::app {
namespace {

constexpr std::size_t kItemsPerTurn = 512;
constexpr auto kAnswerTimeout = std::chrono::seconds(5);
const std::string kNoState = "no saved state";

}  // namespace

Loop::Loop(Config config)
    : config_(std::move(config)),
      inbox_(config_.feed.max_queue),
      store_(StoreOptions{.misp_url = config_.misp.url,
                          .report_sightings = config_.sightings.enabled,
                          .shown_tags = config_.filter.shown_tags,
                          .track_unsaved = !config_.state.path.empty()},
             random_id()),
      sync_(sync_options(config_), Filter(config_.filter), Mapping::create(config_.mapping).value(),
            store_, read_clocks()),
      metrics_(config_),
      started_(read_clocks().steady) {}

Result<void> Loop::start() {
  if (!config_.state.path.empty()) {
    auto state = DurableState::open(config_, [this] { inbox_.wake(); });
    if (state) {
      state_ = std::move(*state);
    } else if (state.error().code == ErrorCode::kNoStorage) {
      go_without_storage(state.error());
    } else {
      return tl::unexpected<Error>(std::move(state.error()));
    }
  }
  board_.update(view(), read_clocks());
  if (auto serving = start_http(); !serving) {
    return serving;
  }
  if (auto ready = start_sightings(); !ready) {
    return ready;
  }
  if (auto ready = start_rest_workers(); !ready) {
    return ready;
  }
  const std::string service_id = random_id();
  for (const auto& zeek : config_.zeek) {
    add_zeek(zeek, service_id);
  }
  if (!loading()) {
    start_feed();
  }
  return {};
}

void Loop::start_feed() {
  feed_ = make_feed(config_.feed);
  if (feed_) {
    feed_->start([this](FeedReport report) {
      const auto* message = std::get_if<FeedMessageAt>(&report);
      const std::size_t bytes = message == nullptr ? 0 : message->bytes;
      return inbox_.push(std::move(report), bytes);
    });
  }
}

void Loop::load_state() {
  if (const auto loaded = state_->load_some(store_, sync_); !loaded) {
    log::error("state is not saved; the service goes on without",
               {{"reason", loaded.error().message}});
  }
  if (!loading()) {
    start_feed();
  }
}

Result<void> Loop::start_sightings() {
  if (!config_.sightings.enabled) {
    return {};
  }
  auto misp = make_sightings(config_);
  if (!misp) {
    return tl::unexpected<Error>(std::move(misp.error()));
  }
  auto storage = make_sighting_storage(state_ ? state_->folder().file("sightings.db") : "");
  if (!storage && storage.error().code == ErrorCode::kNoStorage) {
    go_without_storage(storage.error());
    storage = make_sighting_storage("");
  }
  if (!storage) {
    return tl::unexpected<Error>(std::move(storage.error()));
  }
  auto sightings = Sightings::start(config_.sightings, std::move(*storage), std::move(*misp),
                                    sync_.mapping(), [this] { inbox_.wake(); });
  if (!sightings) {
    return tl::unexpected<Error>(std::move(sightings.error()));
  }
  sightings_ = std::move(*sightings);
  if (auto webhook = make_webhook(config_.sightings.webhook)) {
    sightings_->notify(std::make_unique<MatchNotifier>(
        match_notice_options(config_), std::move(webhook), [this] { inbox_.wake(); }));
  }
  return {};
}

std::vector<http::Route> Loop::routes() {
  auto routes = control_routes([this](const Command& command) { return ask(command); });
  auto reading =
      reading_routes([this](const Question& question) { return ask(question); },
                     [this] { return board_.health(); }, [this] { return metrics_.text(); });
  routes.insert(routes.end(), std::make_move_iterator(reading.begin()),
                std::make_move_iterator(reading.end()));
  return routes;
}

bool Loop::ask(const Question& question) {
  auto done = std::make_shared<std::promise<void>>();
  const auto answered = done->get_future();
  const bool taken =
      inbox_.push(Question([question, done = std::move(done)](const View& view, TimePoint now) {
        question(view, now);
        done->set_value();
      }));
  // A question that the ending loop drops breaks its promise: nobody waits for it.
  return taken && answered.wait_for(kAnswerTimeout) == std::future_status::ready &&
         !inbox_.closed();
}

std::optional<http::Response> Loop::ask(const Command& command) {
  auto promise = std::make_shared<std::promise<http::Response>>();
  auto answer = promise->get_future();
  if (!inbox_.push(Asked{command, std::move(promise)}) ||
      answer.wait_for(kAnswerTimeout) != std::future_status::ready || inbox_.closed()) {
    return std::nullopt;
  }
  return answer.get();
}

Result<void> Loop::start_http() {
  auto serving = Serving::start(
      config_, state_ ? &state_->folder() : nullptr, [this] { return board_.health(); }, routes());
  if (!serving) {
    return tl::unexpected<Error>(std::move(serving.error()));
  }
  serving_ = std::move(*serving);
  return {};
}

void Loop::add_zeek(const ZeekConfig& zeek, const std::string& service_id) {
  peers_.push_back(
      {make_link(zeek),
       std::make_unique<ZeekSession>(zeek.name, session_options(config_, service_id), store_),
       false, Propagation(config_.feed.max_queue), std::nullopt});
  const std::size_t index = peers_.size() - 1;
  // At most a few answers can be due from one Zeek, so these need no bound of their own.
  peers_.back().link->start(service_id, [this, index](LinkReport report) {
    inbox_.push_always(ZeekReport{index, std::move(report)});
  });
}

SteadyMs Loop::next_deadline(TimePoint now) const {
  SteadyMs due = loading() ? now.steady + 1'000 : sync_.deadline(now);
  for (const auto& peer : peers_) {
    const auto at = peer.session->deadline();
    if (at && !paused_) {
      due = std::min(due, *at);
    }
  }
  if (const auto at = sightings_ ? sightings_->deadline() : std::nullopt) {
    due = std::min(due, *at);
  }
  return due;
}

void Loop::run(const std::atomic<bool>& stopping) {
  systemd_.ready();
  while (!stopping) {
    TimePoint now = read_clocks();
    const auto wait =
        std::chrono::milliseconds(std::clamp<SteadyMs>(next_deadline(now) - now.steady, 0, 1000));
    auto inputs = inbox_.take(wait, kItemsPerTurn);
    now = read_clocks();
    for (auto& input : inputs) {
      handle(input, now);
    }
    turn(now);
  }
}

void Loop::stop() {
  inbox_.close();
  systemd_.stopping();
  log::set_status_line("");
  if (sightings_) {
    sightings_->stop(read_clocks());
  }
  feed_.reset();
  workers_.reset();
  for (auto& peer : peers_) {
    if (auto bye = peer.session->bye()) {
      peer.link->send(std::move(*bye));
    }
    peer.link->stop();
  }
  serving_.reset();
  if (state_) {
    state_->finish(store_, sync_);
    state_.reset();
  }
}

void Loop::handle(Input& input, TimePoint now) {
  if (const auto* feed = std::get_if<FeedReport>(&input)) {
    on_feed(*feed, now);
  } else if (const auto* done = std::get_if<RestDone>(&input)) {
    on_reply(*done, now);
  } else if (const auto* again = std::get_if<Reload>(&input)) {
    on_reload(again->loaded, now);
  } else if (const auto* asked = std::get_if<Asked>(&input)) {
    constexpr const char* kText = "text/plain; charset=utf-8";
    asked->answer->set_value(
        loading()
            ? http::Response{503, kText, "saved state is being loaded; try again\n"}
            : http::Response{202, kText,
                             std::visit([&](const auto& known) { return on_command(known, now); },
                                        asked->command) +
                                 "\n"});
  } else if (const auto* question = std::get_if<Question>(&input)) {
    (*question)(view(), now);
  } else {
    auto& report = std::get<ZeekReport>(input);
    const auto* message = std::get_if<contract::FromZeek>(&report.report);
    const auto* seen = message == nullptr ? nullptr : std::get_if<contract::Seen>(message);
    if (seen != nullptr) {
      on_seen(*seen, report.zeek, now);
    } else {
      peers_.at(report.zeek).session->on_report(report.report, now.steady);
    }
  }
}

void Loop::on_seen(const contract::Seen& seen, std::size_t zeek, TimePoint now) {
  const Peer& peer = peers_.at(zeek);
  if (sightings_) {
    const bool knows_all = sync_.status().bootstrapped && store_.complete();
    sightings_->on_seen(seen, zeek, peer.session->name(), knows_all ? &store_ : nullptr, now);
  } else {
    peer.link->send(
        contract::SeenAck{seen.instance, seen.seq, ""});  // left from before they were off
  }
}

void Loop::on_reply(const RestDone& done, TimePoint now) {
  const auto& reply = done.reply;
  metrics_.rest_answered(done.operation, reply ? "ok" : to_string(reply.error().code), done.took);
  const std::uint64_t ended = sync_.counters().ended;
  sync_.on_reply(done.id, reply, now);
  if (sync_.counters().ended != ended) {
    const ReconcileEnd& end = sync_.status().last_end;
    metrics_.reconcile_ended(end.kind, std::chrono::milliseconds(end.duration));
  }
}

void Loop::on_feed(const FeedReport& report, TimePoint now) {
  transition_log_.on_feed(report, view());
  if (const auto* message = std::get_if<FeedMessageAt>(&report)) {
    const Revision before = store_.revision();
    sync_.on_message(message->message, now);
    if (const auto* sighting = std::get_if<SightingMessage>(&message->message);
        sighting != nullptr && sightings_) {
      sightings_->on_feed(*sighting);
    }
    if (store_.revision() != before) {
      on_applied(*message, now);
    }
  } else if (std::holds_alternative<FeedConnected>(report)) {
    feed_problem_.clear();
    sync_.on_feed_connected(now);
  } else if (const auto* lost = std::get_if<FeedDisconnected>(&report)) {
    feed_problem_ = lost->reason;
    sync_.on_feed_disconnected(now);
  } else {
    const bool overflow = std::holds_alternative<FeedGap>(report);
    sync_.on_feed_gap(overflow ? Cause::kQueueOverflow : Cause::kMalformed, now);
  }
}

void Loop::on_applied(const FeedMessageAt& message, TimePoint now) {
  for (Peer& peer : peers_) {
    peer.propagation.add(store_.revision(), message.received);
  }
  const auto* attribute = std::get_if<AttributeMessage>(&message.message);
  if (attribute != nullptr && attribute->attribute.timestamp > 0) {
    const auto delay = now.unix_seconds - attribute->attribute.timestamp;
    metrics_.applied(std::chrono::seconds(std::max<UnixSeconds>(delay, 0)));
  }
}

void Loop::follow_misp() {
  while (workers_->idle()) {
    auto request = sync_.next_request(read_clocks());
    if (!request) {
      return;
    }
    workers_->submit(std::move(*request));
  }
}

void Loop::turn(TimePoint now) {
  if (loading()) {
    load_state();
  } else {
    sync_.tick(now);
    follow_misp();
  }
  if (!paused_) {
    for (auto& peer : peers_) {
      serve_zeek(peer, now);
    }
  }
  if (sightings_) {
    sightings_->turn(peers_, sync_.status().user, now);
    if (sightings_->wants_user(now)) {
      sync_.ask_user(now);
    }
  }
  if (state_) {
    state_->save(store_, sync_, now);
  }
  transition_log_.update(view(), now.steady);
  board_.update(view(), now);
  systemd_.alive(now.steady);
  systemd_.status(status_line(board_.health().checks));
  latency_.forget(now.unix_seconds);
  metrics_.update(view(), now);
}

void Loop::serve_zeek(Peer& peer, TimePoint now) {
  for (auto& message : peer.session->poll(now.steady)) {
    // What a broken link drops is sent again in the next session.
    peer.link->send(std::move(message));
  }
  // Before MISP was read once, a Zeek that holds all that is known is in sync with little.
  peer.was_in_step = peer.session->state() == ZeekSession::State::kLive &&
                     (peer.was_in_step || (store_.complete() && peer.session->in_step()));
  follow_changes(peer, now);
  follow_snapshot(peer, now);
}

void Loop::follow_changes(Peer& peer, TimePoint now) {
  const std::string& zeek = peer.session->name();
  peer.propagation.acknowledge(
      peer.session->acknowledged(), std::chrono::steady_clock::now(),
      [&](Revision revision, std::chrono::duration<double> took) {
        metrics_.acknowledged(zeek, took);
        latency_.add(now.unix_seconds, took);
        log::debug("change acknowledged",
                   {{"zeek", zeek}, {"revision", revision}, {"ms", took.count() * 1000}});
      });
}

void Loop::follow_snapshot(Peer& peer, TimePoint now) {
  const auto state = peer.session->state();
  if (state == ZeekSession::State::kSnapshot) {
    peer.snapshot_began = peer.snapshot_began.value_or(now.steady);
  } else {
    if (state == ZeekSession::State::kLive && peer.snapshot_began) {
      metrics_.snapshot_sent(peer.session->name(),
                             std::chrono::milliseconds(now.steady - *peer.snapshot_began));
    }
    peer.snapshot_began.reset();
  }
}

void Loop::go_without_storage(const Error& why) {
  no_storage_ = why.message + "; nothing is stored until the service is restarted";
  log::error("running without storing: restart the service when the disk takes data again",
             {{"reason", why.message}});
}

std::string Loop::storage_problem() const {
  std::string text = no_storage_;
  const auto add = [&text](const std::string& more) {
    text += (text.empty() || more.empty() ? "" : "; ") + more;
  };
  add(state_ ? state_->problem() : "");
  add(sightings_ ? sightings_->storage_problem() : "");
  return text;
}

View Loop::view() const {
  return {config_,
          store_,
          sync_,
          peers_,
          feed_problem_,
          feed_.get(),
          inbox_.size(),
          latency_,
          sightings_ ? &sightings_->queue() : nullptr,
          sightings_ ? sightings_->notices() : nullptr,
          started_,
          paused_,
          loading(),
          state_ ? state_->start_cause() : kNoState,
          storage_problem()};
}

}  // namespace misp_zeek::app
