// SPDX-License-Identifier: BSD-3-Clause
#include "app/service.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <deque>
#include <memory>
#include <mutex>
#include <random>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "app/control.h"
#include "app/inbox.h"
#include "app/log.h"
#include "app/rest_worker.h"
#include "core/misp_feed.h"
#include "core/misp_sync.h"
#include "core/zeek_session.h"
#include "http/control.h"
#include "http/server.h"
#include "misp/feed_subscriber.h"
#include "misp/rest_client.h"
#include "storage/state_folder.h"
#include "zeek/broker_link.h"

namespace misp_zeek::app {
namespace {

constexpr std::size_t kItemsPerTurn = 512;
constexpr SteadyMs kBehindTolerance = 10'000;
constexpr SteadyMs kFeedTolerance = 45'000;
constexpr SteadyMs kTurnTolerance = 10'000;
constexpr SteadyMs kRepeatedFault = 60'000;

TimePoint read_clocks() {
  using std::chrono::duration_cast;
  return {
      duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
          .count(),
      duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
          .count()};
}

std::string random_id() {
  std::random_device device;
  return format_digest((std::uint64_t{device()} << 32) | device());
}

std::string describe_reading(const MispSync::Status& status) {
  const std::string expected =
      status.rows_expected == 0 ? "" : " of " + std::to_string(status.rows_expected);
  return "reading: " + std::to_string(status.rows_read) + expected + " attributes";
}

struct ZeekReport {
  std::size_t zeek = 0;
  LinkReport report;
};
using Input = std::variant<FeedReport, Result<RestAnswer>, ZeekReport, Command>;

/// The loop and all that it owns. One thread; the ports' threads only fill the inbox.
class Service {
 public:
  explicit Service(const Config& config)
      : config_(config),
        inbox_(config.feed.max_queue),
        store_(StoreOptions{.misp_url = config.misp.url}, random_id()),
        sync_(sync_options(config), Filter(config.filter), Mapping::create(config.mapping).value(),
              store_, read_clocks()) {}

  Result<void> start();
  void run(const std::atomic<bool>& stopping);
  void stop();
  void wake() { inbox_.wake(); }

 private:
  struct Peer {
    std::unique_ptr<ZeekLink> link;
    std::unique_ptr<ZeekSession> session;
    ZeekSession::State state = ZeekSession::State::kDisconnected;
    std::string problem;
    bool was_in_step = false;  ///< its digest agreed once in the session under way
  };
  struct Pending {
    Revision revision = 0;
    std::chrono::steady_clock::time_point received;
  };

  static SyncOptions sync_options(const Config& config) {
    SyncOptions options;
    options.interval = config.reconcile.interval;
    options.full_interval = config.reconcile.full_interval;
    options.max_shrink = config.reconcile.max_shrink;
    options.page_size = config.misp.page_size;
    options.seed = std::random_device{}();
    return options;
  }

  Result<void> start_http();
  void add_zeek(const ZeekConfig& zeek, const std::string& service_id);
  void handle(Input& input, TimePoint now);
  void on_feed(const FeedReport& report, TimePoint now);
  void on_command(const ReconcileCommand& command);
  void turn(TimePoint now);
  void narrate(TimePoint now);
  void narrate_zeek(Peer& peer);
  void publish_health(TimePoint now);
  http::Health health();
  void set_check(const std::string& name, bool ok, std::string message, TimePoint now);

  const Config& config_;
  std::optional<storage::StateFolder> state_;
  Inbox<Input> inbox_;
  IndicatorStore store_;
  MispSync sync_;
  std::unique_ptr<MispRest> rest_;
  std::unique_ptr<RestWorker> worker_;
  std::unique_ptr<MispFeed> feed_;
  std::vector<Peer> peers_;
  std::unique_ptr<http::Server> server_;
  std::deque<Pending> pending_;  ///< live changes not yet acknowledged by all, for their latency

  std::string feed_problem_ = "not connected yet";
  std::string rest_problem_;
  bool bootstrapped_ = false;
  std::string held_;
  std::optional<SteadyMs> malformed_logged_;
  std::uint64_t malformed_ = 0;

