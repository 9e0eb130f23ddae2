// SPDX-License-Identifier: BSD-3-Clause
#include "app/loop.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "app/clocks.h"
#include "app/log.h"
#include "app/ports.h"
#include "http/control.h"

namespace misp_zeek::app {
namespace {

constexpr std::size_t kItemsPerTurn = 512;

}  // namespace

Loop::Loop(const Config& config)
    : config_(config),
      inbox_(config.feed.max_queue),
      store_(StoreOptions{.misp_url = config.misp.url,
                          .report_sightings = config.sightings.enabled,
                          .track_unsaved = !config.state.path.empty()},
             random_id()),
      sync_(sync_options(config), Filter(config.filter), Mapping::create(config.mapping).value(),
            store_, read_clocks()),
      propagation_(config.feed.max_queue) {}

Result<void> Loop::start() {
  auto rest = make_rest(config_, sync_.mapping().types());
  if (!rest) {
    return tl::unexpected<Error>(std::move(rest.error()));
  }
  rest_ = std::move(*rest);
  if (!config_.state.path.empty()) {
    auto state = DurableState::open(config_, store_, sync_);
    if (!state) {
      return tl::unexpected<Error>(std::move(state.error()));
    }
    state_ = std::move(*state);
  }
  board_.update(view(), read_clocks());
  if (auto serving = start_http(); !serving) {
    return serving;
  }
  if (auto ready = start_sightings(); !ready) {
    return ready;
  }
  worker_ = std::make_unique<RestWorker>(
      *rest_, [this](Result<RestAnswer> answer) { inbox_.push_always(std::move(answer)); });
  feed_ = make_feed(config_.feed);
  feed_->start([this](FeedReport report) { return inbox_.push(std::move(report)); });
  const std::string service_id = random_id();
  for (const auto& zeek : config_.zeek) {
    add_zeek(zeek, service_id);
  }
  return {};
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
  if (!storage) {
    return tl::unexpected<Error>(std::move(storage.error()));
  }
  auto sightings = Sightings::start(config_.sightings, std::move(*storage), std::move(*misp),
                                    [this] { inbox_.wake(); });
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

Result<void> Loop::start_http() {
  if (config_.http.listen.empty()) {
    return {};
  }
  const std::string token = state_ ? http::new_token() : "";
  auto server = http::Server::start(
      config_.http.listen, [this] { return board_.health(); },
      control_routes([this](const Command& command) { return inbox_.push(command); }), {token});
  if (!server) {
    return tl::unexpected<Error>(std::move(server.error()));
  }
  server_ = std::move(*server);
  log::info("serving health", {{"port", server_->port()}});
  if (!state_) {
    return {};
  }
  const http::ControlAccess access{http::control_url(config_.http.listen, server_->port()), token};
  return state_->folder().write_private(kControlFile, http::to_json(access));
}

void Loop::add_zeek(const ZeekConfig& zeek, const std::string& service_id) {
  Peer peer;
  peer.link = make_link(zeek);
  peer.session = std::make_unique<ZeekSession>(zeek.name, session_options(service_id), store_);
  peers_.push_back(std::move(peer));
  const std::size_t index = peers_.size() - 1;
  // At most a few answers can be due from one Zeek, so these need no bound of their own.
  peers_.back().link->start(service_id, [this, index](LinkReport report) {
    inbox_.push_always(ZeekReport{index, std::move(report)});
  });
}

SteadyMs Loop::next_deadline(TimePoint now) const {
  SteadyMs due = sync_.deadline(now);
  for (const auto& peer : peers_) {
    const auto at = peer.session->deadline();
    if (at && knows_a_set()) {
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
  systemd_.stopping();
  if (sightings_) {
    sightings_->stop(read_clocks());
  }
  feed_.reset();
  worker_.reset();
  for (auto& peer : peers_) {
    peer.link->stop();
  }
  server_.reset();
  if (state_) {
    state_->finish(store_, sync_);
    state_.reset();
  }
}

void Loop::handle(Input& input, TimePoint now) {
  if (const auto* feed = std::get_if<FeedReport>(&input)) {
    on_feed(*feed, now);
  } else if (const auto* answer = std::get_if<Result<RestAnswer>>(&input)) {
    sync_.on_answer(*answer, now);
  } else if (const auto* command = std::get_if<Command>(&input)) {
    std::visit([this](const auto& known) { on_command(known); }, *command);
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
    sightings_->on_seen(seen, zeek, peer.session->name(), now);
  } else {
    peer.link->send(contract::SeenAck{seen.instance, seen.seq});  // left from before they were off
  }
}

void Loop::on_command(const ReconcileCommand& command) {
  log::info("reconcile requested by an operator",
            {{"full", command.full}, {"accept_shrink", command.accept_shrink}});
  sync_.request_reconcile(command.full, Cause::kOperator);
  if (command.accept_shrink) {
    sync_.accept_shrink();
  }
}

void Loop::on_feed(const FeedReport& report, TimePoint now) {
  narrator_.on_feed(report, view());
  if (const auto* message = std::get_if<FeedMessageAt>(&report)) {
    const Revision before = store_.revision();
    sync_.on_message(message->message, now);
    if (const auto* sighting = std::get_if<SightingMessage>(&message->message);
        sighting != nullptr && sightings_) {
      sightings_->on_feed(*sighting);
    }
    if (store_.revision() != before) {
      propagation_.add(store_.revision(), message->received);
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

void Loop::turn(TimePoint now) {
  sync_.tick(now);
  if (auto call = sync_.next_call(now)) {
    worker_->submit(std::move(*call));
  }
  if (knows_a_set()) {
    for (auto& peer : peers_) {
      serve_zeek(peer, now);
    }
  }
  if (sightings_) {
    sightings_->turn(peers_, sync_.status().user, now);
  }
  follow_changes();
  if (state_) {
    state_->save(store_, sync_, now);
  }
  narrator_.tell(view());
  board_.update(view(), now);
  systemd_.alive(now.steady);
  systemd_.status(status_line(board_.health().checks));
}

void Loop::serve_zeek(Peer& peer, TimePoint now) {
  for (const auto& message : peer.session->poll(now.steady)) {
    // What a broken link drops is sent again in the next session.
    peer.link->send(message);
  }
  peer.was_in_step = peer.session->state() == ZeekSession::State::kLive &&
                     (peer.was_in_step || peer.session->in_step());
}

void Loop::follow_changes() {
  Revision everywhere = store_.revision();
  for (const auto& peer : peers_) {
    everywhere = std::min(everywhere, peer.session->acknowledged());
  }
  propagation_.acknowledge(everywhere, std::chrono::steady_clock::now(),
                           [](Revision revision, std::chrono::duration<double, std::milli> took) {
                             log::debug("change acknowledged by every Zeek",
                                        {{"revision", revision}, {"ms", took.count()}});
                           });
}

}  // namespace misp_zeek::app
