// SPDX-License-Identifier: BSD-3-Clause
#include "storage/sighting_spool.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include "process/temporary_folder.h"
#include "storage/quarantine.h"

namespace misp_zeek::storage {
namespace {

const Uuid kUuid = *Uuid::parse("5f8f4a3e-2c1c-4d0b-9a2e-0a7cc0a80102");

SightingRow row(std::uint64_t id, std::uint64_t matches = 1) {
  return {id,
          kUuid,
          "sensor-1",
          1'767'225'600,
          matches,
          1'767'225'601,
          IndicatorKey{IndicatorType::kDomain, "c2.example"}};
}

class SightingSpoolTest : public testing::Test {
 protected:
  std::string path() const { return folder_.file("sightings.db"); }
  std::unique_ptr<SightingSpool> open() const {
    auto spool = SightingSpool::open(path());
    EXPECT_TRUE(spool) << spool.error().message;
    return spool ? std::move(*spool) : nullptr;
  }

  process::TemporaryFolder folder_;
};

TEST_F(SightingSpoolTest, KeepsWhatWasWritten) {
  const SeenMark mark{"i-1", UINT64_MAX, 1'767'225'602};
  {
    const auto spool = open();
    ASSERT_TRUE(spool->write({{row(1), row(2), row(3, 5)}, {}, {mark, {"i-2", 1, 1}}, {}}));
    ASSERT_TRUE(spool->write({{row(1, 9)}, {2}, {}, {"i-2"}}));
  }
  const auto spool = open();
  EXPECT_EQ(spool->quarantined(), "");
  const auto state = spool->load();
  ASSERT_TRUE(state);
  EXPECT_EQ(state->rows, (std::vector<SightingRow>{row(1, 9), row(3, 5)}));
  EXPECT_EQ(state->marks, std::vector<SeenMark>{mark});
}

TEST_F(SightingSpoolTest, KeepsTotals) {
  SightingTotals totals;
  totals.matches = 5;
  totals.posted = 2;
  totals.changed = UINT64_MAX;
  ASSERT_TRUE(open()->write({{row(1)}, {}, {}, {}, totals}));
  EXPECT_EQ(open()->load()->totals, totals);
}

TEST_F(SightingSpoolTest, TakesUpAFileOfTheFirstSchema) {
  {
    SQLite::Database old(path(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    old.exec(R"(
      CREATE TABLE sighting(
        id INTEGER PRIMARY KEY, attribute TEXT NOT NULL, source TEXT NOT NULL,
        slot INTEGER NOT NULL, matches INTEGER NOT NULL, last_seen INTEGER NOT NULL);
      CREATE TABLE instance(name TEXT PRIMARY KEY, seq INTEGER NOT NULL, at INTEGER NOT NULL);
      INSERT INTO sighting VALUES(7,'5f8f4a3e-2c1c-4d0b-9a2e-0a7cc0a80102','sensor-1',1767225600,
        2,1767225601);
      INSERT INTO instance VALUES('i-1',3,1);
      PRAGMA user_version=1;)");
  }
  const auto spool = open();
  EXPECT_EQ(spool->quarantined(), "");
  const auto state = spool->load();
  ASSERT_TRUE(state);
  auto expected = row(7, 2);
  expected.matched.reset();
  EXPECT_EQ(state->rows, std::vector<SightingRow>{expected});
  EXPECT_EQ(state->marks.size(), 1U);
  EXPECT_EQ(state->totals, SightingTotals{});
  EXPECT_TRUE(spool->write({{row(8)}, {}, {}, {}}));
}

TEST_F(SightingSpoolTest, WithoutAPathKeepsAllInMemory) {
  const auto spool = SightingSpool::open("");
  ASSERT_TRUE(spool);
  ASSERT_TRUE((*spool)->write({{row(1)}, {}, {}, {}}));
  EXPECT_EQ((*spool)->load()->rows.size(), 1U);
}

TEST_F(SightingSpoolTest, RenamesADamagedFileAndStartsAnew) {
  std::ofstream(path()) << std::string(5'000, 'x');
  const auto spool = open();
  EXPECT_NE(spool->quarantined().find("is damaged, it is now " + path() + ".damaged-"),
            std::string::npos)
      << spool->quarantined();
  EXPECT_TRUE(spool->write({{row(1)}, {}, {}, {}}));
}

TEST_F(SightingSpoolTest, RenamesAFileOfANewerVersion) {
  open();
  {
    // user_version is at offset 60 of the header, big endian.
    std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(60);
    file.write("\0\0\0\x63", 4);
  }
  const auto spool = open();
  EXPECT_NE(spool->quarantined().find("newer version"), std::string::npos) << spool->quarantined();
  EXPECT_TRUE(spool->load()->rows.empty());
}

TEST_F(SightingSpoolTest, KeepsFewQuarantinedFiles) {
  for (int i = 0; i < 5; ++i) {
    std::ofstream(path()) << std::string(5'000, 'x');
    EXPECT_NE(open()->quarantined(), "");
  }
  const std::filesystem::directory_iterator files(folder_.path());
  EXPECT_EQ(std::count_if(begin(files), end(files),
                          [](const auto& file) {
                            return file.path().string().find(".damaged-") != std::string::npos;
                          }),
            static_cast<std::ptrdiff_t>(kKeptFiles));
}

TEST_F(SightingSpoolTest, SaysWhyItCannotBeOpened) {
  const auto spool = SightingSpool::open(folder_.file("missing/sightings.db"));
  ASSERT_FALSE(spool);
  EXPECT_EQ(spool.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(spool.error().message.find(folder_.file("missing/sightings.db")), std::string::npos);
}

TEST_F(SightingSpoolTest, AFullDiskChangesNothingAndIsAnErrorThatPasses) {
  const auto spool = open();
  ASSERT_TRUE(spool->write({{row(1)}, {}, {}, {}}));
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit none{4'096, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &none);
  SightingWrite large;
  for (std::uint64_t id = 2; id < 2'000; ++id) {
    large.put.push_back(row(id));
  }
  const auto written = spool->write(large);
  ::setrlimit(RLIMIT_FSIZE, &before);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(spool->load()->rows.size(), 1U);
  ASSERT_TRUE(spool->write(large));
  EXPECT_EQ(spool->load()->rows.size(), 1'999U);
}

/// A process is killed while it writes rows 1, 2, 3, ... each with the mark of its number.
TEST_F(SightingSpoolTest, SurvivesAKillAtAnyMomentWithWholeTransactions) {
  std::uint64_t next = 1;
  for (int round = 0; round < 20; ++round) {
    int pipe_ends[2];
    ASSERT_EQ(::pipe(pipe_ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      const auto spool = SightingSpool::open(path());
      for (std::uint64_t id = next; spool; ++id) {
        if (!(*spool)->write({{row(id)}, {}, {{"i-1", id, 1}}, {}}) ||
            ::write(pipe_ends[1], &id, sizeof id) != sizeof id) {
          break;
        }
      }
      ::_exit(1);
    }
    ::close(pipe_ends[1]);
    std::uint64_t told = 0;
    for (int i = 0; i <= round; ++i) {
      ASSERT_EQ(::read(pipe_ends[0], &told, sizeof told), static_cast<ssize_t>(sizeof told));
    }
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    std::uint64_t more = 0;
    while (::read(pipe_ends[0], &more, sizeof more) == static_cast<ssize_t>(sizeof more)) {
      told = more;
    }
    ::close(pipe_ends[0]);
    const auto spool = open();
    ASSERT_EQ(spool->quarantined(), "");
    const auto state = spool->load();
    ASSERT_TRUE(state);
    ASSERT_EQ(state->marks.size(), 1U);
    ASSERT_EQ(state->rows.size(), state->marks[0].seq) << "half a transaction";
    ASSERT_GE(state->rows.size(), told) << "what was written is lost";
    next = state->rows.size() + 1;
  }
}

}  // namespace
}  // namespace misp_zeek::storage
