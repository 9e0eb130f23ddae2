// SPDX-License-Identifier: BSD-3-Clause
#include "model/world.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace misp_zeek::model {
namespace {

constexpr SteadyMs kStart = 1'000'000;
constexpr std::int64_t kUnixBase = 1'700'000'000;
constexpr SteadyMs kHeartbeat = 10'000;
/// Longer than the service remembers what only the feed told.
constexpr SteadyMs kRest = 45'000;
/// Includes the longest back-off on either side.
constexpr SteadyMs kReconcileTime = 200'000;
constexpr std::uint64_t kRequestsPerOperation = 8;
constexpr std::uint64_t kRequestsPerFault = 20;
constexpr std::uint64_t kRequestsPerLook = 4;
constexpr std::uint64_t kRequestsAtRest = 60;

StoreOptions store_options(const MispModel::Reader& reader, bool track_unsaved) {
  StoreOptions options;
  options.shown_tags = reader.filter.shown_tags;
  options.misp_url = "https://misp.example.org";
  options.max_log = 50;
  options.track_unsaved = track_unsaved;
  return options;
}

std::string describe(const RestCall& call) {
  if (const auto* index = std::get_if<IndexCall>(&call)) {
    return "index " + std::to_string(static_cast<int>(index->which));
  }
  if (const auto* events = std::get_if<EventCall>(&call)) {
    std::string text = "events";
    for (const auto id : events->ids) {
      text += " " + std::to_string(id);
    }
    return text;
  }
  if (const auto* search = std::get_if<SearchCall>(&call)) {
    std::string text = search->search.any_type       ? "search of all"
                       : search->search.fixed_events ? "search of fixed"
                                                     : "search";
    for (const auto id : search->search.event_ids) {
      text += " " + std::to_string(id);
    }
    for (const auto& uuid : search->search.uuids) {
      text += " " + uuid.str().substr(0, 8);
    }
    return text + " since " + std::to_string(search->search.changed_since) + " page " +
           std::to_string(search->page) + " limit " + std::to_string(search->limit);
  }
  if (const auto* presence = std::get_if<PresenceCall>(&call)) {
    return "presence " + presence->uuid.str().substr(0, 8);
  }
  return "user";
}

std::string sixteen_digits(char digit, int number) {
  std::string text = std::to_string(number);
  return std::string(16 - text.size(), digit) + text;
}

}  // namespace

