// SPDX-License-Identifier: BSD-3-Clause
#include "storage/state_writer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "rows.h"

namespace misp_zeek::storage {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// What the disk does, shared with the writer's thread.
struct Disk {
  std::mutex mutex;
  std::condition_variable changed;
  bool standing = false;
  int failures_left = 0;
  int attempts = 0;
  std::vector<std::uint64_t> written;  ///< id of each batch's first attribute

  void set_standing(bool value) {
    const std::lock_guard lock(mutex);
    standing = value;
    changed.notify_all();
  }
  bool wait_for_attempts(int count) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, seconds(20), [&] { return attempts >= count; });
  }
  bool wait_for_written(std::size_t count) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, seconds(20), [&] { return written.size() >= count; });
  }
};

class DiskDatabase : public StateDatabase {
 public:
  explicit DiskDatabase(Disk& disk) : disk_(disk) {}
  Result<SavedSync> load(const OnStateRow&) override { return SavedSync{}; }
  Result<void> write(const StateBatch& batch) override {
    std::unique_lock lock(disk_.mutex);
    ++disk_.attempts;
    disk_.changed.notify_all();
    disk_.changed.wait(lock, [this] { return !disk_.standing; });
    if (disk_.failures_left > 0) {
      --disk_.failures_left;
      return fail(ErrorCode::kUnavailable, "disk full");
    }
    disk_.written.push_back(batch.changes.attributes.at(0).id);
    disk_.changed.notify_all();
    return {};
  }

 private:
  Disk& disk_;
};

StateBatch batch_of(std::uint32_t number) {
  StateBatch batch;
  batch.changes.attributes.push_back(attribute_row(number));
  return batch;
}

TEST(StateWriter, WritesBatchesInOrder) {
  Disk disk;
  StateWriter writer(std::make_unique<DiskDatabase>(disk), [](const std::string&) {});
  for (std::uint32_t i = 0; i < StateWriter::kMaxWaiting; ++i) {
    ASSERT_TRUE(writer.submit(batch_of(i)));
  }
  EXPECT_TRUE(writer.stop(seconds(20)));
  EXPECT_EQ(disk.written, (std::vector<std::uint64_t>{1, 2, 3, 4}));
  EXPECT_EQ(writer.counters().batches, 4U);
  EXPECT_EQ(writer.counters().rows, 4U);
}

TEST(StateWriter, RefusesBatchesWhileTheDiskStandsStill) {
  Disk disk;
  disk.set_standing(true);
  StateWriter writer(std::make_unique<DiskDatabase>(disk), [](const std::string&) {});
  for (std::uint32_t i = 0; i < StateWriter::kMaxWaiting; ++i) {
    ASSERT_TRUE(writer.has_room());
    ASSERT_TRUE(writer.submit(batch_of(i)));
  }
  EXPECT_FALSE(writer.has_room());
  EXPECT_FALSE(writer.submit(batch_of(9)));
  disk.set_standing(false);
  ASSERT_TRUE(disk.wait_for_written(4));
  EXPECT_TRUE(writer.stop(seconds(20)));
}

TEST(StateWriter, TriesAFailedBatchAgainAndSkipsNone) {
  Disk disk;
  disk.failures_left = 3;
  std::mutex mutex;
  std::vector<std::string> told;
  StateWriter writer(
      std::make_unique<DiskDatabase>(disk),
      [&](const std::string& error) {
        const std::lock_guard lock(mutex);
        told.push_back(error);
      },
      milliseconds(5));
  ASSERT_TRUE(writer.submit(batch_of(0)));
  ASSERT_TRUE(writer.submit(batch_of(1)));
  ASSERT_TRUE(disk.wait_for_written(2));
  EXPECT_TRUE(writer.stop(seconds(20)));
  EXPECT_EQ(disk.written, (std::vector<std::uint64_t>{1, 2}));
  EXPECT_EQ(writer.counters().failures, 3U);
  EXPECT_EQ(told, (std::vector<std::string>{"disk full", "disk full", "disk full", ""}));
}

TEST(StateWriter, EndsAlthoughTheDiskIsFull) {
  Disk disk;
  disk.failures_left = 1'000'000;
  StateWriter writer(std::make_unique<DiskDatabase>(disk), [](const std::string&) {});
  ASSERT_TRUE(writer.submit(batch_of(0)));
  ASSERT_TRUE(disk.wait_for_attempts(1));
  EXPECT_FALSE(writer.stop(seconds(20)));
}

}  // namespace
}  // namespace misp_zeek::storage
