// SPDX-License-Identifier: BSD-3-Clause
#include "model/disk.h"

namespace misp_zeek::model {
namespace {

constexpr SteadyMs kInterval = 1'000;
constexpr std::size_t kRows = 5;

}  // namespace

void Disk::save(IndicatorStore& store, MispSync& sync, SteadyMs now) {
  if (now < last_ + kInterval || now < stalled_until_) {
    return;
  }
  last_ = now;
  finish(store, sync);
}

void Disk::finish(IndicatorStore& store, MispSync& sync) {
  while (store.unsaved() > 0) {
    const auto unsaved = store.take_unsaved(kRows);
    for (const auto& event : unsaved.events) {
      events_[event.id] = event;
    }
    for (const auto& attribute : unsaved.attributes) {
      attributes_[attribute.uuid] = attribute;
    }
    for (const auto& uuid : unsaved.gone_attributes) {
      attributes_.erase(uuid);
    }
    for (const auto id : unsaved.gone_events) {
      events_.erase(id);
    }
  }
  while (sync.unsaved() > 0) {
    const auto unsaved = sync.take_unsaved(kRows);
    for (const auto& event : unsaved.events) {
      table_[event.row.id] = event;
    }
    for (const auto id : unsaved.gone) {
      table_.erase(id);
    }
  }
  if (reconciles_ != sync.reconciles_ended()) {
    reconciles_ = sync.reconciles_ended();
    sync_ = sync.saved();
  }
}

void Disk::restore(IndicatorStore& store, MispSync& sync) {
  reconciles_ = 0;
  if (attributes_.empty()) {
    table_.clear();
    sync_ = {};
    return;
  }
  for (const auto& [id, event] : events_) {
    store.restore(event);
  }
  for (const auto& [uuid, attribute] : attributes_) {
    store.restore(attribute);
  }
  for (const auto& [id, event] : table_) {
    sync.restore(event);
  }
  sync.restore(sync_);
}

}  // namespace misp_zeek::model
