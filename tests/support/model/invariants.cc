// SPDX-License-Identifier: BSD-3-Clause
#include "model/invariants.h"

#include <algorithm>
#include <sstream>

namespace misp_zeek::model {
namespace {

std::string show(const EntryKey& entry) {
  return std::string(to_string(entry.key.type)) + " " + entry.key.indicator + " of event " +
         std::to_string(entry.event_id);
}

std::set<std::string> uuids_of(const Item& item) {
  std::set<std::string> uuids;
  std::istringstream in(item.attribute_uuids);
  for (std::string uuid; std::getline(in, uuid, ',');) {
    uuids.insert(uuid);
  }
  return uuids;
}

}  // namespace

Invariants::Support Invariants::wanted(const MispModel::State& state,
                                       const MispModel::Reader& reader, std::int64_t now) const {
  Support result;
  const Filter filter(reader.filter);
  for (const auto& row : MispModel::wanted(state, reader, now)) {
    const auto expires = filter.expires_at(row.attribute).value_or(INT64_MAX);
    if (const auto mapped = mapping_.map(row.attribute.type, row.attribute.value)) {
      for (const auto& part : *mapped) {
        result.insert({{EntryKey{part.key, row.attribute.event_id}, row.attribute.uuid}, expires});
      }
    }
  }
  return result;
}

std::map<EntryKey, std::string> Invariants::shown_tags(const MispModel::State& state,
                                                       std::int64_t now) const {
  const auto& shown = reader_.filter.shown_tags;
  std::map<EntryKey, std::set<std::string>> names;
  for (const auto& row : MispModel::wanted(state, reader_, now)) {
    const auto mapped = mapping_.map(row.attribute.type, row.attribute.value);
    for (const auto& part : mapped.value_or(std::vector<Mapped>{})) {
      for (const auto& tag : *row.attribute.tags) {
        if (std::find(shown.begin(), shown.end(), tag) != shown.end()) {
          names[EntryKey{part.key, row.attribute.event_id}].insert(tag);
        }
      }
    }
  }
  std::map<EntryKey, std::string> result;
  for (const auto& [entry, tags] : names) {
    for (const auto& tag : tags) {
      result[entry] += (result[entry].empty() ? "" : ",") + tag;
    }
  }
  return result;
}

void Invariants::note(const MispModel::State& state, std::int64_t now) {
  wanted_ = wanted(state, now);
  std::erase_if(ages_, [&](const auto& item) { return !wanted_.contains(item.first); });
  for (auto& [support, expires] : wanted_) {
    ever_allowed_.insert(support.first);
    auto& ages = ages_[support];
    ages.insert(expires);
    ages.erase(ages.begin(), ages.lower_bound(now));
    expires = *ages.begin();
  }
  if (!state.allowedlist.empty()) {
    // The feed shows what the allowedlist hides; it leaves when it is verified.
    MispModel::State told = state;
    told.allowedlist.clear();
    for (const auto& [support, expires] : wanted(told, now)) {
      ever_allowed_.insert(support.first);
    }
  }
  for (const auto& former : former_readers_) {
    for (const auto& [support, expires] : wanted(state, former, now)) {
      ever_allowed_.insert(support.first);
    }
  }
  if (!believed_.empty()) {
    for (const auto& [support, expires] : wanted(as_believed(state), now)) {
      ever_allowed_.insert(support.first);
    }
  }
  for (auto& [zeek, required] : required_) {
    std::erase_if(required, [&](const auto& item) {
      return item.second < now || !wanted_.contains(item.first);
    });
  }
}

void Invariants::put_back(const MispModel::State& before) {
  for (const auto& [id, row] : before.events) {
    if (row.event.publish_timestamp > 0) {
      believed_[id] = row.event;
    }
  }
}

MispModel::State Invariants::as_believed(MispModel::State state) const {
  for (const auto& [id, published] : believed_) {
    const auto it = state.events.find(id);
    if (it != state.events.end() && it->second.event.uuid == published.uuid) {
      it->second.event.publish_timestamp = published.publish_timestamp;
    }
  }
  return state;
}

void Invariants::forget_beyond(const MispModel::State& committed, std::int64_t now) {
  const Support known = wanted(committed, now);
  for (auto& [zeek, required] : required_) {
    std::erase_if(required, [&](const auto& item) { return !known.contains(item.first); });
  }
}

std::string Invariants::check(const ZeekSide& zeek, bool caught_up) {
  const auto& items = zeek.package().items();
  for (const auto& [entry, item] : items) {
    if (!ever_allowed_.contains(entry)) {
      return zeek.name() + " holds what no state of MISP allowed: " + show(entry);
    }
  }
  auto& required = required_[zeek.name()];
  for (const auto& [support, expires] : required) {
    if (!items.contains(support.first)) {
      return zeek.name() +
             " lacks what it had and all states of MISP required: " + show(support.first);
    }
  }
  if (!caught_up || !zeek.session().in_step()) {
    return "";
  }
  for (const auto& [support, expires] : wanted_) {
    const auto held = items.find(support.first);
    if (held != items.end() &&
        held->second.attribute_uuids.find(support.second.str()) != std::string::npos) {
      required.try_emplace(support, expires);
    }
  }
  return "";
}

std::string Invariants::check_settled(const ZeekSide& zeek, const IndicatorStore& store,
                                      const MispModel::State& state, std::int64_t now) const {
  auto tags = shown_tags(state, now);
  std::map<EntryKey, std::set<std::string>> expected;
  for (const auto& [support, expires] : wanted_) {
    expected[support.first].insert(support.second.str());
  }
  std::uint64_t digest = 0;
  for (const auto& [entry, item] : zeek.package().items()) {
    digest ^= item_hash(item);
    if (!expected.contains(entry)) {
      return "left over in " + zeek.name() + ": " + show(entry);
    }
    if (store.item(entry) != item) {
      return zeek.name() + " and the store differ in " + show(entry);
    }
  }
  for (const auto& [entry, uuids] : expected) {
    const auto held = zeek.package().items().find(entry);
    if (held == zeek.package().items().end()) {
      return "missing in " + zeek.name() + ": " + show(entry);
    }
    if (uuids_of(held->second) != uuids) {
      return "supporters differ in " + zeek.name() + ": " + show(entry);
    }
    if (held->second.tags != tags[entry]) {
      return "tags differ in " + zeek.name() + ": " + show(entry);
    }
  }
  if (digest != store.digest() || zeek.package().items().size() != store.item_count()) {
    return "digest or number of items differ in " + zeek.name();
  }
  if (!zeek.session().in_step()) {
    return zeek.name() + " is not in sync: " + zeek.session().explain();
  }
  const bool same_epoch = zeek.package().epoch() == store.epoch();
  if (zeek.session().acknowledged() != store.revision() ||
      (same_epoch && zeek.package().revision() != store.revision())) {
    return "revisions differ in " + zeek.name();
  }
  return "";
}

}  // namespace misp_zeek::model
