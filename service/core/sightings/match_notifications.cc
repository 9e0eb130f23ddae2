// SPDX-License-Identifier: BSD-3-Clause
#include "core/sightings/match_notifications.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/base/backoff.h"
#include "core/base/text.h"
#include "core/store/indicator_store.h"

namespace misp_zeek {
namespace {

constexpr SteadyMs kMinute = 60'000;
/// Matches of a value that come so soon after the first are in the same text.
constexpr SteadyMs kGather = 2'000;
constexpr SteadyMs kFirstDelay = 1'000;
constexpr SteadyMs kLongestDelay = 30'000;
/// That a hook may ask for.
constexpr SteadyMs kLongestWait = 300'000;
constexpr int kMaxAttempts = 5;
constexpr std::size_t kMaxValue = 256;
constexpr std::size_t kMaxNames = 10;
constexpr std::size_t kMaxTallied = 1'000;
/// Zeeks and events that one text names.
constexpr std::size_t kMaxNamed = 5;

/// Slack asks for `&`, `<` and `>` as entities; a backtick would end the code.
std::string escaped(std::string_view text) {
  std::string shown;
  for (const char c : text) {
    switch (c) {
      case '&':
        shown += "&amp;";
        break;
      case '<':
        shown += "&lt;";
        break;
      case '>':
        shown += "&gt;";
        break;
      case '`':
        shown += '\'';
        break;
      default:
        shown += c;
    }
  }
  return shown;
}

std::string code(std::string_view text) {
  // An empty pair of backticks would be text.
  return text.empty() ? "`-`" : "`" + escaped(text::short_line(text, kMaxValue)) + "`";
}

std::string endpoint(const std::string& host, std::uint64_t port) {
  const bool is_v6 = host.find(':') != std::string::npos;
  return (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

bool is_number(const std::string& id) {
  return !id.empty() && id.size() <= 20 &&
         std::all_of(id.begin(), id.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// `zeeks` as code already.
std::string match_text(const contract::Sighting& sighting, const std::string& zeeks) {
  std::string text = zeeks + " saw " + code(sighting.indicator) + " (" +
                     code(sighting.indicator_type) + " in " + code(sighting.where) + ")";
  if (sighting.seen != sighting.indicator && !sighting.seen.empty()) {
    text += " as " + code(sighting.seen);
  }
  if (!sighting.orig_h.empty()) {
    text += ", " + code(endpoint(sighting.orig_h, sighting.orig_p) + " -> " +
                        endpoint(sighting.resp_h, sighting.resp_p));
  }
  if (!sighting.uid.empty()) {
    text += ", connection " + code(sighting.uid);
  }
  return text;
}

std::string event_text(const std::string& id, std::string_view misp_url) {
  return is_number(id) ? ", MISP event " + id + ": " + escaped(misp_url) + "/events/view/" + id
                       : "";
}

std::string several(std::uint64_t count, const std::string& one, const char* ending = "s") {
  return std::to_string(count) + " " + one + (count == 1 ? "" : ending);
}

}  // namespace

std::string notice_of(const contract::Sighting& sighting, std::string_view zeek,
                      std::string_view misp_url) {
  return match_text(sighting, code(zeek)) + event_text(sighting.event_id, misp_url);
}

// ---- tally ----

void MatchTally::add(const std::string& value, std::uint64_t matches) {
  matches_ += matches;
  if (values_.size() < kMaxTallied || values_.contains(value)) {
    values_[value] += matches;
  } else {
    other_values_ = true;
  }
}

void MatchTally::add(const MatchTally& other) {
  const std::uint64_t sum = matches_ + other.matches_;
  for (const auto& [value, matches] : other.values_) {
    add(value, matches);
  }
  matches_ = sum;
  other_values_ = other_values_ || other.other_values_;
}

std::string MatchTally::text(bool names, bool more) const {
  std::string text = several(matches_, more ? "more match" : "match", "es");
  text +=
      " of " + std::string(other_values_ ? "more than " : "") + several(values_.size(), "value");
  if (!names) {
    return text;
  }
  std::vector<std::pair<std::string, std::uint64_t>> most(values_.begin(), values_.end());
  std::stable_sort(most.begin(), most.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  most.resize(std::min(most.size(), kMaxNames));
  std::string separator = ": ";
  for (const auto& [value, matches] : most) {
    text += std::exchange(separator, ", ") + code(value) + " " + std::to_string(matches);
  }
  return text + (most.size() < values_.size() || other_values_ ? ", ..." : "");
}

// ---- notices ----

MatchNotices::MatchNotices(MatchNoticeOptions options)
    : options_(std::move(options)),
      jitter_(static_cast<std::minstd_rand::result_type>(options_.seed)) {}

void MatchNotices::turn_minute(SteadyMs now) {
  if (!minute_ || now < *minute_ + kMinute) {
    return;
  }
  minute_.reset();
  std::erase_if(values_, [](const auto& value) { return value.second.told; });
  if (rest_.matches() == 0) {
    return;
  }
  if (waiting_.size() < options_.max_waiting) {
    waiting_.push_back({"and " + rest_.text(true, true), rest_});
    rest_ = {};
  } else {
    minute_ = now;  // the tally is told when there is room
  }
}

std::string MatchNotices::text_of(const Value& value) const {
  std::string zeeks;
  for (const auto& zeek : value.zeeks) {
    zeeks += (zeeks.empty() ? "" : ", ") + code(zeek);
  }
  std::string events;
  std::uint64_t times = 0;
  for (const auto& [id, matches] : value.events) {
    events += event_text(id, options_.misp_url);
    times = std::max(times, matches);
  }
  std::string text = match_text(value.first, zeeks);
  if (times > 1) {
    text += ", " + std::to_string(times) + " times";
  }
  return text + events;
}

void MatchNotices::close_values(SteadyMs now) {
  for (auto& [name, value] : values_) {
    if (value.told || now < value.due) {
      continue;
    }
    value.told = true;
    MatchTally tally;
    tally.add(name, value.sightings);
    waiting_.push_back({text_of(value), std::move(tally)});
  }
}

void MatchNotices::add(const contract::Sighting& sighting, std::string_view zeek, SteadyMs now) {
  turn_minute(now);
  close_values(now);
  const std::string& name = sighting.indicator;
  if (outage_) {
    outage_->untold.add(name, 1);
    ++counters_.limited;
    return;
  }
  minute_ = minute_.value_or(now);
  auto known = values_.find(name);
  const bool has_room =
      values_.size() < options_.max_per_minute && waiting_.size() < options_.max_waiting;
  if (known == values_.end() ? !has_room : known->second.told) {
    rest_.add(name, 1);
    ++counters_.limited;
    return;
  }
  if (known == values_.end()) {
    known = values_.emplace(name, Value{sighting, {}, {}, 0, now + kGather, false}).first;
  }
  Value& value = known->second;
  ++value.sightings;
  if (value.zeeks.size() < kMaxNamed) {
    value.zeeks.emplace(zeek);
  }
  if (value.events.size() < kMaxNamed || value.events.contains(sighting.event_id)) {
    ++value.events[sighting.event_id];
  }
}

std::size_t MatchNotices::waiting() const {
  const auto gathering = std::count_if(values_.begin(), values_.end(),
                                       [](const auto& value) { return !value.second.told; });
  return waiting_.size() + static_cast<std::size_t>(gathering) + (outage_ ? 1 : 0);
}

std::optional<std::string> MatchNotices::next_post(SteadyMs now) {
  turn_minute(now);
  close_values(now);
  if (posting_ || now < post_after_ || (!outage_ && waiting_.empty())) {
    return std::nullopt;
  }
  posting_ = true;
  if (!outage_) {
    return waiting_.front().text;
  }
  outage_->under_way = std::exchange(outage_->untold, {});
  // A hook that says no may not like a value: every other time none is named.
  const bool names = !refused_ || failures_ % 2 == 0;
  return "this webhook failed for " +
         several(static_cast<std::uint64_t>(now - outage_->since) / 1000, "second") +
         ", meanwhile " + outage_->under_way.text(names, false);
}

void MatchNotices::begin_outage() {
  outage_ = Outage{failing_since_, {}, {}};
  for (auto& text : std::exchange(waiting_, {})) {
    ++counters_.dropped;
    outage_->untold.add(text.tally);
  }
  for (const auto& [name, value] : std::exchange(values_, {})) {
    if (!value.told) {
      ++counters_.dropped;
      outage_->untold.add(name, value.sightings);
    }
  }
  outage_->untold.add(std::exchange(rest_, {}));
  minute_.reset();
}

void MatchNotices::on_posted(const Result<void>& outcome, SteadyMs now) {
  if (!std::exchange(posting_, false)) {
    return;
  }
  if (!outcome) {
    if (outage_) {
      outage_->untold.add(std::exchange(outage_->under_way, {}));
    }
    if (outcome.error().code != ErrorCode::kCancelled) {
      on_failure(outcome.error(), now);
    }
    return;
  }
  ++counters_.posted;
  failures_ = 0;
  refused_ = false;
  problem_.clear();
  if (!outage_) {
    waiting_.pop_front();
    return;
  }
  // What came during the post.
  if (outage_->untold.matches() > 0) {
    rest_.add(outage_->untold);
    minute_ = now;
  }
  outage_.reset();
}

void MatchNotices::on_failure(const Error& error, SteadyMs now) {
  ++counters_.failures;
  problem_ = error.message;
  refused_ = error.code == ErrorCode::kIncompatible;
  if (failures_ == 0) {
    failing_since_ = now;
  }
  post_after_ = now + retry_pause(kFirstDelay, failures_, kLongestDelay, jitter_);
  if (const SteadyMs wait = SteadyMs{error.retry_after_seconds} * 1000; wait > 0) {
    post_after_ = now + std::min(wait, kLongestWait);
  }
  if (++failures_ >= kMaxAttempts && !outage_) {
    begin_outage();
  }
}

std::optional<SteadyMs> MatchNotices::deadline() const {
  std::optional<SteadyMs> due;
  const auto sooner = [&due](SteadyMs at) { due = std::min(due.value_or(at), at); };
  if (minute_ && rest_.matches() > 0) {
    sooner(*minute_ + kMinute);
  }
  for (const auto& [name, value] : values_) {
    if (!value.told) {
      sooner(value.due);
    }
  }
  if (!posting_ && (outage_ || !waiting_.empty())) {
    sooner(post_after_);
  }
  return due;
}

}  // namespace misp_zeek
