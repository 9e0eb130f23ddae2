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

StoreOptions store_options(const MispModel::Reader& reader, bool track_unsaved) {
  StoreOptions options;
  options.shown_tags = reader.filter.shown_tags;
  options.misp_url = "https://misp.example.org";
  options.max_log = 50;
  options.track_unsaved = track_unsaved;
  return options;
}

std::string sixteen_digits(char digit, int number) {
  std::string text = std::to_string(number);
  return std::string(16 - text.size(), digit) + text;
}

}  // namespace

World::World(Scenario scenario)
    : scenario_(std::move(scenario)),
      reader_(scenario_.reader()),
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

TimePoint World::now() const { return {clock_, kUnixBase + clock_ / 1000}; }

void World::trace(const std::string& text) {
  if (tracing_) {
    trace_.push_back(std::to_string(clock_ - kStart) + " " + text);
  }
}

void World::start_service() {
  ++services_;
  const bool saves = scenario_.setting("state", "off") == "on";
  store_ = std::make_unique<IndicatorStore>(store_options(reader_, saves),
                                            sixteen_digits('e', services_));
  SyncOptions options;
  const bool timers = scenario_.setting("timers", "on") == "on";
  options.interval = std::chrono::seconds(timers ? 20 : 100'000);
  options.full_interval = std::chrono::seconds(timers ? 120 : 100'000);
  options.page_size = 4;
  options.seed = scenario_.seed();
  sync_ = std::make_unique<MispSync>(options, Filter(reader_.filter), Mapping(), *store_, now());
  if (saves && disk_.restore(*store_)) {
    sync_->restore(disk_.sync());
  }
  call_.reset();
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
  if (call_) {
    at(call_->answer ? call_->answer_at : call_->read_at);
  } else {
    at(sync_->deadline(now()));
  }
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
  const bool knows_a_set = sync_->status().bootstrapped || sync_->status().restored_from;
  for (auto& zeek : zeeks_) {
    changed_ |= zeek.step(clock_, knows_a_set);
  }
  disk_.save(*store_, *sync_, clock_);
  return check_always();
}

std::string World::check_always() {
  const bool aging = reader_.filter.max_age.count() != 0 || reader_.filter.honour_expirations;
  const bool ages = aging && noted_second_ != now().unix_seconds;
  if (ages) {
    noted_second_ = now().unix_seconds;
    invariants_.note(operations_.misp().live(), noted_second_);
  }
  if (!ages && !std::exchange(changed_, false)) {
    return "";
  }
  const bool caught_up =
      clock_ >= unheard_until_ && sync_->open_questions() == 0 &&
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

Result<RestAnswer> World::answer(const RestCall& call) {
  const auto take = [](int& count) { return count > 0 && count-- > 0; };
  if (clock_ < rest_.away_until) {
    return fail(ErrorCode::kUnavailable, "no connection to MISP");
  }
  if (take(rest_.fail)) {
    return fail(ErrorCode::kUnavailable, "503 from MISP");
  }
  if (take(rest_.truncate)) {
    return fail(ErrorCode::kMalformed, "the answer breaks off");
  }
  if (take(rest_.refuse)) {
    return fail(ErrorCode::kUnauthorized, "403 from MISP");
  }
  const bool listing = !std::holds_alternative<UserCall>(call);
  if (listing && take(rest_.empty)) {
    if (std::holds_alternative<PresenceCall>(call)) {
      return fail(ErrorCode::kMalformed, "an empty answer, and neither yes nor no");
    }
    return MispModel::answer({}, reader_, call, now().unix_seconds);
  }
  RestAnswer result = MispModel::answer(committed_, reader_, call, now().unix_seconds);
  if (auto* page = std::get_if<AttributePage>(&result); page != nullptr && !page->rows.empty() &&
                                                        sync_->status().bootstrapped &&
                                                        take(rest_.garble)) {
    const auto readable = page->rows.size() / 2;
    page->undecodable = page->rows.size() - readable;
    page->rows.resize(readable);
  }
  return result;
}

void World::make_calls() {
  if (call_ && !call_->answer && clock_ >= call_->read_at) {
    call_->answer = answer(call_->call);
  }
  if (call_ && call_->answer && clock_ >= call_->answer_at) {
    const auto result = std::move(*call_->answer);
    call_.reset();
    trace(result ? "answer" : "error: " + result.error().message);
    sync_->on_answer(result, now());
  }
  if (!call_) {
    if (auto call = sync_->next_call(now())) {
      const auto before = static_cast<SteadyMs>(random_() % 60);
      const auto after = static_cast<SteadyMs>(random_() % 60);
      trace("call " + std::to_string(call->index()));
      call_ = Call{std::move(*call), clock_ + 1 + before, clock_ + 2 + before + after, {}};
    }
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
  sync_->request_reconcile(true, Cause::kOperator);
  std::optional<SteadyMs> begun_at;
  const auto done = [&] {
    const auto& status = sync_->status();
    if (!begun_at && begun() != begun_before) {
      begun_at = clock_;
    }
    return begun_at && status.last_full && *status.last_full > *begun_at &&
           sync_->open_questions() == 0 &&
           std::all_of(zeeks_.begin(), zeeks_.end(),
                       [](const auto& zeek) { return zeek.session().in_step(); });
  };
  while (clock_ < asked_at + kReconcileTime && !done()) {
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
    sync_->accept_shrink();  // only an operator can tell that such a MISP is sound
  }
  const auto drift_before = drift();
  if (auto problem = reconcile_once(); !problem.empty()) {
    return problem;
  }
  if (undisturbed_ && !shows_nothing && drift() != drift_before) {
    return "drift although messages told everything";
  }
  if (!sync_->status().held.empty()) {
    sync_->accept_shrink();
    if (auto problem = reconcile_once(); !problem.empty()) {
      return problem;
    }
  }
  invariants_.note(committed_, now().unix_seconds);
  for (const auto& zeek : zeeks_) {
    if (auto problem = invariants_.check_settled(zeek, *store_, committed_, now().unix_seconds);
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
  return problem.empty() ? "" : "at " + std::to_string(clock_ - kStart) + " (rest): " + problem;
}

}  // namespace misp_zeek::model
