// SPDX-License-Identifier: BSD-3-Clause
#include "core/sightings/sighting_queue.h"

#include <algorithm>
#include <string_view>

#include "core/base/backoff.h"

namespace misp_zeek {
namespace {

constexpr SteadyMs kFirstDelay = 1'000;
constexpr SteadyMs kLongestDelay = 300'000;
constexpr SteadyMs kLongestWriteDelay = 30'000;
/// A row that MISP alone of all does not take.
constexpr SteadyMs kSlowDelay = 300'000;
/// A key or a role that MISP refuses.
constexpr SteadyMs kUnauthorizedDelay = 60'000;
const std::string kNoRight =
    "the role of the MISP user lacks perm_sighting: matches are kept, but not posted";
constexpr SteadyMs kUntoldRateLimit = 60'000;
/// A row that failed so often, while others went through, is dropped.
constexpr int kMaxRowFailures = 5;
constexpr std::size_t kMaxSource = 255;
/// The end of the year 9999: no clock is later.
constexpr std::uint64_t kLatest = 253'402'300'799;
/// Slots that are remembered because they may still grow.
constexpr std::size_t kMaxRecent = 100'000;

/// Calls `take` with each part of a list with commas.
template <typename Take>
void for_each_part(std::string_view list, Take take) {
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    take(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
}

}  // namespace

SightingQueue::SightingQueue(SightingOptions options, SightingState stored)
    : options_(options), jitter_(static_cast<std::minstd_rand::result_type>(options.seed)) {
  for (auto& row : stored.rows) {
    last_id_ = std::max(last_id_, row.id);
    waiting_matches_ += row.matches;
    sources_.insert(row.source);
    ids_.emplace(key_of(row), row.id);
    order_.emplace(0, row.id);
    const auto id = row.id;
    rows_.emplace(id, Waiting{std::move(row), 0, true, 0, std::nullopt});
  }
  for (auto& mark : stored.marks) {
    const std::uint64_t seq = mark.seq;
    std::string name = mark.instance;
    instances_.emplace(std::move(name), Instance{std::move(mark), seq, std::nullopt});
  }
  static_cast<SightingTotals&>(counters_) = stored.totals;
  enforce_bounds();
}

// ---- from Zeek ----

bool SightingQueue::on_seen(const contract::Seen& seen, std::size_t zeek, const std::string& source,
                            TimePoint now, std::uint64_t implausible) {
  if (seen.seq == 0 || seen.instance.empty()) {
    ++counters_.malformed;
    return false;
  }
  Instance& instance = instances_[seen.instance];
  instance.mark.instance = seen.instance;
  if (seen.seq <= instance.stored) {
    ++counters_.repeated;
    acknowledgements_.push_back({zeek, {seen.instance, seen.seq, ""}});
    return false;
  }
  instance.answer_to = zeek;
  if (seen.seq <= instance.mark.seq) {
    ++counters_.repeated;  // its write is under way
    return false;
  }
  instance.mark.seq = seen.seq;
  instance.mark.at = now.unix_seconds;
  dirty_marks_.insert(seen.instance);
  forgotten_.erase(seen.instance);
  const std::string name = source.substr(0, kMaxSource);
  sources_.insert(name);
  counters_.matches += implausible;
  counters_.implausible += implausible;
  counters_.withheld += seen.capped;
  counters_.vetoed += seen.vetoed;
  counters_.dropped_by_zeek += seen.dropped;
  for (const auto& sighting : seen.sightings) {
    const auto seen_at = static_cast<std::int64_t>(std::min(sighting.seen_at, kLatest));
    const auto type = indicator_type_from(sighting.indicator_type);
    const auto matched =
        type ? std::optional(IndicatorKey{*type, sighting.indicator}) : std::nullopt;
    for_each_part(sighting.attribute_uuids, [&](std::string_view part) {
      if (const auto uuid = Uuid::parse(part)) {
        count({0, *uuid, name, 0, 1, seen_at, matched}, now.steady);
      } else {
        ++counters_.matches;
        ++counters_.implausible;
      }
    });
  }
  if (in_memory()) {
    acknowledge(seen.instance, instance);
  }
  enforce_bounds();
  return true;
}

void SightingQueue::acknowledge(const std::string& instance, Instance& known) {
  known.stored = known.mark.seq;
  if (known.answer_to) {
    acknowledgements_.push_back({*known.answer_to, {instance, known.mark.seq, ""}});
  }
}

void SightingQueue::count(SightingRow match, SteadyMs now) {
  ++counters_.matches;
  ++waiting_matches_;
  const std::int64_t length = std::max<std::int64_t>(options_.aggregate.count(), 1);
  match.slot = match.last_seen - (match.last_seen % length + length) % length;
  Key key = key_of(match);
  const auto known = ids_.find(key);
  if (known != ids_.end()) {
    SightingRow& row = rows_.at(known->second).row;
    ++row.matches;
    row.last_seen = std::max(row.last_seen, match.last_seen);
    make_dirty(row.id);
    return;
  }
  const auto recent = recent_.find(key);
  const SteadyMs due = recent == recent_.end() ? now : recent->second + length * 1000;
  const std::uint64_t id = ++last_id_;
  match.id = id;
  rows_.emplace(id, Waiting{std::move(match), due, false, 0, std::nullopt});
  ids_.emplace(std::move(key), id);
  order_.emplace(due, id);
  make_dirty(id);
}

void SightingQueue::enforce_bounds() {
  while (rows_.size() > options_.max_rows) {
    auto oldest = rows_.begin();
    if (posting_ && posting_->id == oldest->first && ++oldest == rows_.end()) {
      break;
    }
    counters_.dropped += oldest->second.row.matches;
    erase(oldest->first);
  }
  while (instances_.size() > options_.max_instances) {
    const auto oldest = std::min_element(
        instances_.begin(), instances_.end(),
        [](const auto& a, const auto& b) { return a.second.mark.at < b.second.mark.at; });
    forgotten_.insert(oldest->first);
    dirty_marks_.erase(oldest->first);
    instances_.erase(oldest);
  }
}

std::vector<SightingQueue::Acknowledgement> SightingQueue::take_acknowledgements() {
  return std::exchange(acknowledgements_, {});
}

void SightingQueue::erase(std::uint64_t id) {
  const auto it = rows_.find(id);
  const SightingRow& row = it->second.row;
  waiting_matches_ -= row.matches;
  order_.erase({it->second.due, id});
  ids_.erase(key_of(row));
  dirty_.erase(id);
  if (it->second.on_disk || being_written_.contains(id)) {
    erased_.insert(id);
  }
  rows_.erase(it);
}

void SightingQueue::set_due(Waiting& waiting, SteadyMs due) {
  order_.erase({waiting.due, waiting.row.id});
  waiting.due = due;
  order_.emplace(due, waiting.row.id);
}

// ---- storage ----

std::optional<SightingWrite> SightingQueue::next_write(SteadyMs now) {
  const bool nothing =
      dirty_.empty() && erased_.empty() && dirty_marks_.empty() && forgotten_.empty();
  if (writing_ || now < write_after_ || nothing) {
    return std::nullopt;
  }
  SightingWrite write;
  being_written_ = std::exchange(dirty_, {});
  for (const std::uint64_t id : being_written_) {
    write.put.push_back(rows_.at(id).row);
  }
  const auto erased = std::exchange(erased_, {});
  write.erase.assign(erased.begin(), erased.end());
  for (const std::string& name : std::exchange(dirty_marks_, {})) {
    write.marks.push_back(instances_.at(name).mark);
  }
  const auto forgotten = std::exchange(forgotten_, {});
  write.forget.assign(forgotten.begin(), forgotten.end());
  end_writing_ = std::exchange(end_unwritten_, false);
  write.totals = counters_;
  writing_ = write;
  return write;
}

void SightingQueue::on_written(bool ok, SteadyMs now) {
  const auto write = std::exchange(writing_, std::nullopt);
  if (!write) {
    return;
  }
  being_written_.clear();
  for (const auto& row : write->put) {
    if (const auto it = rows_.find(row.id); ok && it != rows_.end()) {
      it->second.on_disk = true;
    }
  }
  if (!ok) {
    ++counters_.write_failures;
    write_after_ = now + delay(write_failures_++, kLongestWriteDelay);
    end_unwritten_ = end_unwritten_ || end_writing_;
    end_writing_ = false;
    for (const auto& row : write->put) {
      // One that is gone by now must still be erased: an earlier write may have stored it.
      (rows_.contains(row.id) ? dirty_ : erased_).insert(row.id);
    }
    erased_.insert(write->erase.begin(), write->erase.end());
    for (const auto& mark : write->marks) {
      if (instances_.contains(mark.instance)) {
        dirty_marks_.insert(mark.instance);
      }
    }
    for (const auto& name : dirty_marks_) {
      if (Instance& instance = instances_.at(name);
          in_memory() && instance.stored < instance.mark.seq) {
        acknowledge(name, instance);
      }
    }
    for (const auto& name : write->forget) {
      if (!instances_.contains(name)) {
        forgotten_.insert(name);
      }
    }
    return;
  }
  write_failures_ = 0;
  end_writing_ = false;
  for (const auto& mark : write->marks) {
    const auto it = instances_.find(mark.instance);
    if (it == instances_.end() || it->second.stored >= mark.seq) {
      continue;  // acknowledged while writes failed
    }
    it->second.stored = mark.seq;
    if (const auto& to = it->second.answer_to) {
      acknowledgements_.push_back({*to, {mark.instance, mark.seq, ""}});
    }
  }
}

bool SightingQueue::end_is_stored() const {
  return in_memory() || (!end_unwritten_ && !end_writing_);
}

bool SightingQueue::is_stored(std::uint64_t id) const {
  return in_memory() || (!dirty_.contains(id) && !being_written_.contains(id));
}

// ---- MISP ----

void SightingQueue::set_permitted(std::optional<bool> permitted, SteadyMs now) {
  if (permitted_ == false && permitted == true) {
    problem_.clear();
    unauthorized_ = false;
    post_after_ = now;
  }
  permitted_ = permitted;
}

const std::string& SightingQueue::problem() const {
  return permitted_ == false ? kNoRight : problem_;
}

std::optional<SightingPost> SightingQueue::next_post(SteadyMs now) {
  if (posting_ || permitted_ != true || !end_is_stored() || now < post_after_) {
    return std::nullopt;
  }
  for (const auto& [due, id] : order_) {
    if (due > now) {
      break;
    }
    if (!is_stored(id)) {
      continue;
    }
    const SightingRow& row = rows_.at(id).row;
    posting_ = Posting{id, row.matches};
    post_after_ = now + 1000 / std::max<SteadyMs>(options_.max_per_second, 1);
    return SightingPost{row.attribute, row.source, row.last_seen, row.matched};
  }
  return std::nullopt;
}

void SightingQueue::on_posted(const Result<PostOutcome>& outcome, SteadyMs now) {
  const auto posting = std::exchange(posting_, std::nullopt);
  if (!posting) {
    return;
  }
  if (!outcome) {
    if (outcome.error().code != ErrorCode::kCancelled) {
      on_failure(outcome.error(), *posting, now);
    }
    return;
  }
  failures_ = 0;
  problem_.clear();
  unauthorized_ = false;
  end_unwritten_ = true;
  if (*outcome == PostOutcome::kTaken) {
    on_taken(*posting, now);
    return;
  }
  const SightingRow row = rows_.at(posting->id).row;
  if (*outcome != PostOutcome::kGone) {
    (*outcome == PostOutcome::kChanged ? counters_.changed : counters_.refused) += row.matches;
    erase(row.id);
    return;
  }
  auto it = ids_.lower_bound(Key{row.attribute, std::string(), INT64_MIN, std::nullopt});
  while (it != ids_.end() && std::get<Uuid>(it->first) == row.attribute) {
    const std::uint64_t id = (it++)->second;
    counters_.gone += rows_.at(id).row.matches;
    erase(id);
  }
}

void SightingQueue::on_taken(const Posting& posting, SteadyMs now) {
  Waiting& waiting = rows_.at(posting.id);
  SightingRow& row = waiting.row;
  ++counters_.posted;
  counters_.posted_matches += posting.matches;
  const Key key = key_of(row);
  const SteadyMs memory = options_.aggregate.count() * 1000;
  while (!recent_order_.empty() &&
         (recent_order_.begin()->first + memory <= now || recent_.size() >= kMaxRecent)) {
    for (const Key& old : recent_order_.begin()->second) {
      if (const auto it = recent_.find(old);
          it != recent_.end() && it->second <= recent_order_.begin()->first) {
        recent_.erase(it);
      }
    }
    recent_order_.erase(recent_order_.begin());
  }
  recent_[key] = now;
  recent_order_[now].push_back(key);
  if (row.matches == posting.matches) {
    erase(row.id);
    return;
  }
  waiting_matches_ -= posting.matches;
  row.matches -= posting.matches;
  make_dirty(row.id);
  set_due(waiting, now + memory);
}

void SightingQueue::on_failure(const Error& error, const Posting& posting, SteadyMs now) {
  ++counters_.failures;
  problem_ = error.message;
  unauthorized_ = error.code == ErrorCode::kUnauthorized;
  if (unauthorized_) {
    post_after_ = now + kUnauthorizedDelay;
    return;
  }
  if (error.code == ErrorCode::kRateLimited) {
    const SteadyMs told = SteadyMs{error.retry_after_seconds} * 1000;
    post_after_ = now + (told > 0 ? told : kUntoldRateLimit);
    return;
  }
  post_after_ = now + delay(failures_++, kLongestDelay);
  Waiting& waiting = rows_.at(posting.id);
  if (waiting.failed_at && *waiting.failed_at < counters_.posted &&
      ++waiting.failures >= kMaxRowFailures) {
    counters_.refused += waiting.row.matches;
    erase(posting.id);
    return;
  }
  waiting.failed_at = counters_.posted;
  // Others first: this one may be what MISP fails on.
  set_due(waiting, now + delay(waiting.failures, kSlowDelay));
}

SteadyMs SightingQueue::delay(int failures, SteadyMs longest) {
  return retry_pause(kFirstDelay, failures, longest, jitter_);
}

bool SightingQueue::is_own(const SightingMessage& message) {
  const bool own = message.type == 0 && sources_.contains(message.source);
  counters_.own_echoes += own && message.action == SightingMessage::Action::kAdd ? 1 : 0;
  return own;
}

std::optional<SteadyMs> SightingQueue::deadline() const {
  std::optional<SteadyMs> due;
  if (!writing_ && (!dirty_.empty() || !erased_.empty() || !dirty_marks_.empty())) {
    due = write_after_;
  }
  const bool may_post = !posting_ && permitted_ == true && end_is_stored();
  const auto first = std::find_if(order_.begin(), order_.end(),
                                  [this](const auto& row) { return is_stored(row.second); });
  if (may_post && first != order_.end()) {
    const SteadyMs post = std::max(first->first, post_after_);
    due = std::min(due.value_or(post), post);
  }
  return due;
}

}  // namespace misp_zeek