World::World(Scenario scenario)
    : scenario_(std::move(scenario)),
      reader_(scenario_.reader()),
      asked_(reader_),
      random_(scenario_.seed()),
      clock_(kStart),
      operations_(scenario_.seed()),
      invariants_(reader_),
      feed_back_at_(kStart + 50),
      publisher_started_(kStart - 500'000),
      heartbeat_at_(kStart + kHeartbeat) {
  operations_.misp().hide_unpublished(scenario_.setting("unpublished_private", "false") == "true");
  committed_ = backup_ = operations_.misp().live();
  zeeks_.emplace_back("zeek 1", std::stol(scenario_.setting("pace1", "1")));
  zeeks_.emplace_back("zeek 2", std::stol(scenario_.setting("pace2", "40")));
  start_service();
}

TimePoint World::now() const { return {clock_, misp_now() + (clock_ < skewed_until_ ? skew_ : 0)}; }

std::int64_t World::misp_now() const { return kUnixBase + clock_ / 1000; }

void World::trace(const std::string& text) {
  if (tracing_) {
    trace_.push_back(std::to_string(clock_ - kStart) + " " + text);
  }
}

void World::start_service() {
  ++services_;
  if (sync_) {
    requests_before_ += sync_->counters().requests;
    rows_before_ += sync_->counters().rows;
  }
  const bool saves = scenario_.setting("state", "off") == "on";
  store_ = std::make_unique<IndicatorStore>(store_options(reader_, saves),
                                            sixteen_digits('e', services_));
  SyncOptions options;
  const bool timers = scenario_.setting("timers", "on") == "on";
  options.interval = std::chrono::seconds(timers ? 20 : 100'000);
  options.full_interval = std::chrono::seconds(timers ? 120 : 100'000);
  options.batch_rows = static_cast<std::uint32_t>(std::stoul(scenario_.setting("batch_rows", "4")));
  options.seed = scenario_.seed();
  sync_ = std::make_unique<MispSync>(options, Filter(asked_.filter), Mapping(), *store_, now());
  if (saves) {
    disk_.restore(*store_, *sync_);
  }
  calls_.clear();
  if (feed_up_) {
    feed_up_ = false;
    feed_back_at_ = clock_ + 50;
  }
  for (auto& zeek : zeeks_) {
    zeek.start_service(*store_, sixteen_digits('5', services_), clock_);
  }
}

// ---- time ----

SteadyMs World::next_due(SteadyMs limit) const {
  SteadyMs due = std::min(limit, heartbeat_at_);
  const auto at = [&](SteadyMs time) { due = std::min(due, time); };
  for (const auto& queue : topics_) {
    if (!queue.empty()) {
      at(queue.front().at);
    }
  }
  if (!commits_.empty()) {
    at(commits_.front().at);
  }
  if (!feed_up_) {
    at(feed_back_at_);
  }
  for (const auto& call : calls_) {
    at(call.reply ? call.reply_at : call.read_at);
  }
  at(sync_->deadline(now()));
  for (const auto& zeek : zeeks_) {
    at(zeek.due(clock_));
  }
  return std::max(due, clock_ + 1);
}

std::string World::advance_to(SteadyMs time) {
  while (clock_ < time) {
    clock_ = next_due(time);
    if (auto problem = turn(); !problem.empty()) {
      return problem;
    }
  }
  return "";
}

std::string World::turn() {
  while (!commits_.empty() && commits_.front().at <= clock_) {
    committed_ = std::move(commits_.front().what);
    commits_.pop_front();
    trace("committed");
  }
  deliver_feed();
  make_calls();
  sync_->tick(now());
  if (const auto list = sync_->status().last_full; std::exchange(last_list_, list) != list &&
                                                   list && lists_awaited_ > 0 &&
                                                   --lists_awaited_ == 0) {
    invariants_.read_anew();
  }
  for (auto& zeek : zeeks_) {
    changed_ |= zeek.step(clock_);
  }
  disk_.save(*store_, *sync_, clock_);
  return check_always();
}

std::string World::check_always() {
  const bool aging = reader_.filter.max_age.count() != 0 || reader_.filter.honour_expirations;
  const bool ages = aging && noted_second_ != misp_now();
  if (ages) {
    noted_second_ = misp_now();
    invariants_.note(operations_.misp().live(), noted_second_);
  }
  if (!ages && !std::exchange(changed_, false)) {
    return "";
  }
  const bool caught_up =
      clock_ >= unheard_until_ && sync_->open_lookups() == 0 &&
      std::all_of(topics_.begin(), topics_.end(), [](const auto& q) { return q.empty(); });
  for (const auto& zeek : zeeks_) {
    if (auto problem = invariants_.check(zeek, caught_up); !problem.empty()) {
      return problem;
    }
  }
  return "";
}

// ---- what connects them ----

void World::deliver_feed() {
  if (!feed_up_ && clock_ >= feed_back_at_) {
    feed_up_ = true;
    trace("feed connected");
    sync_->on_feed_connected(now());
  }
  for (auto& queue : topics_) {
    while (!queue.empty() && queue.front().at <= clock_) {
      const FeedMessage message = std::move(queue.front().what);
      queue.pop_front();
      heartbeat_at_ = clock_ + kHeartbeat;
      if (!feed_up_) {
        note_unheard();
      } else {
        trace("message of topic " + std::to_string(message.index()));
        if (std::exchange(garble_, false)) {
          sync_->on_feed_gap(Cause::kMalformed, now());
        } else {
          sync_->on_message(message, now());
        }
      }
    }
  }
  if (clock_ >= heartbeat_at_) {
    heartbeat_at_ = clock_ + kHeartbeat;
    if (feed_up_) {
      sync_->on_message(Heartbeat{(clock_ - publisher_started_) / 1000}, now());
    }
  }
}

Result<RestReply> World::reply(const RestCall& call) {
  const auto take = [](int& count) { return count > 0 && count-- > 0; };
  if (clock_ < rest_.away_until) {
    return fail(ErrorCode::kUnavailable, "no connection to MISP");
  }
  if (take(rest_.fail)) {
    return fail(ErrorCode::kUnavailable, "503 from MISP");
  }
  if (take(rest_.truncate)) {
    return fail(ErrorCode::kMalformed, "the reply breaks off");
  }
  if (take(rest_.refuse)) {
    return fail(ErrorCode::kUnauthorized, "403 from MISP");
  }
  const bool listing = !std::holds_alternative<UserCall>(call);
  if (listing && take(rest_.empty)) {
    if (std::holds_alternative<PresenceCall>(call)) {
      return fail(ErrorCode::kMalformed, "an empty reply, and neither yes nor no");
    }
    return MispModel::reply({}, asked_, call, misp_now());
  }
  RestReply result = MispModel::reply(committed_, asked_, call, misp_now());
  if (auto* rows = std::get_if<AttributeReply>(&result.body);
      rows != nullptr && !rows->rows.empty() && sync_->status().bootstrapped &&
      take(rest_.garble)) {
    const auto readable = rows->rows.size() / 2;
    for (std::size_t i = readable; i < rows->rows.size(); ++i) {
      const Attribute& lost = rows->rows[i].attribute;
      SkippedRow skipped;
      skipped.position = i + 1;
      // The uuid and the event of every third and second row.
      skipped.uuid = i % 3 == 0 ? std::optional(lost.uuid) : std::nullopt;
      skipped.event_id = i % 2 == 0 ? lost.event_id : 0;
      rows->skipped.push_back(skipped);
    }
    rows->rows.resize(readable);
  }
  return result;
}

void World::make_calls() {
  for (auto& call : calls_) {
    if (!call.reply && clock_ >= call.read_at) {
      call.reply = reply(call.request.call);
    }
  }
  for (std::size_t i = 0; i < calls_.size();) {
    if (!calls_[i].reply || clock_ < calls_[i].reply_at) {
      ++i;
      continue;
    }
    const auto id = calls_[i].request.id;
    const auto result = std::move(*calls_[i].reply);
    calls_.erase(calls_.begin() + static_cast<std::ptrdiff_t>(i));
    trace(std::to_string(id) + (result ? " replied" : " failed: " + result.error().message));
    sync_->on_reply(id, result, now());
  }
  while (auto request = sync_->next_request(now())) {
    const auto before = static_cast<SteadyMs>(random_() % 60);
    const auto after = static_cast<SteadyMs>(random_() % 60);
    trace(std::to_string(request->id) + " asks " + describe(request->call));
    calls_.push_back({*std::move(request), clock_ + 1 + before, clock_ + 2 + before + after, {}});
  }
}

// ---- the whole ----

bool World::quiet() const {
  return commits_.empty() && feed_up_ &&
         std::all_of(topics_.begin(), topics_.end(), [](const auto& q) { return q.empty(); });
}

std::string World::reconcile_once() {
  const SteadyMs asked_at = clock_;
  const auto begun = [&] {
    const auto& started = sync_->counters().reconciles;
    const auto it = started.find(Cause::kOperator);
    return it == started.end() ? 0 : it->second;
  };
  const auto begun_before = begun();
  sync_->request_reconcile(true, Cause::kOperator, now());
  std::optional<SteadyMs> begun_at;
  const auto done = [&] {
    const auto& status = sync_->status();
    if (!begun_at && begun() != begun_before) {
      begun_at = clock_;
    }
    return begun_at && status.last_full && *status.last_full > *begun_at &&
           sync_->open_lookups() == 0 &&
           std::all_of(zeeks_.begin(), zeeks_.end(),
                       [](const auto& zeek) { return zeek.session().in_step(); });
  };
  while (clock_ < asked_at + kReconcileTime && !done()) {
    for (auto& zeek : zeeks_) {
      zeek.accept_shrink();
    }
    if (auto problem = advance_to(next_due(clock_ + 1'000)); !problem.empty()) {
      return problem;
    }
  }
  return done() ? "" : "the reconcile does not come to an end";
}

std::uint64_t World::drift() const {
  const auto& drift = sync_->counters().drift;
  return drift.added + drift.changed + drift.removed;
}

std::string World::settle() {
  rest_ = RestFaults{};
  const SteadyMs since = clock_;
  while (!quiet() && clock_ < since + kRest) {
    if (auto problem = advance_to(next_due(clock_ + 1'000)); !problem.empty()) {
      return problem;
    }
  }
  if (auto problem = advance_to(clock_ + kRest); !problem.empty()) {
    return problem;
  }
  const bool shows_nothing = !store_->proven() && !MispModel::shows_anything(committed_, reader_);
  if (shows_nothing) {
    sync_->accept_shrink(now());  // only an operator can tell that such a MISP is sound
  }
  const auto drift_before = drift();
  if (auto problem = reconcile_once(); !problem.empty()) {
    return problem;
  }
  if (undisturbed_ && !shows_nothing && drift() != drift_before) {
    return "drift although messages told everything";
  }
  if (sync_->status().blocked.count > 0) {
    sync_->accept_shrink(now());
    if (auto problem = reconcile_once(); !problem.empty()) {
      return problem;
    }
  }
  invariants_.note(committed_, misp_now());
  for (const auto& zeek : zeeks_) {
    if (auto problem = invariants_.check_settled(zeek, *store_, committed_, misp_now());
        !problem.empty()) {
      return problem;
    }
  }
  // What was found is in order now: another look finds nothing.
  const auto drift_after = drift();
  if (auto problem = reconcile_once(); !problem.empty()) {
    return problem;
  }
  return drift() == drift_after ? "" : "a second reconcile found more";
}

/// What a history may cost MISP: a start, each operation, each fault, and the time that passes.
std::string World::check_cost() const {
  const auto operations = scenario_.steps.size();
  const auto faults = static_cast<std::uint64_t>(faults_) + static_cast<std::uint64_t>(services_);
  const auto looks = static_cast<std::uint64_t>((clock_ - kStart) / 15'000 + 1);
  const std::uint64_t requests = requests_before_ + sync_->counters().requests;
  const std::uint64_t allowed = kRequestsPerOperation * operations + kRequestsPerFault * faults +
                                kRequestsPerLook * looks + kRequestsAtRest;
  if (requests > allowed) {
    return std::to_string(requests) + " requests where " + std::to_string(allowed) + " do";
  }
  const std::uint64_t rows = rows_before_ + sync_->counters().rows;
  const std::uint64_t held = operations_.misp().live().attributes.size() + 4;
  if (rows > allowed * held) {
    return std::to_string(rows) + " rows where " + std::to_string(allowed * held) + " do";
  }
  return "";
}

std::string World::run() {
  std::string problem;
  for (const auto& step : scenario_.steps) {
    problem = advance_to(kStart + step.at);
    if (problem.empty()) {
      problem = carry_out(step);
    }
    if (!problem.empty()) {
      return "at " + std::to_string(clock_ - kStart) + ": " + problem;
    }
  }
  problem = settle();
  if (problem.empty()) {
    problem = check_cost();
  }
  return problem.empty() ? "" : "at " + std::to_string(clock_ - kStart) + " (rest): " + problem;
}

}  // namespace misp_zeek::model
