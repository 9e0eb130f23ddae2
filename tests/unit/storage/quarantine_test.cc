// SPDX-License-Identifier: BSD-3-Clause
#include "storage/quarantine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "process/temporary_folder.h"

namespace misp_zeek::storage {
namespace {

TEST(Quarantine, KeepsTheNewestFilesEvenOfOneSecond) {
  const process::TemporaryFolder folder;
  const std::string file = folder.file("state.db");
  for (int i = 10; i < 40; ++i) {
    std::ofstream(file) << i;
    quarantine(file, i % 2 == 0 ? "damaged" : "other");
  }
  std::vector<int> kept;
  for (const auto& entry : std::filesystem::directory_iterator(folder.file(""))) {
    std::ifstream(entry.path()) >> kept.emplace_back();
  }
  EXPECT_THAT(kept, testing::UnorderedElementsAre(37, 38, 39));
}

TEST(Quarantine, NamesTheFileAfterReasonAndTime) {
  const process::TemporaryFolder folder;
  const std::string file = folder.file("state.db");
  std::ofstream(file) << "x";
  const std::string name = quarantine(file, "newer");
  EXPECT_THAT(name, testing::MatchesRegex(".*/state.db.newer-[0-9]+T[0-9]+.[0-9]+Z"));
  EXPECT_TRUE(std::filesystem::exists(name));
  EXPECT_FALSE(std::filesystem::exists(file));
}

}  // namespace
}  // namespace misp_zeek::storage
