// SPDX-License-Identifier: BSD-3-Clause
// What a step of a scenario does to the world.
#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include "model/world.h"

namespace misp_zeek::model {
namespace {

SteadyMs number(const std::string& text, SteadyMs fallback) {
  SteadyMs value = fallback;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// MISP says nothing, or too little, of these.
bool is_silent(std::string_view verb) {
  return verb.starts_with("attribute.fast") || verb.find(".sql") != std::string_view::npos ||
         verb == "event.join" || verb == "event.leave" || verb == "warninglist.delete" ||
         verb.starts_with("allowedlist");
}

}  // namespace

std::string World::carry_out(const Step& step) {
  trace(step.str());
  if (step.verb.starts_with("expect.")) {
    return expect(step);
  }
  if (disturb_feed(step) || disturb_rest(step) || disturb_service(step)) {
    undisturbed_ = false;
    ++faults_;
    return "";
  }
  if (disturb_zeek(step)) {
    return "";
  }
  if (step.verb == "disk.stall") {
    disk_.stall(clock_ + number(step.arg(0), 1'000));
    return "";
  }
  if (step.verb == "service.restart" || step.verb == "service.kill") {
    undisturbed_ = false;
    if (step.verb == "service.restart") {
      disk_.finish(*store_, *sync_);
    }
    ++faults_;
    invariants_.forget_beyond(committed_, misp_now());
    start_service();
    return "";
  }
  operate(step);
  return check_always();
}

void World::operate(const Step& step) {
  auto& misp = operations_.misp();
  if (step.verb == "misp.backup") {
    backup_ = misp.live();
    return;
  }
  std::vector<FeedMessage> messages;
  if (step.verb == "misp.restore") {
    undisturbed_ = false;
    invariants_.put_back(misp.live());
    lists_awaited_ = 2;
    misp.restore_backup(backup_);
    commits_.clear();
  } else {
    const auto before = misp.live();
    auto sent = operations_.carry_out(step, misp_now());
    if (!sent) {
      return;
    }
    messages = std::move(*sent);
    undisturbed_ &= !is_silent(step.verb) && !step.has("lost");
    invariants_.note(misp.live(), misp_now());
    if (step.has("rolled_back")) {
      undisturbed_ = false;
      misp.roll_back(before);
    }
  }
  invariants_.note(misp.live(), misp_now());
  changed_ = true;
  announce(messages, step);
  SteadyMs at = clock_ + step.milliseconds("commit");
  if (!commits_.empty()) {
    at = std::max(at, commits_.back().at);
  }
  commits_.push_back({at, misp.live()});
  if (step.has("lost")) {
    note_unheard();
  }
}

void World::announce(const std::vector<FeedMessage>& messages, const Step& step) {
  if (step.has("lost")) {
    return;
  }
  for (const auto& message : messages) {
    auto& queue = topics_.at(message.index());
    SteadyMs at = clock_ + 1 + step.milliseconds("feed");
    if (!queue.empty()) {
      at = std::max(at, queue.back().at);  // order within a topic is kept
    }
    queue.push_back({at, message});
    if (step.has("dup")) {
      queue.push_back({at, message});
    }
  }
}

void World::note_unheard() {
  if (!commits_.empty()) {
    unheard_until_ = std::max(unheard_until_, commits_.back().at);
  }
}

void World::lose_feed() {
  note_unheard();
  for (auto& queue : topics_) {
    queue.clear();
  }
}

bool World::disturb_feed(const Step& step) {
  const SteadyMs duration = number(step.arg(0), 1'000);
  if (step.verb == "feed.cut" || step.verb == "feed.restart" || step.verb == "misp.restart") {
    feed_back_at_ = std::max(feed_back_at_, clock_ + duration);
    if (std::exchange(feed_up_, false)) {
      sync_->on_feed_disconnected(now());
    }
    if (step.verb == "misp.restart") {
      rest_.away_until = clock_ + duration;
    }
    if (step.verb != "feed.cut") {
      publisher_started_ = clock_ + duration;
    }
  } else if (step.verb == "feed.reload") {
    lose_feed();
    publisher_started_ = clock_;
  } else if (step.verb == "feed.overflow") {
    lose_feed();
    sync_->on_feed_gap(Cause::kQueueOverflow, now());
  } else if (step.verb == "feed.garble") {
    garble_ = true;
  } else if (step.verb == "feed.forge") {
    const auto forged = operations_.forge(step, misp_now());
    if (forged && feed_up_) {
      if (step.arg(0) == "add") {
        const auto mapped = Mapping().map(step.arg(3), step.arg(4));
        for (const auto& part : mapped.value_or(std::vector<Mapped>{})) {
          invariants_.tolerate({part.key, std::get<AttributeMessage>(*forged).attribute.event_id});
        }
      }
      for (const auto& zeek : zeeks_) {
        invariants_.forget(zeek.name());
      }
      announce({*forged}, step);
    }
  } else {
    return false;
  }
  return true;
}

bool World::disturb_service(const Step& step) {
  if (step.verb == "viewer.demote" || step.verb == "viewer.promote") {
    reader_.site_admin = step.verb == "viewer.promote";
    reader_.org = reader_.site_admin ? 1 : 2;
    asked_.site_admin = reader_.site_admin;
    asked_.org = reader_.org;
    invariants_.set_reader(reader_);
    invariants_.note(operations_.misp().live(), misp_now());
  } else if (step.verb == "clock.jump") {
    skew_ = number(step.arg(0), 0);
    skewed_until_ = clock_ + number(step.arg(1), 1'000);
  } else if (step.verb == "filter.slip" || step.verb == "filter.mend") {
    Scenario slipped = scenario_;
    if (step.verb == "filter.slip") {
      slipped.settings[step.arg(0)] = step.arg(1);
    }
    asked_.filter = slipped.reader().filter;
    start_service();
  } else {
    return false;
  }
  return true;
}

bool World::disturb_rest(const Step& step) {
  const auto count = static_cast<int>(number(step.arg(0), 1));
  if (step.verb == "rest.fail") {
    rest_.fail += count;
  } else if (step.verb == "rest.truncate") {
    rest_.truncate += count;
  } else if (step.verb == "rest.refuse") {
    rest_.refuse += count;
  } else if (step.verb == "rest.empty") {
    rest_.empty += count;
  } else if (step.verb == "rest.garble") {
    rest_.garble += count;
  } else if (step.verb == "rest.away") {
    rest_.away_until = clock_ + count;
  } else {
    return false;
  }
  return true;
}

bool World::disturb_zeek(const Step& step) {
  if (!step.verb.starts_with("zeek.")) {
    return false;
  }
  ZeekSide& zeek = zeeks_.at(step.arg(0) == "2" ? 1 : 0);
  const SteadyMs value = number(step.arg(1), 0);
  if (step.verb == "zeek.restart") {
    zeek.restart(clock_);
    invariants_.forget(zeek.name());
  } else if (step.verb == "zeek.cut") {
    zeek.cut_link(clock_, value);
  } else if (step.verb == "zeek.pace") {
    zeek.set_pace(value);
  } else if (step.verb == "zeek.drop") {
    zeek.drop_next_message();
  } else if (step.verb == "zeek.drop_answer") {
    zeek.drop_next_answer();
  } else if (step.verb == "zeek.lose" && zeek.lose_entry(static_cast<std::size_t>(value))) {
    invariants_.forget(zeek.name());
  }
  changed_ = true;
  return true;
}

std::string World::expect(const Step& step) {
  if (step.verb == "expect.requests") {
    const std::uint64_t made = requests_before_ + sync_->counters().requests;
    const std::uint64_t since = made - std::exchange(requests_seen_, made);
    return since <= static_cast<std::uint64_t>(number(step.arg(0), 0))
               ? ""
               : std::to_string(since) + " requests, not at most " + step.arg(0);
  }
  if (step.verb == "expect.drift") {
    return drift() == static_cast<std::uint64_t>(number(step.arg(0), 0))
               ? ""
               : "drift is " + std::to_string(drift()) + ", not " + step.arg(0);
  }
  const std::string uuid = operations_.uuid(step.arg(0)).str();
  for (const auto& zeek : zeeks_) {
    const auto& items = zeek.package().items();
    const bool present = std::any_of(items.begin(), items.end(), [&](const auto& item) {
      return item.second.attribute_uuids.find(uuid) != std::string::npos;
    });
    if (present != (step.verb == "expect.present")) {
      return zeek.name() + (present ? " holds " : " lacks ") + step.arg(0);
    }
  }
  return "";
}

}  // namespace misp_zeek::model
