// SPDX-License-Identifier: BSD-3-Clause
#include "storage/state_loader.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "process/temporary_folder.h"
#include "rows.h"

namespace misp_zeek::storage {
namespace {

using process::TemporaryFolder;

/// Gives rows, then what `end` says.
class ScriptedDatabase : public StateDatabase {
 public:
  ScriptedDatabase(std::uint32_t rows, Result<SavedSync> end) : rows_(rows), end_(std::move(end)) {}
  Result<SavedSync> load(const OnStateRow& on_row) override {
    for (std::uint32_t i = 0; i < rows_; ++i) {
      if (!on_row(attribute_row(i))) {
        return fail(ErrorCode::kCancelled, "ended");
      }
    }
    return end_;
  }
  Result<void> write(const StateBatch&) override { return {}; }

 private:
  std::uint32_t rows_;
  Result<SavedSync> end_;
};

StateLoader make_loader(const TemporaryFolder& folder, std::uint32_t rows, Result<SavedSync> end) {
  return StateLoader(folder.file("state.db"), kFingerprint,
                     std::make_unique<ScriptedDatabase>(rows, std::move(end)), [] {});
}

/// Takes all rows.
std::optional<Result<StateLoader::End>> drain(StateLoader& loader, std::vector<StateRow>& rows) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (std::chrono::steady_clock::now() < deadline) {
    for (auto& row : loader.take()) {
      rows.push_back(std::move(row));
    }
    if (auto end = loader.end()) {
      return end;
    }
    std::this_thread::yield();
  }
  return std::nullopt;
}

TEST(StateLoader, GivesAllRowsInOrderAndThenTheDatabase) {
  const TemporaryFolder folder;
  auto loader = make_loader(folder, 25'500, SavedSync{1, 2, 3});
  std::vector<StateRow> rows;
  const auto end = drain(loader, rows);
  ASSERT_TRUE(end);
  ASSERT_TRUE(*end) << end->error().message;
  EXPECT_TRUE((*end)->database);
  EXPECT_EQ((*end)->sync, (SavedSync{1, 2, 3}));
  EXPECT_EQ((*end)->quarantined, "");
  ASSERT_EQ(rows.size(), 25'500U);
  EXPECT_EQ(std::get<SavedAttribute>(rows.back()), attribute_row(25'499));
  EXPECT_FALSE(loader.end()) << "once";
}

TEST(StateLoader, QuarantinesADamagedFileAndBeginsAnew) {
  const TemporaryFolder folder;
  { open_state(folder.file("state.db")); }
  auto loader = make_loader(folder, 10, fail(ErrorCode::kMalformed, "it is damaged"));
  std::vector<StateRow> rows;
  const auto end = drain(loader, rows);
  ASSERT_TRUE(end);
  ASSERT_TRUE(*end) << end->error().message;
  EXPECT_EQ(rows.size(), 10U);
  EXPECT_EQ(
      (*end)->quarantined.find("it is damaged; it is now " + folder.file("state.db.damaged-")), 0U)
      << (*end)->quarantined;
  EXPECT_TRUE(load_all(*(*end)->database).attributes.empty());
}

TEST(StateLoader, EndsWhileNobodyTakesItsRows) {
  const TemporaryFolder folder;
  std::optional<StateLoader> loader;
  loader.emplace(folder.file("state.db"), kFingerprint,
                 std::make_unique<ScriptedDatabase>(1'000'000, SavedSync{}), [] {});
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (loader->take().empty() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  loader.reset();
}

}  // namespace
}  // namespace misp_zeek::storage
