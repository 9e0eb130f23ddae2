// SPDX-License-Identifier: BSD-3-Clause
#include "app/api/explain.h"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "app/api/status.h"
#include "app/telemetry/health.h"
#include "core/base/text.h"
#include "core/base/time.h"
#include "core/mapping/forms.h"

namespace misp_zeek::app {
namespace {

using Json = nlohmann::ordered_json;

struct Fate {
  std::string state;
  std::string reason;
};

Fate fate_in(const View& view, const Peer& peer, const EntryKey& entry) {
  using State = ZeekSession::State;
  const ZeekSession& session = *peer.session;
  if (const auto refusal = session.refusals().find(entry); refusal != session.refusals().end()) {
    return {"refused", std::string(refusal->second.reason)};
  }
  if (session.state() == State::kDisconnected || session.state() == State::kGreeting) {
    return {"away", zeek_message(view, peer)};
  }
  const bool all =
      session.state() == State::kLive && session.acknowledged() >= view.store.revision();
  if (!all) {
    return {"under way", zeek_message(view, peer)};
  }
  return {"held", session.workers_behind() ? zeek_message(view, peer) : ""};
}

/// Collects what is found, each thing once and up to the bound.
class Findings {
 public:
  explicit Findings(const View& view) : view_(view) {}

  void add_attribute(const Uuid& uuid) {
    const auto* attribute = view_.store.find(uuid);
    if (attribute == nullptr || !fits(attributes_, seen_attributes_.insert(uuid).second)) {
      return;
    }
    Json indicators = Json::array();
    for (const auto& [entry, port] : attribute->entries) {
      indicators.push_back(entry->key.indicator);
      add_entry(*entry);
    }
    const std::string reject(attribute->reject ? to_string(*attribute->reject) : "");
    rejected_ = attribute->reject ? attribute->reject : rejected_;
    attributes_.push_back({{"uuid", uuid.str()},
                           {"id", attribute->id},
                           {"event_id", attribute->event_id},
                           {"type", view_.store.type_name(*attribute)},
                           {"timestamp", rfc3339(attribute->timestamp)},
                           {"rejected", reject},
                           {"indicators", std::move(indicators)}});
  }

  void add_event(std::uint64_t id) {
    for (const Uuid& uuid : view_.store.attributes_of(id)) {
      add_attribute(uuid);
    }
  }

  void add_key(const IndicatorKey& key) {
    for (const Item& item : view_.store.items_after(EntryKey{key, 0}, kExplainBound)) {
      if (item.entry.key != key) {
        break;
      }
      for (const Uuid& uuid : view_.store.supporters(item.entry, kExplainBound)) {
        add_attribute(uuid);
      }
    }
  }

  Json take(const std::string& query) {
    Json json = {{"version", 1}, {"query", query}, {"found", !attributes_.empty()}};
    json["revision"] = view_.store.revision();
    json["answer"] = answer();
    json["attributes"] = std::move(attributes_);
    json["indicators"] = std::move(indicators_);
    json["more"] = more_;
    return json;
  }

 private:
  void add_entry(const EntryKey& entry) {
    const auto item = view_.store.item(entry);
    if (!item || !fits(indicators_, seen_entries_.insert(entry).second)) {
      return;
    }
    Json zeeks = Json::array();
    for (const Peer& peer : view_.peers) {
      const Fate fate = fate_in(view_, peer, entry);
      not_held_ = not_held_ || fate.state != "held";
      zeeks.push_back({{"name", peer.session->name()},
                       {"state", fate.state},
                       {"reason", fate.reason},
                       {"unseen", fate.state == "held"
                                      ? mapping::blindness(entry.key, peer.session->capabilities())
                                      : ""},
                       {"revision", peer.session->acknowledged()},
                       {"workers", peer.session->workers()},
                       {"workers_in_sync", peer.session->workers_in_step()}});
    }
    indicators_.push_back({{"indicator", entry.key.indicator},
                           {"indicator_type", to_string(entry.key.type)},
                           {"event_id", entry.event_id},
                           {"seen_in", mapping::shown_places(entry.key)},
                           {"event", item->desc},
                           {"url", item->url},
                           {"attributes", item->attribute_uuids},
                           {"zeeks", std::move(zeeks)}});
  }

  bool fits(const Json& list, bool is_new) {
    more_ = more_ || (is_new && list.size() >= kExplainBound);
    return is_new && list.size() < kExplainBound;
  }

  std::string answer() const {
    if (attributes_.empty()) {
      return view_.sync.status().bootstrapped
                 ? "no indicator in Zeek is made of it; 'misp-zeek explain' asks MISP why"
                 : "not known: MISP is still being read";
    }
    if (indicators_.empty() && rejected_) {
      const std::string key(excluding_key(*rejected_));
      if (!key.empty()) return "excluded by [filter] " + key;
      const std::string why(mapping::explanation_of(*rejected_));
      return "accepted by the filter, but Zeek cannot match it: " +
             std::string(to_string(*rejected_)) + (why.empty() ? "" : ", " + why);
    }
    return not_held_ ? "accepted, but not in every Zeek yet" : "in every Zeek";
  }

  const View& view_;
  Json attributes_ = Json::array();
  Json indicators_ = Json::array();
  std::set<Uuid> seen_attributes_;
  std::set<EntryKey> seen_entries_;
  std::optional<Reject> rejected_;
  bool not_held_ = false;
  bool more_ = false;
};

/// What the value can be in Zeek, by every rule there is.
std::set<IndicatorKey> keys_of(const Mapping& mapping, const std::string& value) {
  std::set<IndicatorKey> keys;
  for (const std::string& type : mapping.types()) {
    if (const auto mapped = mapping.map(type, value)) {
      for (const Mapped& part : *mapped) {
        keys.insert(part.key);
      }
    }
  }
  return keys;
}

}  // namespace

Json explain_json(const View& view, const std::string& query) {
  Findings findings(view);
  if (const auto uuid = Uuid::parse(query)) {
    findings.add_attribute(*uuid);
    if (const auto event = view.store.event_id_of(*uuid)) {
      findings.add_event(*event);
    }
    return findings.take(query);
  }
  if (const auto id = text::parse_decimal(query, UINT32_MAX)) {
    findings.add_event(*id);
  }
  for (const IndicatorKey& key : keys_of(view.sync.mapping(), query)) {
    findings.add_key(key);
  }
  return findings.take(query);
}

}  // namespace misp_zeek::app
