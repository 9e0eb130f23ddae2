// SPDX-License-Identifier: BSD-3-Clause
#include "storage/state_database.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "process/temporary_folder.h"
#include "rows.h"
#include "storage/quarantine.h"

namespace misp_zeek::storage {
namespace {

using process::TemporaryFolder;

std::vector<std::string> files_in(const TemporaryFolder& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

StateBatch batch_of(std::uint32_t first, std::uint32_t last, std::int64_t version = 1) {
  StateBatch batch;
  for (std::uint32_t i = first; i < last; ++i) {
    batch.changes.attributes.push_back(attribute_row(i, version));
  }
  return batch;
}

TEST(StateDatabase, IsEmptyWhenItIsNew) {
  const TemporaryFolder folder;
  const auto opened = open_state(folder.file("state.db"));
  EXPECT_EQ(opened.quarantined, "");
  const Content content = load_all(*opened.database);
  EXPECT_TRUE(content.attributes.empty());
  EXPECT_TRUE(content.events.empty());
  EXPECT_EQ(content.sync.last_full, 0);
}

TEST(StateDatabase, GivesBackWhatWasWritten) {
  const TemporaryFolder folder;
  StateBatch batch = batch_of(0, 50);
  for (std::uint64_t id = 0; id < 5; ++id) {
    batch.changes.events.push_back(event_row(id));
  }
  for (std::uint64_t id = 0; id < 9; ++id) {
    batch.events.events.push_back(state_row(id));
  }
  batch.sync = SavedSync{11, 12, 13};
  {
    const auto opened = open_state(folder.file("state.db"));
    ASSERT_TRUE(opened.database->write(batch));
  }
  const auto opened = open_state(folder.file("state.db"));
  EXPECT_EQ(opened.quarantined, "");
  const Content content = load_all(*opened.database);
  ASSERT_EQ(content.attributes.size(), 50U);
  for (const auto& row : batch.changes.attributes) {
    EXPECT_EQ(content.attributes.at(row.uuid), row);
  }
  for (const auto& event : batch.changes.events) {
    EXPECT_EQ(content.events.at(event.id), event);
  }
  ASSERT_EQ(content.states.size(), 9U);
  for (const auto& state : batch.events.events) {
    EXPECT_EQ(content.states.at(state.row.id), state);
  }
  EXPECT_EQ(content.sync, *batch.sync);
}

TEST(StateDatabase, ReplacesAndForgetsRows) {
  const TemporaryFolder folder;
  const auto opened = open_state(folder.file("state.db"));
  ASSERT_TRUE(opened.database->write(batch_of(0, 10)));
  StateBatch second = batch_of(3, 4, 2);
  second.changes.gone_attributes = {attribute_row(5).uuid, attribute_row(99).uuid};
  second.changes.events = {event_row(1)};
  second.events.events = {state_row(1), state_row(2)};
  ASSERT_TRUE(opened.database->write(second));
  StateBatch third;
  third.changes.gone_events = {1};
  third.events.events = {state_row(2, 5)};
  third.events.gone = {1, 77};
  ASSERT_TRUE(opened.database->write(third));
  const Content content = load_all(*opened.database);
  EXPECT_EQ(content.attributes.size(), 9U);
  EXPECT_EQ(content.attributes.at(attribute_row(3).uuid), attribute_row(3, 2));
  EXPECT_FALSE(content.attributes.contains(attribute_row(5).uuid));
  EXPECT_TRUE(content.events.empty());
  ASSERT_EQ(content.states.size(), 1U);
  EXPECT_EQ(content.states.at(2), state_row(2, 5));
}

TEST(StateDatabase, EndsReadingWhenTheReceiverSaysSo) {
  const TemporaryFolder folder;
  const auto opened = open_state(folder.file("state.db"));
  ASSERT_TRUE(opened.database->write(batch_of(0, 10)));
  int rows = 0;
  const auto loaded = opened.database->load([&](StateRow&&) { return ++rows < 3; });
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(rows, 3);
}

TEST(StateDatabase, QuarantinesADamagedFileAndBeginsAnew) {
  const TemporaryFolder folder;
  const std::string file = folder.file("state.db");
  const std::vector<std::string> contents = {"this is no database at all, but long enough",
                                             std::string(8192, '\0'),
                                             "SQLite format 3" + std::string(5000, 'x')};
  for (const auto& content : contents) {
    std::ofstream(file, std::ios::binary) << content;
    const auto opened = open_state(file);
    EXPECT_EQ(opened.quarantined.rfind("the saved state is not used: it is damaged: ", 0), 0U)
        << opened.quarantined;
    EXPECT_NE(opened.quarantined.find("; it is now " + file + ".damaged-2"), std::string::npos);
    EXPECT_TRUE(load_all(*opened.database).attributes.empty());
    ASSERT_TRUE(opened.database->write(batch_of(0, 3)));
  }
}

TEST(StateDatabase, SaysThatPagesOfTheFileWereOverwritten) {
  const TemporaryFolder folder;
  const std::string file = folder.file("state.db");
  { ASSERT_TRUE(open_state(file).database->write(batch_of(0, 2000))); }
  {
    std::fstream damage(file, std::ios::binary | std::ios::in | std::ios::out);
    const auto size = static_cast<std::streamoff>(std::filesystem::file_size(file));
    for (std::streamoff at = 20'000; at + 2'000 < size; at += 20'000) {
      damage.seekp(at);
      damage << std::string(2'000, '\xa5');
    }
  }
  const auto loaded = open_state(file).database->load([](StateRow&&) { return true; });
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, ErrorCode::kMalformed);
}

TEST(StateDatabase, NoticesAValueThatWasAlteredInTheFile) {
  const TemporaryFolder folder;
  const std::string file = folder.file("state.db");
  {
    const auto opened = open_state(file);
    StateBatch batch = batch_of(1, 2);
    batch.changes.attributes[0].supports[1].key.indicator = "genuine.example";
    ASSERT_TRUE(opened.database->write(batch));
  }
  std::string bytes;
  {
    std::ostringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    bytes = text.str();
  }
  const auto at = bytes.find("genuine.example");
  ASSERT_NE(at, std::string::npos);
  bytes.replace(at, 7, "altered");
  std::ofstream(file, std::ios::binary) << bytes;
  const auto opened = open_state(file);
  EXPECT_EQ(opened.quarantined, "");
  const auto loaded = opened.database->load([](StateRow&&) { return true; });
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, ErrorCode::kMalformed);
  EXPECT_EQ(loaded.error().message, "the saved state is damaged: an attribute was altered");
}

void set_schema(const std::string& file, char schema) {
  // At offset 60 of the file, big endian.
  std::fstream stream(file, std::ios::binary | std::ios::in | std::ios::out);
  stream.seekp(60);
  const std::array<char, 4> number{0, 0, 0, schema};
  stream.write(number.data(), number.size());
}

TEST(StateDatabase, QuarantinesAFileOfAnOlderSchema) {
  const TemporaryFolder folder;
  const std::string file = folder.file("state.db");
  { ASSERT_TRUE(open_state(file).database->write(batch_of(0, 3))); }
  set_schema(file, 2);
  const auto opened = open_state(file);
  EXPECT_NE(opened.quarantined.find("older version of misp-zeek (schema 2, this one is 3)"),
            std::string::npos)
      << opened.quarantined;
  EXPECT_TRUE(load_all(*opened.database).attributes.empty());
}

TEST(StateDatabase, QuarantinesAFileOfANewerVersionUntouched) {
  const TemporaryFolder folder;
  const std::string file = folder.file("state.db");
  { ASSERT_TRUE(open_state(file).database->write(batch_of(0, 3))); }
  set_schema(file, 127);
  const auto before = std::filesystem::file_size(file);
  const auto opened = open_state(file);
  EXPECT_NE(opened.quarantined.find("written by a newer version of misp-zeek (schema 127"),
            std::string::npos)
      << opened.quarantined;
  const auto names = files_in(folder);
  const auto quarantined = std::find_if(names.begin(), names.end(), [](const auto& name) {
    return name.starts_with("state.db.newer-");
  });
  ASSERT_NE(quarantined, names.end());
  EXPECT_EQ(std::filesystem::file_size(folder.file(*quarantined)), before);
}

TEST(StateDatabase, DoesNotUseTheStateOfAnotherMispOrFilter) {
  const TemporaryFolder folder;
  const std::string file = folder.file("state.db");
  { ASSERT_TRUE(open_state(file).database->write(batch_of(0, 3))); }
  const auto other = open_state(file, "https://other.example.org");
  EXPECT_NE(other.quarantined.find("it is of another MISP, filter or mapping"), std::string::npos);
  EXPECT_EQ(other.old_fingerprint, kFingerprint);
  EXPECT_TRUE(load_all(*other.database).attributes.empty());
}

TEST(StateDatabase, IsOfAnotherFilterFromTheBatchOnThatSaysSo) {
  const TemporaryFolder folder;
  const std::string file = folder.file("state.db");
  {
    auto first = open_state(file);
    StateBatch batch = batch_of(0, 3);
    batch.fingerprint = "https://other.example.org";
    ASSERT_TRUE(first.database->write(batch));
  }
  const auto again = open_state(file, "https://other.example.org");
  EXPECT_EQ(again.quarantined, "");
  EXPECT_EQ(load_all(*again.database).attributes.size(), 3U);
}

TEST(StateDatabase, KeepsFewQuarantinedFiles) {
  const TemporaryFolder folder;
  for (int i = 0; i < 8; ++i) {
    open_state(folder.file("state.db"), "fingerprint " + std::to_string(i));
  }
  const auto names = files_in(folder);
  const auto quarantined = std::count_if(names.begin(), names.end(), [](const auto& name) {
    return name.starts_with("state.db.other-");
  });
  EXPECT_EQ(quarantined, static_cast<std::ptrdiff_t>(kKeptFiles));
}

TEST(StateDatabase, SaysWhyAFileCannotBeMade) {
  const TemporaryFolder folder;
  const std::string file = folder.file("absent/state.db");
  const auto opened = StateDatabase::open(file, kFingerprint);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().message.rfind("state.path: cannot use " + file + ": ", 0), 0U)
      << opened.error().message;
}

}  // namespace
}  // namespace misp_zeek::storage
