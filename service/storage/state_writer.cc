// SPDX-License-Identifier: BSD-3-Clause
#include "storage/state_writer.h"

#include <utility>

namespace misp_zeek::storage {
namespace {

std::uint64_t rows_of(const StateBatch& batch) {
  const auto& changes = batch.changes;
  return changes.attributes.size() + changes.gone_attributes.size() + changes.events.size() +
         changes.gone_events.size() + batch.events.events.size() + batch.events.gone.size();
}

}  // namespace

StateWriter::StateWriter(std::unique_ptr<StateDatabase> database,
                         std::function<void(const std::string&)> on_failure,
                         std::chrono::milliseconds retry)
    : database_(std::move(database)),
      on_failure_(std::move(on_failure)),
      retry_(retry),
      thread_([this] { run(); }) {}

StateWriter::~StateWriter() { stop(std::chrono::milliseconds(0)); }

bool StateWriter::has_room() const {
  const std::lock_guard lock(mutex_);
  return queue_.size() < kMaxWaiting && !finishing_;
}

bool StateWriter::submit(StateBatch batch) {
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() >= kMaxWaiting || finishing_) {
      return false;
    }
    queue_.push_back(std::move(batch));
  }
  changed_.notify_all();
  return true;
}

bool StateWriter::stop(std::chrono::milliseconds timeout) {
  if (!thread_.joinable()) {
    return queue_.empty();
  }
  {
    std::unique_lock lock(mutex_);
    finishing_ = true;
    changed_.notify_all();
    changed_.wait_for(lock, timeout, [this] { return ended_; });
    abandoned_ = true;
    changed_.notify_all();
  }
  thread_.join();
  return queue_.empty();
}

StateWriter::Counters StateWriter::counters() const {
  const std::lock_guard lock(mutex_);
  return counters_;
}

void StateWriter::run() {
  std::unique_lock lock(mutex_);
  bool failing = false;
  for (;;) {
    changed_.wait(lock, [this] { return !queue_.empty() || finishing_ || abandoned_; });
    if (queue_.empty() || abandoned_) {
      break;
    }
    // Only this thread takes batches out, so the first one stays where it is.
    const StateBatch& batch = queue_.front();
    lock.unlock();
    const auto written = database_->write(batch);
    if (!written || failing) {
      on_failure_(written ? "" : written.error().message);
    }
    lock.lock();
    failing = !written;
    if (written) {
      ++counters_.batches;
      counters_.rows += rows_of(batch);
      queue_.pop_front();
    } else {
      ++counters_.failures;
      changed_.wait_for(lock, retry_, [this] { return finishing_ || abandoned_; });
      if (finishing_) {
        break;  // one attempt was made; a full disk must not hold up the end
      }
    }
  }
  ended_ = true;
  changed_.notify_all();
}

}  // namespace misp_zeek::storage
