// SPDX-License-Identifier: BSD-3-Clause
#include "model/world.h"

#include <algorithm>
#include <sstream>
#include <utility>

namespace misp_zeek::model {
namespace {

constexpr std::int64_t kUnixBase = 1'700'000'000;
constexpr SteadyMs kSettleTime = 600'000;

/// Few values, so that attributes share indicators.
std::pair<std::string, std::string> random_value(std::mt19937& random) {
  static const std::vector<std::pair<std::string, std::string>> kValues = {
      {"ip-dst", "198.51.100.1"},
      {"ip-src", "198.51.100.1"},
      {"ip-dst|port", "198.51.100.1|443"},
      {"domain|ip", "a.example.org|198.51.100.1"},
      {"domain", "a.example.org"},
      {"hostname", "b.example.org"},
      {"ip-dst", "198.51.100.0/24"},
      {"filename|md5", "x.exe|0123456789abcdef0123456789abcdef"},
      {"md5", "0123456789abcdef0123456789abcdef"},
      {"url", "http://a.example.org/x"},
      {"domain", "not a domain"},
      {"comment", "nothing for Zeek"},
      {"ip-dst|port", "198.51.100.2|80"},
      {"email-src", "who@example.org"},
  };
  return kValues[random() % kValues.size()];
}

std::string show(const EntryKey& entry) {
  return std::string(to_string(entry.key.type)) + " " + entry.key.indicator + " of event " +
         std::to_string(entry.event_id);
}

template <typename T>
const T& pick(const std::vector<T>& from, std::mt19937& random) {
  return from[random() % from.size()];
}

SessionOptions session_options() {
  SessionOptions options;
  options.service_id = "0123456789abcdef";
  options.service_version = "model";
  options.max_retry_delay = 2'000;
  return options;
}

}  // namespace

World::World(Scenario scenario)
    : scenario_(std::move(scenario)),
      random_(scenario_.seed),
      misp_(scenario_.seed),
      package_("zeek-1") {
  StoreOptions store_options;
  store_options.misp_url = "https://misp.example.org";
  store_options.max_log = 50;
  store_ = std::make_unique<IndicatorStore>(store_options, "fedcba9876543210");
  SyncOptions sync_options;
  sync_options.interval = std::chrono::seconds(20);
  sync_options.full_interval = std::chrono::seconds(120);
  sync_options.page_size = 4;
  sync_options.seed = scenario_.seed;
  sync_ =
      std::make_unique<MispSync>(sync_options, Filter(scenario_.filter), mapping_, *store_, now());
  session_ = std::make_unique<ZeekSession>("zeek", session_options(), *store_);
}

TimePoint World::now() const { return {clock_, kUnixBase + clock_ / 1000}; }

bool World::chance(double probability) {
  return std::uniform_real_distribution<>(0, 1)(random_) < probability;
}

// ---- operations ----

MispModel::Outcome World::random_operation(std::mt19937& random, std::string& name) {
  const auto events = misp_.events();
  const auto active = misp_.attributes(false);
  const auto deleted = misp_.attributes(true);
  const std::int64_t time = unix_now();
  const auto dice = random() % 100;
  const std::string tag = random() % 2 == 0 ? "good" : "bad";
  if (events.empty() || dice < 6) {
    name = "event.add";
    return misp_.add_event(1, time);
  }
  const auto event = pick(events, random);
  if (active.empty() || dice < 35) {
    const auto [type, value] = random_value(random);
    name = "attribute.add " + type + " " + value + " to " + std::to_string(event);
    return misp_.add_attribute(event, type, value, random() % 4 != 0, time);
  }
  const auto attribute = pick(active, random);
  const std::string id = std::to_string(attribute);
  const auto& type = misp_.live().attributes.at(attribute).attribute.type;
  if (dice < 45) {
    name = "attribute.edit value of " + id;
    return misp_.edit_value(attribute,
                            type == "domain" ? "c.example.org" : random_value(random).second, time);
  }
  if (dice < 53) {
    name = "attribute.edit to_ids of " + id;
    return misp_.set_to_ids(attribute, random() % 2 == 0, time);
  }
  if (dice < 61) {
    name = "attribute.delete soft " + id;
    return misp_.soft_delete(attribute, random() % 3 == 0, random() % 3 == 0, time);
  }
  if (dice < 68) {
    name = "attribute.delete hard " + id;
    return misp_.hard_delete(attribute, time);
  }
  if (dice < 72 && !deleted.empty()) {
    name = "attribute.restore";
    return misp_.restore(pick(deleted, random), time);
  }
  if (dice < 76) {
    name = "event.delete " + std::to_string(event);
    return misp_.delete_event(event);
  }
  if (dice < 82) {
    name = "event.publish " + std::to_string(event);
    return misp_.publish(event, time);
  }
  if (dice < 85) {
    name = "event.unpublish " + std::to_string(event);
    return misp_.unpublish(event);
  }
  if (dice < 88) {
    name = "event.edit info " + std::to_string(event);
    return misp_.edit_info(event, "info " + std::to_string(random() % 100), time);
  }
  if (dice < 92) {
    name = "attribute tag " + id;
    return misp_.tag_attribute(attribute, tag, random() % 2 == 0, time);
  }
  if (dice < 95) {
    name = "event tag " + std::to_string(event);
    return misp_.tag_event(event, tag, random() % 2 == 0, time);
  }
  if (dice < 98) {
    name = "fast_update " + id;
    return misp_.fast_update(attribute, "198.51.100.7", random() % 2 == 0, time);
  }
  name = "attribute.edit nothing " + id;
  return misp_.touch(attribute, time);
}

bool World::silent_operation(std::mt19937& random, std::string& name) {
  const auto active = misp_.attributes(false);
  if (active.empty()) {
    return false;
  }
  const auto attribute = pick(active, random);
  if (random() % 2 == 0) {
    name = "sql delete " + std::to_string(attribute);
    misp_.sql_delete(attribute);
  } else {
    name = "sql to_ids " + std::to_string(attribute);
    misp_.sql_set_to_ids(attribute, random() % 2 == 0);
  }
  return true;
}

void World::operate(int number) {
  if (scenario_.skip.contains(number)) {
    return;
  }
  // A generator of its own for each operation: leaving one out does not change the others' dice.
  std::mt19937 random(static_cast<std::uint32_t>(scenario_.seed * 7919U) +
                      static_cast<unsigned>(number));
  const auto before = misp_.live();
  std::string name;
  std::vector<FeedMessage> messages;
  const bool silent = static_cast<double>(random() % 1000) < scenario_.faults.silent_change * 1000;
  if (!silent || !silent_operation(random, name)) {
    messages = random_operation(random, name).messages;
  }
  note_states();
  const bool rolled_back = static_cast<double>(random() % 1000) < scenario_.faults.roll_back * 1000;
  if (rolled_back) {
    misp_.roll_back(before);
    note_states();
  }
  trace_.push_back(std::to_string(clock_) + " #" + std::to_string(number) + " " + name +
                   (rolled_back ? " (rolled back)" : ""));
  announce(std::move(messages));
  SteadyMs at = clock_;
  if (scenario_.faults.max_commit_delay > 0) {
    at +=
        static_cast<SteadyMs>(random() % static_cast<unsigned>(scenario_.faults.max_commit_delay));
  }
  if (!commits_.empty()) {
    at = std::max(at, commits_.back().at);
  }
  commits_.push_back({at, misp_.live()});
}

void World::announce(std::vector<FeedMessage> messages) {
  for (auto& message : messages) {
    const auto topic = message.index();
    auto& queue = topics_.at(topic);
    SteadyMs at =
        clock_ + 1 +
        static_cast<SteadyMs>(random_() % static_cast<unsigned>(scenario_.faults.max_feed_delay));
    if (!queue.empty()) {
      at = std::max(at, queue.back().at);
    }
    queue.push_back({at, std::move(message)});
  }
}

// ---- what connects them ----

void World::deliver_feed(bool faulty) {
  if (!feed_up_ && clock_ >= feed_back_at_) {
    feed_up_ = true;
    sync_->on_feed_connected(now());
  }
  for (auto& queue : topics_) {
    while (!queue.empty() && queue.front().at <= clock_) {
      const FeedMessage message = std::move(queue.front().message);
      queue.pop_front();
      if (!feed_up_ || (faulty && chance(scenario_.faults.lose_message))) {
        continue;
      }
      sync_->on_message(message, now());
      if (faulty && chance(scenario_.faults.duplicate_message)) {
        sync_->on_message(message, now());
      }
    }
  }
}

RestAnswer World::answer(const RestCall& call) const {
  return MispModel::answer(committed_, {scenario_.filter}, call, unix_now());
}

void World::make_calls(bool faulty) {
  if (call_ && clock_ >= call_->answer_at) {
    const RestCall call = call_->call;
    call_.reset();
    Result<RestAnswer> result = answer(call);
    if (faulty && chance(scenario_.faults.rest_error)) {
      result = fail(ErrorCode::kUnavailable, "503 from MISP");
    } else if (faulty && std::holds_alternative<AttributePage>(*result) &&
               chance(scenario_.faults.rest_empty)) {
      result = AttributePage{};
    }
    sync_->on_answer(result, now());
  }
  if (!call_) {
    if (auto call = sync_->next_call(now())) {
      call_ = Call{std::move(*call), clock_ + 1 + static_cast<SteadyMs>(random_() % 120)};
    }
  }
}

void World::talk_to_zeek(bool faulty) {
  if (!link_up_ && clock_ >= link_back_at_) {
    link_up_ = true;
    session_->on_report(LinkUp{"model"}, clock_);
  }
  while (!from_zeek_.empty() && from_zeek_.front().at <= clock_) {
    const auto message = std::move(from_zeek_.front().message);
    from_zeek_.pop_front();
    session_->on_report(message, clock_);
  }
  auto messages =
      sync_->status().bootstrapped ? session_->poll(clock_) : std::vector<contract::ToZeek>();
  for (auto& message : messages) {
    if (link_up_ && !(faulty && chance(scenario_.faults.lose_to_zeek))) {
      to_zeek_.push_back({clock_ + 1, std::move(message)});
    }
  }
  while (!to_zeek_.empty() && to_zeek_.front().at <= clock_) {
    const auto message = std::move(to_zeek_.front().message);
    to_zeek_.pop_front();
    for (auto& reply : package_.handle(message)) {
      from_zeek_.push_back({clock_ + 1, std::move(reply)});
    }
  }
}

void World::break_things() {
  const auto& faults = scenario_.faults;
  if (feed_up_ && chance(faults.feed_cut)) {
    feed_up_ = false;
    feed_back_at_ = clock_ + static_cast<SteadyMs>(random_() % 3000);
    sync_->on_feed_disconnected(now());
    trace_.push_back(std::to_string(clock_) + " feed cut");
  }
  const bool restart = chance(faults.zeek_restart);
  if (restart) {
    package_.restart("zeek-" + std::to_string(++instances_));
    always_required_.reset();
    trace_.push_back(std::to_string(clock_) + " zeek restarted");
  }
  if (link_up_ && (restart || chance(faults.link_cut))) {
    link_up_ = false;
    link_back_at_ = clock_ + static_cast<SteadyMs>(random_() % 2000);
    to_zeek_.clear();
    from_zeek_.clear();
    session_->on_report(LinkDown{{ErrorCode::kUnavailable, "cut", 0}}, clock_);
    trace_.push_back(std::to_string(clock_) + " link cut");
  }
  if (!package_.items().empty() && chance(faults.zeek_loses)) {
    package_.lose(package_.items().begin()->first);
    always_required_.reset();
    trace_.push_back(std::to_string(clock_) + " zeek lost an entry");
  }
}

void World::step(bool faulty) {
  clock_ += 1 + static_cast<SteadyMs>(random_() % 60);
  while (!commits_.empty() && commits_.front().at <= clock_) {
    committed_ = std::move(commits_.front().state);
    commits_.pop_front();
  }
  if (faulty) {
    break_things();
  }
  deliver_feed(faulty);
  make_calls(faulty);
  sync_->tick(now());
  talk_to_zeek(faulty);
}

// ---- invariants ----

World::Support World::wanted_entries(const MispModel::State& state) const {
  Support entries;
  for (const auto& row : MispModel::wanted(state, {scenario_.filter}, unix_now())) {
    const auto mapped = mapping_.map(row.attribute.type, row.attribute.value);
    if (mapped) {
      for (const auto& part : *mapped) {
        entries.insert({EntryKey{part.key, row.attribute.event_id}, row.attribute.uuid});
      }
    }
  }
  return entries;
}

void World::note_states() {
  const auto wanted = wanted_entries(misp_.live());
  for (const auto& [entry, uuid] : wanted) {
    ever_allowed_.insert(entry);
  }
  if (always_required_) {
    std::erase_if(*always_required_, [&](const auto& entry) { return !wanted.contains(entry); });
  }
}

std::string World::check_always() {
  if (scenario_.faults.roll_back > 0) {
    return "";  // MISP itself announced what no state has: only the settled state can be judged
  }
  if (scenario_.filter.max_age.count() != 0) {
    note_states();  // time alone changes what is wanted
  }
  for (const auto& [entry, item] : package_.items()) {
    if (!ever_allowed_.contains(entry)) {
      return "Zeek holds what no state of MISP allowed: " + show(entry);
    }
  }
  if (always_required_) {
    for (const auto& [entry, uuid] : *always_required_) {
      if (!package_.items().contains(entry)) {
        return "Zeek lacks what all states of MISP required: " + show(entry);
      }
    }
  } else if (sync_->status().bootstrapped && session_->in_step()) {
    always_required_.emplace();
    for (const auto& support : wanted_entries(misp_.live())) {
      const auto held = package_.items().find(support.first);
      if (held != package_.items().end() &&
          held->second.attribute_uuids.find(support.second.str()) != std::string::npos) {
        always_required_->insert(support);
      }
    }
  }
  return "";
}

bool World::settled() const {
  return commits_.empty() && sync_->open_questions() == 0 && session_->in_step() &&
         sync_->status().last_full && *sync_->status().last_full > clock_ - 5'000;
}

std::string World::check_settled() {
  std::map<EntryKey, std::set<std::string>> expected;
  for (const auto& row : MispModel::wanted(committed_, {scenario_.filter}, unix_now())) {
    if (const auto mapped = mapping_.map(row.attribute.type, row.attribute.value)) {
      for (const auto& part : *mapped) {
        expected[{part.key, row.attribute.event_id}].insert(row.attribute.uuid.str());
      }
    }
  }
  std::map<EntryKey, std::set<std::string>> held;
  std::uint64_t digest = 0;
  for (const auto& [entry, item] : package_.items()) {
    std::istringstream uuids(item.attribute_uuids);
    for (std::string uuid; std::getline(uuids, uuid, ',');) {
      held[entry].insert(uuid);
    }
    digest ^= item_hash(item);
    if (store_->item(entry) != item) {
      return "Zeek and store differ in " + show(entry);
    }
  }
  for (const auto& [entry, uuids] : expected) {
    if (held[entry] != uuids) {
      return "supporters differ, or missing: " + show(entry);
    }
  }
  for (const auto& [entry, uuids] : held) {
    if (!expected.contains(entry)) {
      return "left over: " + show(entry);
    }
  }
  if (digest != store_->digest() || package_.items().size() != store_->item_count()) {
    return "digests differ";
  }
  return session_->in_step() ? "" : "not in step: " + session_->explain();
}

std::string World::run() {
  note_states();
  for (int number = 0; number < scenario_.operations; ++number) {
    operate(number);
    const int steps = 1 + static_cast<int>(random_() % 20);
    for (int i = 0; i < steps; ++i) {
      step(true);
      if (auto problem = check_always(); !problem.empty()) {
        return problem;
      }
    }
  }
  const SteadyMs quiet_since = clock_;
  feed_back_at_ = std::min(feed_back_at_, clock_);
  SteadyMs ask_at = quiet_since + 8'000;
  while (clock_ < quiet_since + kSettleTime) {
    step(false);
    if (auto problem = check_always(); !problem.empty()) {
      return problem;
    }
    if (clock_ > ask_at) {
      ask_at = clock_ + 20'000;
      if (!sync_->status().held.empty()) {
        sync_->accept_shrink();
      }
      sync_->request_reconcile(true, Cause::kOperator);
    }
    if (clock_ > quiet_since + 50'000 && sync_->status().held.empty() && settled()) {
      break;
    }
  }
  return check_settled();
}

std::string run_and_shrink(Scenario scenario) {
  std::string problem = World(scenario).run();
  if (problem.empty()) {
    return "";
  }
  for (int number = 0; number < scenario.operations; ++number) {
    Scenario smaller = scenario;
    smaller.skip.insert(number);
    const auto still = World(smaller).run();
    if (!still.empty()) {
      scenario = smaller;
      problem = still;
    }
  }
  World world(scenario);
  problem = world.run();
  std::string text = "seed " + std::to_string(scenario.seed) + ": " + problem + "\n";
  for (const auto& line : world.trace()) {
    text += "  " + line + "\n";
  }
  return text;
}

}  // namespace misp_zeek::model
