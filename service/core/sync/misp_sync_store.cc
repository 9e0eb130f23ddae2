// SPDX-License-Identifier: BSD-3-Clause
// What MispSync puts into the store and takes out, and what it tells operators of that.
#include <utility>

#include "core/base/text.h"
#include "core/sync/misp_sync.h"

namespace misp_zeek {

bool MispSync::accept(const Attribute& attribute, const Event& event) {
  const auto* known = store_.find(attribute.uuid);
  const bool is_new = known == nullptr;
  const auto mapped = mapping_.map(attribute.type, attribute.value);
  const bool newly_rejected = !mapped && (is_new || known->reject != mapped.error());
  if (const auto expires = filter_.expires_at(attribute);
      expires && (is_new || known->timestamp != attribute.timestamp)) {
    expiries_.emplace(*expires, attribute.uuid);
  }
  if (attribute.expires && filter_.honours_sighting(2, attribute.event_id)) {
    expirations_.emplace(*attribute.expires, attribute.uuid);
  }
  const bool changed = mapped ? store_.upsert(attribute, event, *mapped)
                              : store_.upsert(attribute, event, {}, mapped.error());
  suspects_.erase(attribute.uuid);
  if (newly_rejected) {
    tell(attribute, "rejected", to_string(mapped.error()));
  } else if (changed) {
    tell(attribute, is_new ? "added" : "changed", "");
  }
  return changed;
}

bool MispSync::withdraw(const Uuid& uuid, std::string_view reason) {
  if (const auto* known = store_.find(uuid)) {
    Attribute attribute;
    attribute.uuid = uuid;
    attribute.event_id = known->event_id;
    attribute.type = store_.type_name(*known);
    attribute.value = known->entries.empty() ? "" : known->entries.front().first->key.indicator;
    tell(attribute, "removed", reason);
  }
  suspects_.erase(uuid);
  return store_.withdraw(uuid);
}

void MispSync::withdraw_event(std::uint64_t event_id, std::string_view reason) {
  if (store_.event(event_id) != nullptr) {
    Attribute all;
    all.event_id = event_id;
    tell(all, "removed", reason);
  }
  store_.withdraw_event(event_id);
}

void MispSync::tell(const Attribute& attribute, std::string_view outcome, std::string_view reason) {
  // The first read is no change.
  if (status_.bootstrapped) {
    decisions_.add({unix_now_, attribute.uuid, attribute.event_id, attribute.type,
                    text::short_line(attribute.value, DecisionLog::kMaxValue), outcome, reason});
  }
}

}  // namespace misp_zeek
