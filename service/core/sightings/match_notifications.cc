// SPDX-License-Identifier: BSD-3-Clause
#include "core/sightings/match_notifications.h"

#include <algorithm>
#include <utility>

#include "core/base/backoff.h"
#include "core/base/text.h"
#include "core/store/indicator_store.h"

namespace misp_zeek {
namespace {

constexpr SteadyMs kMinute = 60'000;
constexpr SteadyMs kFirstDelay = 1'000;
constexpr SteadyMs kLongestDelay = 300'000;
constexpr SteadyMs kUntoldRateLimit = 60'000;
/// A hook that refuses is asked again only now and then.
constexpr SteadyMs kRefusedDelay = 300'000;
constexpr int kMaxAttempts = 5;
constexpr std::size_t kMaxValue = 256;

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

}  // namespace

std::string notice_of(const contract::Sighting& sighting, std::string_view zeek,
                      std::string_view misp_url) {
  std::string text = code(zeek) + " saw " + code(sighting.indicator) + " (" +
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
  const auto& id = sighting.event_id;
  const bool is_number =
      !id.empty() && id.size() <= 20 &&
      std::all_of(id.begin(), id.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (is_number) {
    text += ", MISP event " + id + ": " + escaped(misp_url) + "/events/view/" + id;
  }
  return text;
}

MatchNotices::MatchNotices(MatchNoticeOptions options)
    : options_(std::move(options)),
      jitter_(static_cast<std::minstd_rand::result_type>(options_.seed)) {}

void MatchNotices::turn_minute(SteadyMs now) {
  if (!minute_ || now < *minute_ + kMinute) {
    return;
  }
  minute_.reset();
  told_ = 0;
  if (more_ > 0 && waiting_.size() < options_.max_waiting) {
    waiting_.push_back("and " + std::to_string(more_) +
                       (more_ == 1 ? " more match" : " more matches"));
    more_ = 0;
  } else if (more_ > 0) {
    minute_ = now;  // the number is told when there is room
  }
}

void MatchNotices::add(const contract::Sighting& sighting, std::string_view zeek, SteadyMs now) {
  turn_minute(now);
  if (!minute_) {
    minute_ = now;
  }
  if (told_ == options_.max_per_minute || waiting_.size() >= options_.max_waiting) {
    ++more_;
    ++counters_.limited;
    return;
  }
  ++told_;
  waiting_.push_back(notice_of(sighting, zeek, options_.misp_url));
}

std::optional<std::string> MatchNotices::next_post(SteadyMs now) {
  turn_minute(now);
  if (posting_ || waiting_.empty() || now < post_after_) {
    return std::nullopt;
  }
  posting_ = true;
  return waiting_.front();
}

void MatchNotices::drop_first() {
  waiting_.pop_front();
  attempts_ = 0;
}

void MatchNotices::on_posted(const Result<void>& outcome, SteadyMs now) {
  if (!std::exchange(posting_, false)) {
    return;
  }
  if (outcome) {
    ++counters_.posted;
    failures_ = 0;
    problem_.clear();
    drop_first();
    return;
  }
  const Error& error = outcome.error();
  if (error.code == ErrorCode::kCancelled) {
    return;
  }
  ++counters_.failures;
  problem_ = error.message;
  if (error.code == ErrorCode::kRateLimited) {
    const SteadyMs told = SteadyMs{error.retry_after_seconds} * 1000;
    post_after_ = now + (told > 0 ? std::min(told, kLongestDelay) : kUntoldRateLimit);
    return;
  }
  const bool refuses = error.code == ErrorCode::kIncompatible;
  post_after_ = now + retry_pause(refuses ? kRefusedDelay : kFirstDelay, refuses ? 0 : failures_,
                                  kLongestDelay, jitter_);
  ++failures_;
  if (refuses || ++attempts_ == kMaxAttempts) {
    ++counters_.dropped;
    drop_first();
  }
}

std::optional<SteadyMs> MatchNotices::deadline() const {
  std::optional<SteadyMs> due;
  if (minute_ && more_ > 0) {
    due = *minute_ + kMinute;
  }
  if (!posting_ && !waiting_.empty()) {
    due = std::min(due.value_or(post_after_), post_after_);
  }
  return due;
}

}  // namespace misp_zeek
