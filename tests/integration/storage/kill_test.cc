// SPDX-License-Identifier: BSD-3-Clause
// A process that writes state without a pause is killed again and again; a disk runs full.
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <thread>

#include "process/temporary_folder.h"
#include "rows.h"
#include "storage/state_database.h"

namespace misp_zeek::storage {
namespace {

using process::TemporaryFolder;

constexpr std::uint32_t kRows = 100;
constexpr int kKills = 40;

/// Every row at `version`, and a mark with the same number.
StateBatch version_of_all(std::int64_t version) {
  StateBatch batch;
  for (std::uint32_t i = 0; i < kRows; ++i) {
    batch.changes.attributes.push_back(attribute_row(i, version));
    if (i % 10 == 0) {
      batch.changes.events.push_back(event_row(i / 10, version));
    }
  }
  batch.sync = SavedSync{version, version, version};
  return batch;
}

/// Writes version after version and tells each that is written, until it is killed.
[[noreturn]] void write_for_ever(const std::string& file, int told, std::int64_t version) {
  const auto opened = open_state(file);
  for (;; ++version) {
    if (!opened.database->write(version_of_all(version)) ||
        write(told, &version, sizeof version) != sizeof version) {
      _exit(1);
    }
  }
}

/// Lets a writer run until it has told a few versions, and kills it in the middle of something.
/// Returns the last version that it told.
std::int64_t run_and_kill(const std::string& file, std::int64_t version, int round) {
  std::array<int, 2> ends{-1, -1};
  if (pipe(ends.data()) != 0) {
    throw std::runtime_error("no pipe");
  }
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    write_for_ever(file, ends[1], version);
  }
  close(ends[1]);
  std::int64_t told = version - 1;
  for (int i = 0; i < 1 + round % 5; ++i) {
    if (read(ends[0], &told, sizeof told) != sizeof told) {
      throw std::runtime_error("the writer ended by itself");
    }
  }
  std::this_thread::sleep_for(std::chrono::microseconds(round * 137 % 2'900));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  for (std::int64_t later = 0; read(ends[0], &later, sizeof later) == sizeof later;) {
    told = later;
  }
  close(ends[0]);
  return told;
}

TEST(StateDatabase, LosesNothingThatWasWrittenWhenItsProcessIsKilled) {
  const TemporaryFolder folder;
  const std::string file = folder.file("state.db");
  std::int64_t version = 1;
  for (int round = 0; round < kKills; ++round) {
    const std::int64_t told = run_and_kill(file, version, round);
    const auto opened = open_state(file);
    ASSERT_EQ(opened.quarantined, "") << "round " << round;
    const Content content = load_all(*opened.database);
    const std::int64_t found = content.sync.last_full;
    ASSERT_GE(found, told) << "round " << round;
    ASSERT_LE(found, told + 1) << "round " << round;
    ASSERT_EQ(content.attributes.size(), kRows);
    for (std::uint32_t i = 0; i < kRows; ++i) {
      const auto row = attribute_row(i, found);
      ASSERT_EQ(content.attributes.at(row.uuid), row) << "round " << round << ", row " << i;
    }
    for (const auto& [id, event] : content.events) {
      ASSERT_EQ(event, event_row(id, found)) << "round " << round;
    }
    version = found + 1;
  }
}

/// A file system of its own of 1 MiB.
class SmallDisk {
 public:
  explicit SmallDisk(std::string path) : path_(std::move(path)) {
    std::filesystem::create_directory(path_);
    mounted_ = mount("misp-zeek-test", path_.c_str(), "tmpfs", 0, "size=1m") == 0;
  }
  ~SmallDisk() {
    if (mounted_) {
      umount2(path_.c_str(), MNT_DETACH);
    }
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  bool mounted() const { return mounted_; }

 private:
  std::string path_;
  bool mounted_ = false;
};

void fill(const std::string& name) {
  FILE* file = fopen(name.c_str(), "w");
  const std::string block(4096, 'x');
  while (fwrite(block.data(), 1, block.size(), file) == block.size() && fflush(file) == 0) {
  }
  fclose(file);
}

TEST(StateDatabase, WritesNothingOfABatchOnAFullDiskAndGoesOnWhenThereIsRoom) {
  const TemporaryFolder folder;
  const SmallDisk disk(folder.file("disk"));
  if (!disk.mounted()) {
    GTEST_SKIP() << "this user cannot mount a small disk";
  }
  const auto opened = open_state(folder.file("disk/state.db"));
  ASSERT_TRUE(opened.database->write(version_of_all(1)));
  fill(folder.file("disk/ballast"));
  std::int64_t version = 2;
  auto written = opened.database->write(version_of_all(version));
  while (written && version < 100) {  // the log that SQLite writes first has some room left
    written = opened.database->write(version_of_all(++version));
  }
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(written.error().message.rfind("cannot save state: ", 0), 0U) << written.error().message;
  EXPECT_EQ(load_all(*opened.database).sync.last_full, version - 1);
  std::filesystem::remove(folder.file("disk/ballast"));
  ASSERT_TRUE(opened.database->write(version_of_all(version)));
  EXPECT_EQ(load_all(*opened.database).sync.last_full, version);
}

}  // namespace
}  // namespace misp_zeek::storage
