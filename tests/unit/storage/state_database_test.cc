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
  batch.sync = SavedSync{11, 12, 13, {{7, attribute_row(7).uuid, 14, true}}};
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
  EXPECT_EQ(content.sync.last_reconcile, 11);
  EXPECT_EQ(content.sync.last_full, 12);
  EXPECT_EQ(content.sync.index_time, 13);
  ASSERT_EQ(content.sync.index.size(), 1U);
  EXPECT_EQ(content.sync.index[0].uuid, attribute_row(7).uuid);
  EXPECT_EQ(content.sync.index[0].timestamp, 14);
  EXPECT_TRUE(content.sync.index[0].published);
}

TEST(StateDatabase, ReplacesAndForgetsRows) {
  const TemporaryFolder folder;
  const auto opened = open_state(folder.file("state.db"));
  ASSERT_TRUE(opened.database->write(batch_of(0, 10)));
  StateBatch second = batch_of(3, 4, 2);
  second.changes.gone_attributes = {attribute_row(5).uuid, attribute_row(99).uuid};
  second.changes.events = {event_row(1)};
  ASSERT_TRUE(opened.database->write(second));
  StateBatch third;
  third.changes.gone_events = {1};
  third.sync = SavedSync{1, 1, 1, {}};
  ASSERT_TRUE(opened.database->write(third));
  const Content content = load_all(*opened.database);
  EXPECT_EQ(content.attributes.size(), 9U);
  EXPECT_EQ(content.attributes.at(attribute_row(3).uuid), attribute_row(3, 2));
  EXPECT_FALSE(content.attributes.contains(attribute_row(5).uuid));
  EXPECT_TRUE(content.events.empty());
}

TEST(StateDatabase, QuarantinesADamagedFileAndStartsAnew) {
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

TEST(StateDatabase, QuarantinesAFileWithOverwrittenPagesOrSaysSoWhenRead) {
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
  const auto opened = open_state(file);
  EXPECT_NE(opened.quarantined.find("it is damaged: "), std::string::npos) << opened.quarantined;
  EXPECT_TRUE(load_all(*opened.database).attributes.empty());
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
  const auto loaded = opened.database->load([](SavedEvent&&) {}, [](SavedAttribute&&) {});
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

TEST(StateDatabase, QuarantinesAFileFromBeforeTheFirstRelease) {
  const TemporaryFolder folder;
  const std::string file = folder.file("state.db");
  { ASSERT_TRUE(open_state(file).database->write(batch_of(0, 3))); }
  set_schema(file, 1);
  const auto opened = open_state(file);
  EXPECT_NE(
      opened.quarantined.find("its schema is 1, from before the first release; this one is 2"),
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
