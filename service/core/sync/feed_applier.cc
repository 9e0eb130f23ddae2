// SPDX-License-Identifier: BSD-3-Clause
#include "core/sync/feed_applier.h"

#include <algorithm>
#include <string_view>

namespace misp_zeek {
namespace {

/// Messages of one request come close together: wait this long to ask about all of them at once.
constexpr SteadyMs kCoalesce = 50;
/// A publish message shows the event as it was when its request began, which may be this long ago.
constexpr SteadyMs kPublishWindow = 120'000;

}  // namespace

SteadyMs FeedApplier::soon() const { return context_.time() + kCoalesce; }

SteadyMs FeedApplier::committed() const {
  return context_.time() + context_.options.commit_grace + 1;
}

void FeedApplier::read_event(std::uint64_t event_id, bool whole) {
  events_.mark(event_id, {Lane::kEvents, Cause::kMessage, soon(), committed(), whole},
               context_.time());
}

void FeedApplier::read_event_later(std::uint64_t event_id, bool whole) {
  events_.mark(event_id, {Lane::kEvents, Cause::kMessage, committed(), committed(), whole},
               context_.time());
}

void FeedApplier::verify(const Uuid& uuid, std::uint64_t event_id, bool removal) {
  lookups_.verify(uuid, event_id, committed(), context_.time(), removal);
}

void FeedApplier::apply(const FeedMessage& message) {
  if (const auto* attribute = std::get_if<AttributeMessage>(&message)) {
    on_attribute(*attribute);
  } else if (const auto* event = std::get_if<EventMessage>(&message)) {
    on_event(*event);
  } else if (const auto* publish = std::get_if<PublishMessage>(&message)) {
    on_publish(*publish);
  } else if (const auto* tag = std::get_if<TagMessage>(&message)) {
    on_tag(*tag);
  } else if (const auto* sighting = std::get_if<SightingMessage>(&message)) {
    on_sighting(*sighting);
  } else if (std::holds_alternative<WarninglistMessage>(message) &&
             context_.filter.options().enforce_warninglist) {
    reconciler_.request(true, Cause::kMessage, committed());
  }
}

void FeedApplier::tick() {
  std::erase_if(published_, [&](const auto& publish) {
    return publish.second + kPublishWindow < context_.time();
  });
}

void FeedApplier::remove(const Uuid& uuid, std::uint64_t event_id, std::string_view reason) {
  if (context_.store.find(uuid) == nullptr) {
    return;
  }
  removals_.remove(uuid, reason);
  verify(uuid, event_id, true);
}

void FeedApplier::on_attribute(const AttributeMessage& message) {
  const Attribute& attribute = message.attribute;
  auto& watermarks = context_.watermarks;
  const bool gone = message.action == AttributeMessage::Action::kDelete ||
                    message.action == AttributeMessage::Action::kSoftDelete || attribute.deleted;
  const auto* found = watermarks.find(attribute.uuid);
  const bool is_known = found != nullptr;
  const auto earlier = is_known ? *found : FeedWatermarks::Watermark{};
  const bool after_publish = !gone && is_known && earlier.published;
  const bool overtaken = after_publish && earlier.timestamp > attribute.timestamp;
  if (overtaken || watermarks.tombstone(attribute.event_id)) {
    ++context_.counters.late;
    return;
  }
  Event event = message.event.value_or(Event{});
  event.id = attribute.event_id;
  events_.get(event.id).heard = context_.time();
  if (context_.filter.unpublishing_matters(event)) {
    // A change of an attribute unpublishes its event without a message.
    checks_.look(event.id, soon(), committed());
  }
  const std::size_t content = FeedWatermarks::content_of(attribute);
  if (after_publish && earlier.timestamp == attribute.timestamp && earlier.content != content) {
    // Within one second: either may be the newer one, and it may not be committed yet.
    lookups_.ask(attribute.uuid, attribute.event_id, attribute.timestamp, soon());
    read_event_later(attribute.event_id, false);
    return;
  }
  const bool same_second = is_known && earlier.timestamp == attribute.timestamp;
  const bool listed = is_known && earlier.published;
  watermarks.set(attribute.uuid, {context_.time(), attribute.timestamp, content, gone, false,
                                  writer_.must_be_shown(attribute.uuid, context_.time())});
  if (gone) {
    remove(attribute.uuid, event.id, to_string(FilterReason::kDeleted));
    return;
  }
  // Of an attribute that a publish message did not list, a late message may be from before it; only
  // MISP knows whether both were there at once.
  const bool passed_over = published_.contains(event.id) && event.published != true && !listed;
  if (const auto* known = context_.store.event(event.id);
      known != nullptr && known->uuid == event.uuid && !event.publish_timestamp && !passed_over) {
    event.publish_timestamp = known->publish_timestamp;
  }
  judge(attribute, event,
        context_.filter.judge_message(attribute, event, context_.clock.age_now(context_.now)));
  if (same_second && lookups_.find(attribute.uuid) != nullptr) {
    // A row of this second may be from before the change.
    read_event_later(event.id, false);
  }
}

void FeedApplier::judge(const Attribute& attribute, const Event& event, Judgement judgement) {
  if (judgement.verdict == Verdict::kAccept && !context_.mapping.knows(attribute.type)) {
    judgement = {Verdict::kReject, FilterReason::kType};
  }
  if (judgement.verdict == Verdict::kReject) {
    ++context_.counters.filtered[judgement.reason];
    if (context_.store.find(attribute.uuid) == nullptr) {
      writer_.tell(attribute, "filtered", to_string(judgement.reason));
    }
    remove(attribute.uuid, event.id, to_string(judgement.reason));
  } else if (judgement.verdict == Verdict::kAccept) {
    lookups_.forget(attribute.uuid);  // this message is newer than what it was about
    const auto* known = context_.store.find(attribute.uuid);
    const bool moved = known == nullptr || known->timestamp != attribute.timestamp;
    if (writer_.accept(attribute, event) || moved) {
      verify(attribute.uuid, event.id, false);
    }
  } else {
    lookups_.ask(attribute.uuid, event.id, attribute.timestamp, soon());
  }
}

void FeedApplier::on_deleted_event(std::uint64_t event_id) {
  if (removals_.remove_event(event_id, "event_deleted")) {
    context_.watermarks.add_tombstone(event_id, context_.time());
  }
  checks_.announced(event_id, committed());
}

void FeedApplier::on_event(const EventMessage& message) {
  const Event& event = message.event;
  if (message.action == EventMessage::Action::kFromConnectedServer) {
    reconciler_.request(false, Cause::kMessage, committed());
    return;
  }
  if (message.action == EventMessage::Action::kDelete) {
    on_deleted_event(event.id);
    return;
  }
  if (context_.watermarks.tombstone(event.id)) {
    ++context_.counters.late;
    return;
  }
  events_.get(event.id).heard = context_.time();
  context_.store.update_event(event);
  const auto& filter = context_.filter;
  const bool unpublished = event.published == false && !filter.is_fixed_event(event.id);
  if (filter.options().published == PublishedMode::kPublished && unpublished) {
    removals_.remove_event(event.id, to_string(FilterReason::kUnpublished));
    checks_.look(event.id, committed(), 0);
    read_event_later(event.id, true);
  } else if (message.action == EventMessage::Action::kEdit && filter.event_edit_needs_misp()) {
    read_event(event.id, true);
  } else if (message.action == EventMessage::Action::kEdit) {
    // Attributes may have changed without a message (fast_update), and a late attribute message may
    // show the event as it was.
    read_event_later(event.id, false);
  }
}

bool FeedApplier::take_published(const Attribute& attribute, const Event& event) {
  auto& watermarks = context_.watermarks;
  const auto* watermark = watermarks.find(attribute.uuid);
  const std::size_t content = FeedWatermarks::content_of(attribute);
  if (watermark != nullptr && watermark->at + kPublishWindow > context_.time()) {
    const bool same_second = watermark->timestamp == attribute.timestamp;
    if (watermark->gone || (same_second && watermark->content != content)) {
      lookups_.ask(attribute.uuid, event.id, attribute.timestamp, soon());
      return false;
    }
    if (watermark->timestamp > attribute.timestamp) {
      return false;
    }
  }
  watermarks.set(attribute.uuid, {context_.time(), attribute.timestamp, content, false, true,
                                  writer_.must_be_shown(attribute.uuid, context_.time())});
  judge(attribute, event,
        context_.filter.judge_published(attribute, event, context_.clock.age_now(context_.now)));
  return true;
}

void FeedApplier::on_publish(const PublishMessage& message) {
  Event event = message.event;
  if (context_.watermarks.tombstone(event.id)) {
    ++context_.counters.late;
    return;
  }
  events_.get(event.id).heard = context_.time();
  event.publish_timestamp = std::max<std::int64_t>(event.publish_timestamp.value_or(0), 1);
  if (context_.filter.options().published == PublishedMode::kEverPublished) {
    published_[event.id] = context_.time();
  }
  context_.store.update_event(event);
  if (context_.filter.publish_needs_misp()) {
    read_event(event.id, true);
    return;
  }
  const auto more = static_cast<std::uint64_t>(
      std::count_if(message.attributes.begin(), message.attributes.end(),
                    [&](const auto& a) { return context_.store.find(a.uuid) == nullptr; }));
  if (growth_.stops(event.id, more)) {
    read_event_later(event.id, true);
    return;
  }
  if (context_.filter.options().published != PublishedMode::kAny) {
    read_event_later(event.id, true);  // what is looked up now may show it unpublished still
  }
  std::unordered_set<Uuid> listed;
  for (const auto& attribute : message.attributes) {
    listed.insert(attribute.uuid);
    take_published(attribute, event);
  }
  remove_unlisted(event.id, listed);
}

void FeedApplier::remove_unlisted(std::uint64_t event_id, const std::unordered_set<Uuid>& listed) {
  std::vector<Uuid> gone;
  for (const auto& uuid : context_.store.attributes_of(event_id)) {
    if (listed.contains(uuid)) {
      continue;
    }
    if (context_.watermarks.since(uuid, context_.time() - kPublishWindow)) {
      lookups_.ask(uuid, event_id, 0, soon());
    } else {
      gone.push_back(uuid);
    }
  }
  if (!gone.empty() && !removals_.admits(gone.size())) {
    read_event_later(event_id, true);
    return;
  }
  for (const auto& uuid : gone) {
    remove(uuid, event_id, "not_in_publication");
  }
}

void FeedApplier::on_tag(const TagMessage& message) {
  const bool filtered = context_.filter.options().needs_tags();
  const auto id = message.event_id;
  Event event;
  event.id = id;
  switch (message.action) {
    case TagMessage::Action::kAttachedToAttribute:
    case TagMessage::Action::kDetachedFromAttribute:
      if (filtered) {
        read_event(id, true);
      }
      break;
    case TagMessage::Action::kAttachedToEvent:
    case TagMessage::Action::kDetachedFromEvent:
      if (filtered) {
        read_event(id, true);
      } else if (context_.store.event(id) != nullptr &&
                 context_.filter.unpublishing_matters(event)) {
        // A tag of an event unpublishes it without a message.
        checks_.look(id, soon(), committed());
      }
      break;
    case TagMessage::Action::kEdit:
    case TagMessage::Action::kDelete:
      if (filtered) {
        reconciler_.request(true, Cause::kMessage, committed());
      }
      break;
    case TagMessage::Action::kAdd:
      break;
  }
}

void FeedApplier::on_sighting(const SightingMessage& message) {
  if (message.attribute_uuid && context_.filter.honours_sighting(message.type, message.event_id)) {
    lookups_.ask_twice(*message.attribute_uuid, message.event_id, soon(), committed());
  }
}

}  // namespace misp_zeek
