// SPDX-License-Identifier: BSD-3-Clause
#include "app/runtime/durable_state.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <sstream>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "app/config/keys.h"
#include "app/config/values.h"
#include "app/process/clocks.h"
#include "storage/state_database.h"

namespace misp_zeek::app {
namespace {

constexpr const char* kFile = "state.db";
constexpr std::size_t kRowsPerBatch = 5'000;
constexpr SteadyMs kInterval = 1'000;
constexpr auto kFinishTimeout = std::chrono::seconds(5);

/// Rows of which state a line says, by name.
std::map<std::string, std::string> lines_of(const std::string& fingerprint) {
  std::map<std::string, std::string> lines;
  std::istringstream text(fingerprint);
  std::string line;
  while (std::getline(text, line)) {
    const auto equals = line.find(" = ");
    lines[line.substr(0, equals)] = equals == std::string::npos ? "" : line.substr(equals + 3);
  }
  return lines;
}

struct Restore {
  IndicatorStore& store;
  MispSync& sync;
  void operator()(const SavedEvent& row) const { store.restore(row); }
  void operator()(const SavedAttribute& row) const { store.restore(row); }
  void operator()(const SavedEventState& row) const { sync.restore(row); }
};

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
  text.append("mapping rules = ").append(std::to_string(kMappingVersion)).append("\n");
  return text;
}

std::string fingerprint_change(const std::string& before, const std::string& now) {
  const auto old = lines_of(before);
  const auto wanted = lines_of(now);
  std::vector<std::string> keys;
  for (const auto& lines : {old, wanted}) {
    for (const auto& [key, value] : lines) {
      const auto in_old = old.find(key);
      const auto in_wanted = wanted.find(key);
      const bool same =
          in_old != old.end() && in_wanted != wanted.end() && in_old->second == in_wanted->second;
      if (!same && std::find(keys.begin(), keys.end(), key) == keys.end()) {
        keys.push_back(key);
      }
    }
  }
  if (std::find(keys.begin(), keys.end(), "misp.url") != keys.end()) {
    return "another MISP: misp.url changed";
  }
  const bool filter = std::all_of(keys.begin(), keys.end(),
                                  [](const auto& key) { return key.starts_with("filter."); });
  if (!filter) {
    return "the configuration changed: " + join(keys, ", ");
  }
  std::transform(keys.begin(), keys.end(), keys.begin(),
                 [](const auto& key) { return std::string(last_part(key)); });
  return "the filter changed: " + join(keys, ", ");
}

Result<std::unique_ptr<DurableState>> DurableState::open(const Config& config,
                                                         std::function<void()> wake) {
  auto folder = storage::StateFolder::open(config.state.path);
  if (!folder) {
    return tl::unexpected<Error>(std::move(folder.error()));
  }
  if (folder->was_open()) {
    log::warn("others could read the state folder; its mode is 0700 now",
              {{"path", config.state.path}});
  }
  std::unique_ptr<DurableState> state(new DurableState(std::move(*folder)));
  if (auto loading = state->start_loading(config, std::move(wake)); !loading) {
    return tl::unexpected<Error>(std::move(loading.error()));
  }
  return state;
}

Result<void> DurableState::start_loading(const Config& config, std::function<void()> wake) {
  const std::string file = folder_.file(kFile);
  const std::string fingerprint = state_fingerprint(config);
  began_ = read_clocks().steady;
  const bool is_new = !std::filesystem::exists(file);
  auto opened = storage::StateDatabase::open(file, fingerprint);
  if (!opened) {
    return tl::unexpected<Error>(std::move(opened.error()));
  }
  if (!opened->quarantined.empty()) {
    log::warn("starting without saved state", {{"reason", opened->quarantined}});
  }
  if (!opened->old_fingerprint.empty()) {
    start_cause_ = fingerprint_change(opened->old_fingerprint, fingerprint);
  } else if (is_new || !opened->quarantined.empty()) {
    start_cause_ = "no saved state";
  }
  loader_ = std::make_unique<storage::StateLoader>(file, fingerprint, std::move(opened->database),
                                                   std::move(wake));
  return {};
}

Result<void> DurableState::load_some(IndicatorStore& store, MispSync& sync) {
  for (auto& row : loader_->take()) {
    std::visit(Restore{store, sync}, row);
  }
  auto end = loader_->end();
  if (!end) {
    return {};
  }
  loader_.reset();
  if (!*end) {
    const std::lock_guard lock(problem_mutex_);
    problem_ = end->error().message;
    return tl::unexpected<Error>(std::move(end->error()));
  }
  end_loading(std::move(**end), store, sync);
  return {};
}

void DurableState::end_loading(storage::StateLoader::End end, IndicatorStore& store,
                               MispSync& sync) {
  if (!end.quarantined.empty()) {
    log::warn("only a part of the saved state was read", {{"reason", end.quarantined}});
    store.note_all_unsaved();
    start_cause_ = "the saved state was damaged";
  } else if (store.attribute_count() > 0) {
    sync.restore(end.sync);
    log::info("restored the last known indicators", {{"attributes", store.attribute_count()},
                                                     {"items", store.item_count()},
                                                     {"last_reconcile", end.sync.last_reconcile},
                                                     {"ms", read_clocks().steady - began_}});
  }
  writer_ = std::make_unique<storage::StateWriter>(
      std::move(end.database), [this](const std::string& error) { tell(error); });
}

std::string DurableState::problem() {
  const std::lock_guard lock(problem_mutex_);
  return problem_;
}

void DurableState::tell(const std::string& error) {
  {
    const std::lock_guard lock(problem_mutex_);
    problem_ = error;
  }
  if (error.empty()) {
    log::info("state is saved again");
  } else {
    failures_.error("saving the state failed; the service keeps running", {{"reason", error}});
  }
}

storage::StateBatch DurableState::next_batch(IndicatorStore& store, MispSync& sync) {
  storage::StateBatch batch;
  batch.changes = store.take_unsaved(kRowsPerBatch);
  // What the event table and the watermarks say holds for all changes before them.
  if (events_.empty()) {
    events_ = sync.take_unsaved(kRowsPerBatch);
    events_after_ = store.noted();
  }
  if (store.given_out() >= events_after_) {
    batch.events = std::exchange(events_, {});
  }
  if (store.unsaved() == 0 && sync.unsaved() == 0 && events_.empty() &&
      sync.reconciles_ended() != reconciles_saved_) {
    reconciles_saved_ = sync.reconciles_ended();
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

void DurableState::save(IndicatorStore& store, MispSync& sync, TimePoint now) {
  const bool due = now.steady - last_batch_ >= kInterval;
  if ((!due && store.unsaved() < kRowsPerBatch) || !writer_ || !writer_->has_room()) {
    return;
  }
  auto batch = next_batch(store, sync);
  if (batch.changes.empty() && batch.events.empty() && !batch.sync) {
    return;
  }
  last_batch_ = now.steady;
  writer_->submit(std::move(batch));
}

void DurableState::finish(IndicatorStore& store, MispSync& sync) {
  if (!writer_) {
    return;  // nothing changed while it was loaded
  }
  const auto deadline = std::chrono::steady_clock::now() + kFinishTimeout;
  while (store.unsaved() > 0 || sync.unsaved() > 0 || !events_.empty() ||
         sync.reconciles_ended() != reconciles_saved_) {
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
