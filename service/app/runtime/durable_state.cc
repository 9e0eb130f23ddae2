// SPDX-License-Identifier: BSD-3-Clause
#include "app/runtime/durable_state.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "app/config/keys.h"
#include "storage/quarantine.h"
#include "storage/state_database.h"

namespace misp_zeek::app {
namespace {

constexpr const char* kFile = "state.db";
constexpr std::size_t kRowsPerBatch = 2'000;
constexpr SteadyMs kInterval = 1'000;
constexpr auto kFinishTimeout = std::chrono::seconds(5);

/// Fails before anything was restored when a row cannot be read.
Result<void> verify(storage::StateDatabase& database) {
  auto read = database.load([](SavedEvent&&) {}, [](SavedAttribute&&) {});
  if (!read) {
    return tl::unexpected<Error>(std::move(read.error()));
  }
  return {};
}

}  // namespace

std::string state_fingerprint(const Config& config) {
  std::string text;
  for (const auto& key : config_keys()) {
    const auto section = section_of(key.name);
    if (key.name == "misp.url" || key.name == "misp.feed.visibility" || section == "filter" ||
        section == "mapping") {
      text += key.name + " = " + key.show(config) + "\n";
    }
  }
  for (const auto& [type, rule] : config.mapping.overrides) {
    text.append(kMappingTypes).append(".").append(type).append(" = ").append(rule).append("\n");
  }
  return text;
}

Result<std::unique_ptr<DurableState>> DurableState::open(const Config& config,
                                                         IndicatorStore& store, MispSync& sync) {
  auto folder = storage::StateFolder::open(config.state.path);
  if (!folder) {
    return tl::unexpected<Error>(std::move(folder.error()));
  }
  if (folder->was_open()) {
    log::warn("others could read the state folder; its mode is 0700 now",
              {{"path", config.state.path}});
  }
  std::unique_ptr<DurableState> state(new DurableState(std::move(*folder)));
  if (auto restored = state->restore(config, store, sync); !restored) {
    return tl::unexpected<Error>(std::move(restored.error()));
  }
  return state;
}

Result<void> DurableState::restore(const Config& config, IndicatorStore& store, MispSync& sync) {
  const std::string file = folder_.file(kFile);
  const std::string fingerprint = state_fingerprint(config);
  const auto begin = std::chrono::steady_clock::now();
  auto opened = storage::StateDatabase::open(file, fingerprint);
  if (opened && opened->quarantined.empty()) {
    if (const auto good = verify(*opened->database); !good) {
      opened->database.reset();
      const std::string name = storage::quarantine(file, "damaged");
      opened = storage::StateDatabase::open(file, fingerprint);
      if (opened) {
        opened->quarantined = good.error().message + "; it is now " + name;
      }
    }
  }
  if (!opened) {
    return tl::unexpected<Error>(std::move(opened.error()));
  }
  if (!opened->quarantined.empty()) {
    log::warn("starting without saved state", {{"reason", opened->quarantined}});
  }
  auto saved = opened->database->load([&](SavedEvent&& event) { store.restore(event); },
                                      [&](SavedAttribute&& row) { store.restore(row); });
  if (!saved) {
    return tl::unexpected<Error>(std::move(saved.error()));
  }
  if (store.attribute_count() > 0) {
    sync.restore(*saved);
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
    log::info("restored the last known indicators", {{"attributes", store.attribute_count()},
                                                     {"items", store.item_count()},
                                                     {"last_reconcile", saved->last_reconcile},
                                                     {"ms", took.count()}});
  }
  writer_ = std::make_unique<storage::StateWriter>(
      std::move(opened->database), [this](const std::string& error) { tell(error); });
  return {};
}

void DurableState::tell(const std::string& error) {
  if (error.empty()) {
    log::info("state is saved again");
  } else {
    failures_.error("saving the state failed; the service keeps running", {{"reason", error}});
  }
}

storage::StateBatch DurableState::next_batch(IndicatorStore& store, const MispSync& sync) {
  storage::StateBatch batch;
  batch.changes = store.take_unsaved(kRowsPerBatch);
  // The watermarks hold for all changes before them.
  if (store.unsaved() == 0 && sync.passes_ended() != passes_saved_) {
    passes_saved_ = sync.passes_ended();
    batch.sync = sync.saved();
    if (!next_fingerprint_.empty() && sync.status().last_full >= rules_changed_) {
      batch.fingerprint = std::exchange(next_fingerprint_, "");
    }
  }
  return batch;
}

void DurableState::change_rules(const Config& config, TimePoint now) {
  next_fingerprint_ = state_fingerprint(config);
  rules_changed_ = now.steady;
}

void DurableState::save(IndicatorStore& store, const MispSync& sync, TimePoint now) {
  const bool due = now.steady - last_batch_ >= kInterval;
  if ((!due && store.unsaved() < kRowsPerBatch) || !writer_->has_room()) {
    return;
  }
  auto batch = next_batch(store, sync);
  if (batch.changes.empty() && !batch.sync) {
    return;
  }
  last_batch_ = now.steady;
  writer_->submit(std::move(batch));
}

void DurableState::finish(IndicatorStore& store, const MispSync& sync) {
  const auto deadline = std::chrono::steady_clock::now() + kFinishTimeout;
  while (store.unsaved() > 0 || sync.passes_ended() != passes_saved_) {
    while (!writer_->has_room() && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    if (!writer_->has_room()) {
      break;
    }
    writer_->submit(next_batch(store, sync));
  }
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      deadline - std::chrono::steady_clock::now());
  if (!writer_->stop(std::max(left, std::chrono::milliseconds(100)))) {
    log::warn("saving the last changes failed; a reconcile finds them again");
  }
}

}  // namespace misp_zeek::app
