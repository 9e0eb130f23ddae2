// SPDX-License-Identifier: BSD-3-Clause
#include "storage/state_loader.h"

#include <utility>

#include "storage/quarantine.h"

namespace misp_zeek::storage {

StateLoader::StateLoader(std::string file, std::string fingerprint,
                         std::unique_ptr<StateDatabase> database, std::function<void()> wake)
    : file_(std::move(file)),
      fingerprint_(std::move(fingerprint)),
      database_(std::move(database)),
      wake_(std::move(wake)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

StateLoader::~StateLoader() {
  thread_.request_stop();
  thread_.join();
}

std::vector<StateRow> StateLoader::take() {
  std::vector<StateRow> rows;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) {
      return rows;
    }
    rows = std::move(waiting_.front());
    waiting_.erase(waiting_.begin());
  }
  taken_.notify_all();
  return rows;
}

std::optional<Result<StateLoader::End>> StateLoader::end() {
  const std::lock_guard lock(mutex_);
  return waiting_.empty() ? std::exchange(end_, std::nullopt) : std::nullopt;
}

/// Hands over what was read, if it is enough or the last.
bool StateLoader::give(const std::stop_token& stop, bool last) {
  if (next_.size() < kRows && !(last && !next_.empty())) {
    return !stop.stop_requested();
  }
  {
    std::unique_lock lock(mutex_);
    if (!taken_.wait(lock, stop, [this] { return waiting_.size() < kMaxWaiting; })) {
      return false;
    }
    waiting_.push_back(std::exchange(next_, {}));
  }
  wake_();
  return true;
}

Result<StateLoader::End> StateLoader::load(const std::stop_token& stop) {
  auto saved = database_->load([&](StateRow&& row) {
    next_.push_back(std::move(row));
    return give(stop, false);
  });
  give(stop, true);
  if (saved) {
    return End{std::move(database_), std::move(*saved), ""};
  }
  if (saved.error().code == ErrorCode::kCancelled) {
    return tl::unexpected<Error>(std::move(saved.error()));
  }
  database_.reset();
  const std::string name = quarantine(file_, "damaged");
  auto opened = StateDatabase::open(file_, fingerprint_);
  if (!opened) {
    return tl::unexpected<Error>(std::move(opened.error()));
  }
  return End{std::move(opened->database), {}, saved.error().message + "; it is now " + name};
}

void StateLoader::run(const std::stop_token& stop) {
  auto end = load(stop);
  {
    const std::lock_guard lock(mutex_);
    end_ = std::move(end);
  }
  wake_();
}

}  // namespace misp_zeek::storage
