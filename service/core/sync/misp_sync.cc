// SPDX-License-Identifier: BSD-3-Clause
#include "core/sync/misp_sync.h"

#include <algorithm>
#include <utility>

namespace misp_zeek {
namespace {

/// Messages of one request come close together: wait this long to ask about all of them at once.
constexpr SteadyMs kCoalesce = 50;
/// A publish message shows the event as it was when its request began, which may be this long ago.
constexpr SteadyMs kPublishWindow = 120'000;
/// Answers older than this are not awaited any more.
constexpr SteadyMs kTouchMemory = 600'000;

}  // namespace

std::string_view to_string(Cause cause) {
  switch (cause) {
    case Cause::kTimer:
      return "timer";
    case Cause::kStart:
      return "start";
    case Cause::kReconnect:
      return "reconnect";
    case Cause::kSilence:
      return "silence";
    case Cause::kPublisherRestart:
      return "publisher_restart";
    case Cause::kQueueOverflow:
      return "queue_overflow";
    case Cause::kMalformed:
      return "malformed";
    case Cause::kMessage:
      return "message";
    case Cause::kOperator:
      return "operator";
    case Cause::kConfiguration:
      return "configuration";
  }
  return "timer";
}

std::string_view to_string(PassKind kind) {
  switch (kind) {
    case PassKind::kFull:
      return "full";
    case PassKind::kIndex:
      return "index";
    case PassKind::kEvents:
      break;
  }
  return "events";
}

MispSync::MispSync(SyncOptions options, Filter filter, Mapping mapping, IndicatorStore& store,
                   TimePoint now)
    : options_(options),
      filter_(std::move(filter)),
      mapping_(std::move(mapping)),
      store_(store),
      jitter_(static_cast<std::minstd_rand::result_type>(options.seed)),
      started_(now.steady),
      full_due_(Cause::kStart) {
  store_.set_complete(false);
}

// ---- feed ----

void MispSync::on_feed_connected(TimePoint now) {
  status_.feed_connected = true;
  status_.last_message = now.steady;
  silent_ = false;
  if (errors_ > 0 && !rate_limited_) {
    retry_at_ = std::min(retry_at_, now.steady);  // MISP is back
    next_user_ = std::min(next_user_, now.steady);
  }
  if (feed_seen_ || status_.bootstrapped || reconcile_) {
    on_feed_gap(Cause::kReconnect, now);
  }
  feed_seen_ = true;
}

void MispSync::on_feed_disconnected(TimePoint) { status_.feed_connected = false; }

void MispSync::on_feed_gap(Cause cause, TimePoint) { request_reconcile(true, cause); }

void MispSync::request_reconcile(bool full, Cause cause) {
  index_due_ = cause;
  if (full && full_due_ != Cause::kOperator) {  // which waits for nothing
    full_due_ = cause;
  }
  if (cause == Cause::kOperator || cause == Cause::kConfiguration) {
    retry_at_ = 0;  // who asks now may have mended what failed
    next_user_ = 0;
  }
}

void MispSync::reconcile_for_message(bool full, TimePoint now) {
  request_reconcile(full, Cause::kMessage);
  // What is read at once may be from before the commit; this is not.
  again_due_ = now.steady + options_.commit_grace;
  again_full_ |= full;
}

void MispSync::accept_shrink() {
  shrink_accepted_ = true;
  request_reconcile(true, Cause::kOperator);
}

// ---- durable state ----

void MispSync::restore(const SavedSync& saved) {
  status_.restored_from = saved.last_reconcile;
  // What was saved last may not be committed in MISP yet.
  retry_at_ = started_ + options_.commit_grace;
  last_reconcile_ = saved.last_reconcile;
  last_full_ = saved.last_full;
  index_time_ = saved.index_time;
  for (const auto& row : saved.index) {
    index_.emplace(row.id, row);
  }
  if (const auto age = filter_.options().max_age.count(); age > 0) {
    for (const auto& [uuid, attribute] : store_.attributes()) {
      expiries_.emplace(attribute.timestamp + age, uuid);
    }
  }
}

SavedSync MispSync::saved() const {
  SavedSync saved{last_reconcile_, last_full_, index_time_, {}};
  saved.index.reserve(index_.size());
  for (const auto& [id, row] : index_) {
    saved.index.push_back(row);
  }
  return saved;
}

void MispSync::count_message(const FeedMessage& message) { ++counters_.messages[kind_of(message)]; }

void MispSync::on_message(const FeedMessage& message, TimePoint now) {
  unix_now_ = now.unix_seconds;
  count_message(message);
  status_.last_message = now.steady;
  silent_ = false;
  if (const auto* attribute = std::get_if<AttributeMessage>(&message)) {
    on_attribute(*attribute, now);
  } else if (const auto* event = std::get_if<EventMessage>(&message)) {
    on_event(*event, now);
  } else if (const auto* publish = std::get_if<PublishMessage>(&message)) {
    on_publish(*publish, now);
  } else if (const auto* tag = std::get_if<TagMessage>(&message)) {
    on_tag(*tag, now);
  } else if (const auto* sighting = std::get_if<SightingMessage>(&message)) {
    on_sighting(*sighting, now);
  } else if (const auto* heartbeat = std::get_if<Heartbeat>(&message)) {
    on_heartbeat(*heartbeat, now);
  } else if (std::holds_alternative<WarninglistMessage>(message) &&
             filter_.options().enforce_warninglist) {
    reconcile_for_message(true, now);
  }
}

void MispSync::on_heartbeat(const Heartbeat& heartbeat, TimePoint now) {
  if (heartbeat.uptime_seconds < uptime_) {
    on_feed_gap(Cause::kPublisherRestart, now);
  }
  uptime_ = heartbeat.uptime_seconds;
}

void MispSync::on_attribute(const AttributeMessage& message, TimePoint now) {
  const Attribute& attribute = message.attribute;
  const bool gone = message.action == AttributeMessage::Action::kDelete ||
                    message.action == AttributeMessage::Action::kSoftDelete || attribute.deleted;
  const auto* earlier = touches_.find(attribute.uuid);
  const bool after_publish = !gone && earlier != nullptr && earlier->published;
  const bool overtaken = after_publish && earlier->timestamp > attribute.timestamp;
  if (overtaken || touches_.find_burial(attribute.event_id)) {
    ++counters_.late;
    return;
  }
  Event event = message.event.value_or(Event{});
  event.id = attribute.event_id;
  if (filter_.unpublishing_matters(event)) {
    // A change of an attribute unpublishes its event without a message.
    ask_event(event.id, now.steady + kCoalesce);
  }
  if (after_publish && earlier->timestamp == attribute.timestamp &&
      earlier->content != TouchLog::content_of(attribute)) {
    // Within one second: either may be the newer one, and it may not be committed yet.
    ask_attribute(attribute.uuid, attribute.event_id, attribute.timestamp, now.steady + kCoalesce);
    ask_event_again(attribute.event_id, now.steady);
    return;
  }
  const bool same_second = earlier != nullptr && earlier->timestamp == attribute.timestamp;
  const bool listed = earlier != nullptr && earlier->published;
  touches_.touch(attribute.uuid, {now.steady, attribute.timestamp, TouchLog::content_of(attribute),
                                  gone, false, must_be_shown(attribute.uuid, now.steady)});
  if (gone) {
    withdraw(attribute.uuid, to_string(FilterReason::kDeleted));
    return;
  }
  // Of an attribute that a publish message did not list, a late message may be from before it; only
  // MISP knows whether both were there at once.
  const bool passed_over = published_.contains(event.id) && event.published != true && !listed;
  if (const auto* known = store_.event(event.id);
      known != nullptr && known->uuid == event.uuid && !event.publish_timestamp && !passed_over) {
    event.publish_timestamp = known->publish_timestamp;
  }
  judge_live(attribute, event, filter_.judge_message(attribute, event, now.unix_seconds), now);
  if (same_second && confirms_.contains(attribute.uuid)) {
    ask_event_again(event.id, now.steady);  // a row of this second may be from before the change
  }
}

void MispSync::judge_live(const Attribute& attribute, const Event& event, Judgement judgement,
                          TimePoint now) {
  if (judgement.verdict == Verdict::kAccept && !mapping_.knows(attribute.type)) {
    judgement = {Verdict::kReject, FilterReason::kType};
  }
  if (judgement.verdict == Verdict::kReject) {
    ++counters_.filtered[judgement.reason];
    if (store_.find(attribute.uuid) == nullptr) {
      tell(attribute, "filtered", to_string(judgement.reason));
    }
    withdraw(attribute.uuid, to_string(judgement.reason));
  } else if (judgement.verdict == Verdict::kAccept) {
    forget_question(attribute.uuid);  // this message is newer than what it was about
    accept(attribute, event);
  } else {
    ask_attribute(attribute.uuid, event.id, attribute.timestamp, now.steady + kCoalesce);
  }
}

void MispSync::on_event(const EventMessage& message, TimePoint now) {
  const Event& event = message.event;
  if (message.action == EventMessage::Action::kFromConnectedServer) {
    reconcile_for_message(false, now);
    return;
  }
  if (message.action == EventMessage::Action::kDelete) {
    touches_.bury_event(event.id, now.steady);
    withdraw_event(event.id, "event_deleted");
    return;
  }
  if (touches_.find_burial(event.id)) {
    ++counters_.late;
    return;
  }
  store_.update_event(event);
  const auto& options = filter_.options();
  const bool unpublished = event.published == false && !filter_.is_fixed_event(event.id);
  if (options.published == PublishedMode::kPublished && unpublished) {
    withdraw_event(event.id, to_string(FilterReason::kUnpublished));
  } else if (message.action == EventMessage::Action::kEdit && filter_.event_edit_needs_misp()) {
    ask_event(event.id, now.steady + kCoalesce);
  } else if (message.action == EventMessage::Action::kEdit) {
    // Attributes may have changed without a message (fast_update), and a late attribute message may
    // show the event as it was.
    ask_event_again(event.id, now.steady);
  }
}

void MispSync::on_publish(const PublishMessage& message, TimePoint now) {
  Event event = message.event;
  if (touches_.find_burial(event.id)) {
    ++counters_.late;
    return;
  }
  event.publish_timestamp = std::max<std::int64_t>(event.publish_timestamp.value_or(0), 1);
  if (filter_.options().published == PublishedMode::kEverPublished) {
    published_[event.id] = now.steady;
  }
  store_.update_event(event);
  if (filter_.publish_needs_misp()) {
    ask_event(event.id, now.steady + kCoalesce);
    return;
  }
  if (filter_.options().published != PublishedMode::kAny) {
    ask_event_again(event.id, now.steady);  // what is looked up now may show it unpublished still
  }
  std::unordered_set<Uuid> listed;
  for (const auto& attribute : message.attributes) {
    listed.insert(attribute.uuid);
    const auto* touch = touches_.find(attribute.uuid);
    if (touch != nullptr && touch->at + kPublishWindow > now.steady) {
      if (touch->gone) {
        ask_attribute(attribute.uuid, event.id, attribute.timestamp, now.steady + kCoalesce);
        continue;
      }
      if (touch->timestamp > attribute.timestamp) {
        continue;
      }
      if (touch->timestamp == attribute.timestamp &&
          touch->content != TouchLog::content_of(attribute)) {
        ask_attribute(attribute.uuid, event.id, attribute.timestamp, now.steady + kCoalesce);
        continue;
      }
    }
    touches_.touch(attribute.uuid,
                   {now.steady, attribute.timestamp, TouchLog::content_of(attribute), false, true,
                    must_be_shown(attribute.uuid, now.steady)});
    judge_live(attribute, event, filter_.judge_published(attribute, event, now.unix_seconds), now);
  }
  for (const auto& uuid : store_.attributes_of(event.id)) {
    if (listed.contains(uuid)) {
      continue;
    }
    if (touched_since(uuid, now.steady - kPublishWindow)) {
      ask_attribute(uuid, event.id, 0, now.steady + kCoalesce);
    } else {
      withdraw(uuid, "not_in_publication");
    }
  }
}

void MispSync::on_tag(const TagMessage& message, TimePoint now) {
  const bool filtered = filter_.options().needs_tags();
  Event event;
  event.id = message.event_id;
  switch (message.action) {
    case TagMessage::Action::kAttachedToAttribute:
    case TagMessage::Action::kDetachedFromAttribute:
      if (filtered) {
        ask_event(event.id, now.steady + kCoalesce);
      }
      break;
    case TagMessage::Action::kAttachedToEvent:
    case TagMessage::Action::kDetachedFromEvent:
      // A tag of an event unpublishes it without a message.
      if (filtered || (store_.event(event.id) != nullptr && filter_.unpublishing_matters(event))) {
        ask_event(event.id, now.steady + kCoalesce);
      }
      break;
    case TagMessage::Action::kEdit:
    case TagMessage::Action::kDelete:
      if (filtered) {
        reconcile_for_message(true, now);
      }
      break;
    case TagMessage::Action::kAdd:
      break;
  }
}

void MispSync::ask_attribute(const Uuid& uuid, std::uint64_t event_id, std::int64_t timestamp,
                             SteadyMs due) {
  const auto [it, is_new] = confirms_.try_emplace(uuid);
  if (!is_new) {
    confirm_order_.erase({it->second.due, uuid});
  }
  it->second = {event_id, due, 0, timestamp, it->second.again_at};
  confirm_order_.emplace(due, uuid);
}

void MispSync::forget_question(const Uuid& uuid) {
  // What a sighting announced, a message of the attribute may be too old to show.
  if (const auto it = confirms_.find(uuid); it != confirms_.end() && it->second.again_at == 0) {
    confirm_order_.erase({it->second.due, uuid});
    confirms_.erase(it);
  }
}

void MispSync::ask_event(std::uint64_t event_id, SteadyMs due) {
  asked_events_.try_emplace(event_id, due);
  ask_event_again(event_id, due);
}

void MispSync::ask_event_again(std::uint64_t event_id, SteadyMs since) {
  // An earlier answer may be from before the commit; this one is not.
  events_again_[event_id] = since + options_.commit_grace;
}

// ---- store ----

void MispSync::expire(TimePoint now) {
  while (!expiries_.empty() && expiries_.top().first < now.unix_seconds) {
    const Uuid uuid = expiries_.top().second;
    expiries_.pop();
    const auto* attribute = store_.find(uuid);
    if (attribute == nullptr || filter_.is_fixed_event(attribute->event_id)) {
      continue;
    }
    // The attribute may have been touched since; then a later expiry is in the queue.
    if (attribute->timestamp + filter_.options().max_age.count() < now.unix_seconds) {
      ++counters_.filtered[FilterReason::kTooOld];
      withdraw(uuid, to_string(FilterReason::kTooOld));
    }
  }
  while (!expirations_.empty() && expirations_.begin()->first <= now.unix_seconds) {
    const Uuid uuid = expirations_.extract(expirations_.begin()).value().second;
    // The expiration may have been withdrawn or put off since.
    if (const auto* attribute = store_.find(uuid); attribute != nullptr) {
      ask_attribute(uuid, attribute->event_id, 0, now.steady);
    }
  }
}

bool MispSync::touched_since(const Uuid& uuid, SteadyMs since) const {
  const auto* touch = touches_.find(uuid);
  return touch != nullptr && touch->at >= since;
}

bool MispSync::must_be_shown(const Uuid& uuid, SteadyMs asked) const {
  const auto* touch = touches_.find(uuid);
  return store_.find(uuid) != nullptr &&
         (touch == nullptr || touch->shown || touch->at + options_.commit_grace < asked);
}

bool MispSync::row_is_stale(const Attribute& row) const {
  const auto* touch = touches_.find(row.uuid);
  if (touch == nullptr || touch->at + options_.commit_grace < call_started_) {
    return false;
  }
  const bool older =
      row.timestamp < touch->timestamp ||
      (row.timestamp == touch->timestamp && TouchLog::content_of(row) != touch->content);
  return touch->gone || touch->at >= call_started_ || older;
}

// ---- time ----

void MispSync::tick(TimePoint now) {
  unix_now_ = now.unix_seconds;
  expire(now);
  std::erase_if(events_again_, [&](const auto& again) {
    const auto& [event_id, due] = again;
    const bool is_due = due <= now.steady;
    if (is_due) {
      asked_events_.try_emplace(event_id, due);
    }
    return is_due;
  });
  std::erase_if(published_,
                [&](const auto& publish) { return publish.second + kPublishWindow < now.steady; });
  if (again_due_ && *again_due_ <= now.steady) {
    again_due_.reset();
    request_reconcile(std::exchange(again_full_, false), Cause::kMessage);
  }
  SteadyMs oldest_needed = now.steady - kTouchMemory;
  for (const auto* pass : {&events_pass_, &reconcile_}) {
    if (pass->has_value()) {
      oldest_needed = std::min(oldest_needed, (*pass)->started - options_.commit_grace);
    }
  }
  if (touches_.prune(oldest_needed) > 0) {
    on_feed_gap(Cause::kQueueOverflow, now);
  }
  if (status_.feed_connected && !silent_ && status_.last_message &&
      now.steady - *status_.last_message > options_.silence) {
    silent_ = true;
    on_feed_gap(Cause::kSilence, now);
  }
}

SteadyMs MispSync::deadline(TimePoint now) const {
  // Ages, silence and timers need no better than a second.
  SteadyMs due = now.steady + 1000;
  if (waiting_ == Waiting::kNothing) {
    if (!confirm_order_.empty()) {
      due = std::min(due, std::max(confirm_order_.begin()->first, retry_at_));
    }
    for (const auto& [id, at] : asked_events_) {
      due = std::min(due, std::max(at, retry_at_));
    }
    for (const auto& [uuid, doubt] : doubts_) {
      due = std::min(due, std::max(doubt.due, retry_at_));
    }
  }
  return std::max(due, now.steady);
}

}  // namespace misp_zeek