  std::mutex health_mutex_;
  std::vector<http::Check> checks_;
  std::atomic<SteadyMs> last_turn_ = 0;
};

Result<void> Service::start() {
  misp::RestOptions rest;
  rest.url = config_.misp.url;
  rest.api_key = config_.misp.api_key.reveal();
  rest.verify_tls = config_.misp.verify_tls;
  rest.ca_file = config_.misp.ca_file;
  rest.proxy = config_.misp.proxy;
  rest.connect_timeout = config_.misp.connect_timeout;
  rest.request_timeout = config_.misp.request_timeout;
  rest.user_agent = "misp-zeek/" + version();
  rest.filter = config_.filter;
  rest.mapped_types = sync_.mapping().types();
  auto client = misp::RestClient::create(std::move(rest));
  if (!client) {
    return tl::unexpected<Error>(std::move(client.error()));
  }
  rest_ = std::move(*client);
  if (!config_.state.path.empty()) {
    auto state = storage::StateFolder::open(config_.state.path);
    if (!state) {
      return tl::unexpected<Error>(std::move(state.error()));
    }
    state_.emplace(std::move(*state));
  }
  publish_health(read_clocks());
  last_turn_ = read_clocks().steady;
  if (auto serving = start_http(); !serving) {
    return serving;
  }
  worker_ = std::make_unique<RestWorker>(
      *rest_, [this](Result<RestAnswer> answer) { inbox_.push_always(std::move(answer)); });
  feed_ = std::make_unique<misp::FeedSubscriber>(misp::FeedOptions{
      config_.feed.endpoint, config_.feed.username, config_.feed.password.reveal()});
  feed_->start([this](FeedReport report) { return inbox_.push(std::move(report)); });
  const std::string service_id = random_id();
  for (const auto& zeek : config_.zeek) {
    add_zeek(zeek, service_id);
  }
  return {};
}

Result<void> Service::start_http() {
  if (config_.http.listen.empty()) {
    return {};
  }
  const std::string token = state_ ? http::new_token() : "";
  auto server = http::Server::start(
      config_.http.listen, [this] { return health(); },
      control_routes([this](Command command) { return inbox_.push(std::move(command)); }), {token});
  if (!server) {
    return tl::unexpected<Error>(std::move(server.error()));
  }
  server_ = std::move(*server);
  log::info("serving health", {{"port", server_->port()}});
  if (!state_) {
    return {};
  }
  const http::ControlAccess access{http::control_url(config_.http.listen, server_->port()), token};
  return state_->write_private(kControlFile, http::to_json(access));
}

void Service::add_zeek(const ZeekConfig& zeek, const std::string& service_id) {
  zeek::BrokerLinkOptions options;
  options.name = zeek.name;
  options.address = zeek.address;
  options.port = zeek.port;
  options.tls.ca_file = zeek.ca_file;
  options.tls.certificate = zeek.certificate;
  options.tls.key = zeek.key;
  options.disable_tls = !zeek.tls;
  SessionOptions session;
  session.service_id = service_id;
  session.service_version = version();
  Peer peer;
  peer.link = std::make_unique<zeek::BrokerLink>(options);
  peer.session = std::make_unique<ZeekSession>(zeek.name, session, store_);
  peers_.push_back(std::move(peer));
  const std::size_t index = peers_.size() - 1;
  // At most a few answers can be due from one Zeek, so these need no bound of their own.
  peers_.back().link->start(service_id, [this, index](LinkReport report) {
    inbox_.push_always(ZeekReport{index, std::move(report)});
  });
}

void Service::run(const std::atomic<bool>& stopping) {
  while (!stopping) {
    TimePoint now = read_clocks();
    SteadyMs due = sync_.deadline(now);
    for (const auto& peer : peers_) {
      const auto at = peer.session->deadline();
      if (at && sync_.status().bootstrapped) {
        due = std::min(due, *at);
      }
    }
    const auto wait = std::chrono::milliseconds(std::clamp<SteadyMs>(due - now.steady, 0, 1000));
    auto inputs = inbox_.take(wait, kItemsPerTurn);
    now = read_clocks();
    for (auto& input : inputs) {
      handle(input, now);
    }
    turn(now);
  }
}

void Service::stop() {
  feed_.reset();
  worker_.reset();
  for (auto& peer : peers_) {
    peer.link->stop();
  }
  server_.reset();
}

void Service::handle(Input& input, TimePoint now) {
  if (const auto* feed = std::get_if<FeedReport>(&input)) {
    on_feed(*feed, now);
  } else if (const auto* answer = std::get_if<Result<RestAnswer>>(&input)) {
    sync_.on_answer(*answer, now);
  } else if (const auto* command = std::get_if<Command>(&input)) {
    std::visit([this](const auto& known) { on_command(known); }, *command);
  } else {
    auto& report = std::get<ZeekReport>(input);
    peers_.at(report.zeek).session->on_report(report.report, now.steady);
  }
}

void Service::on_feed(const FeedReport& report, TimePoint now) {
  if (const auto* message = std::get_if<FeedMessageAt>(&report)) {
    const Revision before = store_.revision();
    sync_.on_message(message->message, now);
    if (store_.revision() != before && pending_.size() < config_.feed.max_queue) {
      pending_.push_back({store_.revision(), message->received});
    }
  } else if (std::holds_alternative<FeedConnected>(report)) {
    feed_problem_.clear();
    log::info("feed connected", {{"endpoint", config_.feed.endpoint}});
    sync_.on_feed_connected(now);
  } else if (const auto* lost = std::get_if<FeedDisconnected>(&report)) {
    if (feed_problem_ != lost->reason) {
      log::warn("feed away", {{"reason", lost->reason}});
    }
    feed_problem_ = lost->reason;
    sync_.on_feed_disconnected(now);
  } else if (const auto* gap = std::get_if<FeedGap>(&report)) {
    log::warn("feed messages were lost, reconciling", {{"reason", gap->reason}});
    sync_.on_feed_gap(Cause::kQueueOverflow, now);
  } else {
    ++malformed_;
    if (!malformed_logged_ || now.steady - *malformed_logged_ > kRepeatedFault) {
      malformed_logged_ = now.steady;
      log::warn("malformed feed message dropped, reconciling",
                {{"reason", std::get<FeedMalformed>(report).error.message},
                 {"dropped_so_far", malformed_}});
    }
    sync_.on_feed_gap(Cause::kMalformed, now);
  }
}

void Service::on_command(const ReconcileCommand& command) {
  log::info("reconcile requested by an operator",
            {{"full", command.full}, {"accept_shrink", command.accept_shrink}});
  sync_.request_reconcile(command.full, Cause::kOperator);
  if (command.accept_shrink) {
    sync_.accept_shrink();
  }
}

void Service::turn(TimePoint now) {
  sync_.tick(now);
  if (auto call = sync_.next_call(now)) {
    worker_->submit(std::move(*call));
  }
  // Before the first complete read the store says nothing: a session would empty Zeek.
  for (std::size_t i = 0; sync_.status().bootstrapped && i < peers_.size(); ++i) {
    Peer& peer = peers_[i];
    for (const auto& message : peer.session->poll(now.steady)) {
      // What a broken link drops is sent again in the next session.
      peer.link->send(message);
    }
    peer.was_in_step = peer.session->state() == ZeekSession::State::kLive &&
                       (peer.was_in_step || peer.session->in_step());
  }
  narrate(now);
  publish_health(now);
  last_turn_ = now.steady;
}

void Service::narrate(TimePoint) {
  const auto& status = sync_.status();
  if (status.bootstrapped && !bootstrapped_) {
    bootstrapped_ = true;
    log::info("bootstrap complete", {{"attributes", store_.attribute_count()},
                                     {"items", store_.item_count()},
                                     {"revision", store_.revision()}});
  }
  if (status.rest_error != rest_problem_) {
    rest_problem_ = status.rest_error;
    if (rest_problem_.empty()) {
      log::info("MISP answers again");
    } else {
      log::warn("MISP request failed", {{"reason", rest_problem_}});
    }
  }
  if (status.held != held_) {
    held_ = status.held;
    if (!held_.empty()) {
      log::error("removals held back", {{"reason", held_}});
    }
  }
  for (auto& peer : peers_) {
    narrate_zeek(peer);
  }
  Revision everywhere = store_.revision();
  for (const auto& peer : peers_) {
    everywhere = std::min(everywhere, peer.session->acknowledged());
  }
  while (!pending_.empty() && pending_.front().revision <= everywhere) {
    const std::chrono::duration<double, std::milli> took =
        std::chrono::steady_clock::now() - pending_.front().received;
    log::debug("change acknowledged by every Zeek",
               {{"revision", pending_.front().revision}, {"ms", took.count()}});
    pending_.pop_front();
  }
}

void Service::narrate_zeek(Peer& peer) {
  const auto& session = *peer.session;
  if (session.state() != peer.state) {
    peer.state = session.state();
    log::info("zeek session", {{"zeek", session.name()},
                               {"state", to_string(peer.state)},
                               {"zeek_version", session.zeek_version()},
                               {"package_version", session.package_version()},
                               {"items", store_.item_count()}});
  }
  const bool trouble = peer.state == ZeekSession::State::kDisconnected ||
                       peer.state == ZeekSession::State::kGreeting;
  std::string problem = trouble ? session.explain() : "";
  if (problem != peer.problem) {
    peer.problem = std::move(problem);
    if (!peer.problem.empty()) {
      log::warn("zeek not ready", {{"zeek", session.name()}, {"reason", peer.problem}});
    }
  }
}

void Service::set_check(const std::string& name, bool ok, std::string message, TimePoint now) {
  auto it = std::find_if(checks_.begin(), checks_.end(),
                         [&](const auto& check) { return check.name == name; });
  if (it == checks_.end()) {
    checks_.push_back({name, ok, now.unix_seconds, std::move(message)});
    return;
  }
  if (it->ok != ok) {
    it->since = now.unix_seconds;
  }
  it->ok = ok;
  it->message = std::move(message);
}

void Service::publish_health(TimePoint now) {
  const auto& status = sync_.status();
  const std::lock_guard lock(health_mutex_);
  const bool heard = status.last_message && now.steady - *status.last_message < kFeedTolerance;
  set_check("feed", status.feed_connected && heard,
            !status.feed_connected ? feed_problem_
            : heard                ? "connected"
                                   : "connected, but silent: no heartbeat from MISP",
            now);
  set_check("rest", status.rest_error.empty() && status.user.has_value(),
            !status.rest_error.empty() ? status.rest_error
            : status.user              ? "MISP answers"
                                       : "waiting for MISP's first answer",
            now);
  set_check("snapshot", status.bootstrapped && status.held.empty(),
            !status.held.empty()  ? status.held
            : status.bootstrapped ? std::to_string(store_.attribute_count()) + " attributes"
                                  : describe_reading(status),
            now);
  for (const auto& peer : peers_) {
    const auto behind = peer.session->behind_since();
    const bool settled = peer.was_in_step && (!behind || now.steady - *behind < kBehindTolerance);
    const bool waits =
        !status.bootstrapped && peer.session->state() != ZeekSession::State::kDisconnected;
    set_check(
        "zeek:" + peer.session->name(), settled,
        waits ? "connected, waiting for the first complete read of MISP" : peer.session->explain(),
        now);
  }
}

http::Health Service::health() {
  http::Health health;
  health.live = read_clocks().steady - last_turn_ < kTurnTolerance;
  const std::lock_guard lock(health_mutex_);
  health.checks = checks_;
  return health;
}

}  // namespace

std::string version() { return MISP_ZEEK_VERSION; }

int run_service(const Config& config) {
  log::set_level(config.log.level);
  // Threads inherit the mask, so that only the thread below sees these signals.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  log::info("starting", {{"version", version()}, {"misp", config.misp.url}});
  Service service(config);
  if (auto started = service.start(); !started) {
    log::error("cannot start", {{"reason", started.error().message}});
    service.stop();
    return 1;
  }
  std::atomic<bool> stopping = false;
  std::thread([&stopping, &service, signals] {
    int number = 0;
    sigwait(&signals, &number);
    stopping = true;
    service.wake();
    sigwait(&signals, &number);
    std::_Exit(1);  // a second signal does not wait for an orderly end
  }).detach();
  service.run(stopping);
  log::info("stopping");
  service.stop();
  return 0;
}

}  // namespace misp_zeek::app
