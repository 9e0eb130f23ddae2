// SPDX-License-Identifier: BSD-3-Clause
#include "storage/state_folder.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "process/temporary_folder.h"

namespace misp_zeek::storage {
namespace {

using process::TemporaryFolder;

unsigned mode_of(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 ? status.st_mode & 07777U : 0U;
}

std::string content_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST(StateFolder, IsMadeForItsOwnerOnly) {
  const TemporaryFolder parent;
  const auto folder = StateFolder::open(parent.file("a/b"));
  ASSERT_TRUE(folder) << folder.error().message;
  EXPECT_EQ(mode_of(parent.file("a/b")), 0700U);
  EXPECT_EQ(folder->file("x"), parent.file("a/b/x"));
}

TEST(StateFolder, IsCheckedWithoutAChange) {
  const TemporaryFolder parent;
  const std::string path = parent.file("a/b");
  EXPECT_TRUE(StateFolder::check(path));
  EXPECT_FALSE(std::filesystem::exists(parent.file("a")));
  {
    const auto folder = StateFolder::open(path);
    ASSERT_TRUE(folder);
    EXPECT_EQ(StateFolder::check(path).error().message,
              "state.path: cannot use " + path + ": another misp-zeek uses it");
  }
  EXPECT_TRUE(StateFolder::check(path));
  const std::string file = parent.file("file");
  std::ofstream(file) << "x";
  EXPECT_NE(StateFolder::check(file).error().message.find("is no folder"), std::string::npos);
  EXPECT_FALSE(StateFolder::check(file + "/state"));
}

TEST(StateFolder, ClosesAFolderThatOthersCouldRead) {
  const TemporaryFolder parent;
  const std::string path = parent.file("a");
  ASSERT_EQ(mkdir(path.c_str(), 0700), 0);
  EXPECT_FALSE(StateFolder::open(path)->was_open());
  for (const mode_t mode : {0755, 0750, 0701}) {
    ASSERT_EQ(chmod(path.c_str(), mode), 0);
    const auto folder = StateFolder::open(path);
    ASSERT_TRUE(folder) << folder.error().message;
    EXPECT_TRUE(folder->was_open());
    struct stat status {};
    ASSERT_EQ(stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0700U);
  }
}

// A folder whose mode nobody can change stands for one of another user.
TEST(StateFolder, IsNotUsedWhenItStaysOpenToOthers) {
  const auto folder = StateFolder::open("/proc/self");
  ASSERT_FALSE(folder);
  EXPECT_NE(folder.error().message.find("others may read it, and its mode cannot be set to 0700"),
            std::string::npos)
      << folder.error().message;
}

TEST(StateFolder, BelongsToOneProcessAtATime) {
  const TemporaryFolder parent;
  {
    const auto first = StateFolder::open(parent.file("a"));
    ASSERT_TRUE(first);
    const auto second = StateFolder::open(parent.file("a"));
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().message,
              "state.path: cannot use " + parent.file("a") + ": another misp-zeek uses it");
  }
  EXPECT_TRUE(StateFolder::open(parent.file("a")));
}

TEST(StateFolder, NamesPathAndCauseWhenItCannotBeUsed) {
  const TemporaryFolder parent;
  std::ofstream(parent.file("file")) << "x";
  for (const auto* name : {"file", "file/below", "file/far/below"}) {
    const auto folder = StateFolder::open(parent.file(name));
    ASSERT_FALSE(folder) << name;
    EXPECT_EQ(folder.error().code, ErrorCode::kUnavailable);
    EXPECT_EQ(folder.error().message,
              "state.path: cannot use " + parent.file(name) + ": Not a directory");
  }
}

TEST(StateFolder, WritesFilesForItsOwnerOnlyInPlaceOfOlderOnes) {
  const TemporaryFolder parent;
  const auto folder = StateFolder::open(parent.path());
  ASSERT_TRUE(folder);
  std::ofstream(parent.file("f")) << "old and longer";
  std::ofstream(parent.file("f.tmp")) << "left behind by a killed process";
  std::filesystem::permissions(parent.file("f"), std::filesystem::perms::all);
  ASSERT_TRUE(folder->write_private("f", "new"));
  EXPECT_EQ(content_of(parent.file("f")), "new");
  EXPECT_EQ(mode_of(parent.file("f")), 0600U);
  EXPECT_FALSE(std::filesystem::exists(parent.file("f.tmp")));
}

TEST(StateFolder, LeavesTheOlderFileWhenItCannotWrite) {
  const TemporaryFolder parent;
  const auto folder = StateFolder::open(parent.path());
  ASSERT_TRUE(folder);
  std::filesystem::create_directories(parent.file("f/full"));
  const auto written = folder->write_private("f", "new");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().message.rfind("state.path: cannot use " + parent.file("f"), 0), 0U);
  EXPECT_TRUE(std::filesystem::exists(parent.file("f/full")));
}

}  // namespace
}  // namespace misp_zeek::storage
