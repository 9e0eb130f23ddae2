// SPDX-License-Identifier: BSD-3-Clause
#include "storage/sighting_spool.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <SQLiteCpp/VariadicBind.h>

#include <array>
#include <exception>
#include <optional>
#include <utility>

#include "storage/no_storage.h"
#include "storage/quarantine.h"

namespace misp_zeek::storage {
namespace {

/// PRAGMA user_version of the tables below.
constexpr int kSchema = 2;
constexpr int kBusyTimeoutMs = 5'000;

constexpr const char* kTables = R"(
  CREATE TABLE sighting(
    id INTEGER PRIMARY KEY, attribute TEXT NOT NULL, source TEXT NOT NULL, slot INTEGER NOT NULL,
    matches INTEGER NOT NULL, last_seen INTEGER NOT NULL);
  CREATE TABLE instance(name TEXT PRIMARY KEY, seq INTEGER NOT NULL, at INTEGER NOT NULL);
)";

/// From schema 1, which is what kTables makes.
constexpr const char* kSecondSchema = R"(
  ALTER TABLE sighting ADD COLUMN indicator TEXT NOT NULL DEFAULT '';
  ALTER TABLE sighting ADD COLUMN indicator_type TEXT NOT NULL DEFAULT '';
  CREATE TABLE total(name TEXT PRIMARY KEY, matches INTEGER NOT NULL);
)";

struct TotalColumn {
  const char* name;
  std::uint64_t SightingTotals::*field;
};
constexpr std::array kTotals = {
    TotalColumn{"matches", &SightingTotals::matches},
    TotalColumn{"withheld", &SightingTotals::withheld},
    TotalColumn{"vetoed", &SightingTotals::vetoed},
    TotalColumn{"dropped_by_zeek", &SightingTotals::dropped_by_zeek},
    TotalColumn{"posted_matches", &SightingTotals::posted_matches},
    TotalColumn{"implausible", &SightingTotals::implausible},
    TotalColumn{"gone", &SightingTotals::gone},
    TotalColumn{"changed", &SightingTotals::changed},
    TotalColumn{"refused", &SightingTotals::refused},
    TotalColumn{"dropped", &SightingTotals::dropped},
    TotalColumn{"posted", &SightingTotals::posted},
};

// SQLite's integers are signed; the bits are what matters.
std::int64_t to_column(std::uint64_t value) { return static_cast<std::int64_t>(value); }
std::uint64_t from_column(const SQLite::Column& column) {
  return static_cast<std::uint64_t>(column.getInt64());
}

std::optional<IndicatorKey> indicator_of(const SQLite::Column& indicator,
                                         const SQLite::Column& type) {
  const auto known = indicator_type_from(type.getString());
  return known ? std::optional(IndicatorKey{*known, indicator.getString()}) : std::nullopt;
}

tl::unexpected<Error> unavailable(const std::string& what, const std::exception& cause) {
  return fail(ErrorCode::kUnavailable, what + ": " + cause.what());
}

/// A file that is there and cannot be used.
struct Unusable : std::exception {
  explicit Unusable(const char* w) : why(w) {}
  const char* why;
};

}  // namespace

struct SightingSpool::Database {
  explicit Database(const std::string& path)
      : handle(path.empty() ? ":memory:" : path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE,
               kBusyTimeoutMs) {
    prepare();
    put.emplace(handle, "INSERT OR REPLACE INTO sighting VALUES(?,?,?,?,?,?,?,?)");
    erase.emplace(handle, "DELETE FROM sighting WHERE id=?");
    mark.emplace(handle, "INSERT OR REPLACE INTO instance VALUES(?,?,?)");
    forget.emplace(handle, "DELETE FROM instance WHERE name=?");
    total.emplace(handle, "INSERT OR REPLACE INTO total VALUES(?,?)");
  }

  void prepare() {
    try {
      handle.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL");
      const std::string verdict = handle.execAndGet("PRAGMA quick_check(1)").getString();
      const int schema = handle.execAndGet("PRAGMA user_version").getInt();
      if (verdict != "ok") {
        throw Unusable("damaged");
      }
      if (schema > kSchema) {
        throw Unusable("newer");
      }
      if (schema < kSchema) {
        SQLite::Transaction transaction(handle);
        if (schema == 0) {
          handle.exec(kTables);
        }
        handle.exec(kSecondSchema);
        handle.exec("PRAGMA user_version=" + std::to_string(kSchema));
        transaction.commit();
      }
    } catch (const SQLite::Exception& e) {
      if (is_damage(e)) {
        throw Unusable("damaged");
      }
      throw;
    }
  }

  SQLite::Database handle;
  std::optional<SQLite::Statement> put;
  std::optional<SQLite::Statement> erase;
  std::optional<SQLite::Statement> mark;
  std::optional<SQLite::Statement> forget;
  std::optional<SQLite::Statement> total;
};

SightingSpool::SightingSpool(std::unique_ptr<Database> database) : database_(std::move(database)) {}

SightingSpool::~SightingSpool() = default;

Result<std::unique_ptr<SightingSpool>> SightingSpool::open(const std::string& path) {
  std::string quarantined;
  for (int attempt = 0;; ++attempt) {
    try {
      auto spool =
          std::unique_ptr<SightingSpool>(new SightingSpool(std::make_unique<Database>(path)));
      spool->quarantined_ = std::move(quarantined);
      return spool;
    } catch (const Unusable& e) {
      if (attempt > 0) {
        return fail(ErrorCode::kUnavailable, path + " cannot be used, and not be renamed either");
      }
      const std::string why = e.why;
      quarantined = path + (why == "newer" ? " is of a newer version" : " is damaged") +
                    ", it is now " + storage::quarantine(path, why);
    } catch (const SQLite::Exception& e) {
      return fail(storage_error(e, path), "cannot open " + path + ": " + e.what());
    } catch (const std::exception& e) {
      return unavailable("cannot open " + path, e);
    }
  }
}

Result<SightingState> SightingSpool::load() {
  try {
    SightingState state;
    SQLite::Statement rows(
        database_->handle,
        "SELECT id,attribute,source,slot,matches,last_seen,indicator,indicator_type FROM sighting "
        "ORDER BY id");
    while (rows.executeStep()) {
      // A row that this program cannot have written is left alone.
      if (const auto uuid = Uuid::parse(rows.getColumn(1).getString())) {
        state.rows.push_back({from_column(rows.getColumn(0)), *uuid, rows.getColumn(2).getString(),
                              rows.getColumn(3).getInt64(), from_column(rows.getColumn(4)),
                              rows.getColumn(5).getInt64(),
                              indicator_of(rows.getColumn(6), rows.getColumn(7))});
      }
    }
    SQLite::Statement marks(database_->handle, "SELECT name,seq,at FROM instance");
    while (marks.executeStep()) {
      state.marks.push_back({marks.getColumn(0).getString(), from_column(marks.getColumn(1)),
                             marks.getColumn(2).getInt64()});
    }
    SQLite::Statement totals(database_->handle, "SELECT name,matches FROM total");
    while (totals.executeStep()) {
      const std::string name = totals.getColumn(0).getString();
      for (const auto& column : kTotals) {
        if (name == column.name) {
          state.totals.*column.field = from_column(totals.getColumn(1));
        }
      }
    }
    return state;
  } catch (const std::exception& e) {
    return unavailable("cannot read " + database_->handle.getFilename(), e);
  }
}

Result<void> SightingSpool::write(const SightingWrite& changes) {
  const auto run = [](SQLite::Statement& statement, auto... values) {
    statement.reset();
    SQLite::bind(statement, values...);
    statement.exec();
  };
  try {
    SQLite::Transaction transaction(database_->handle);
    for (const auto id : changes.erase) {
      run(*database_->erase, to_column(id));
    }
    for (const auto& row : changes.put) {
      run(*database_->put, to_column(row.id), row.attribute.str(), row.source, row.slot,
          to_column(row.matches), row.last_seen, row.matched ? row.matched->indicator : "",
          row.matched ? std::string(to_string(row.matched->type)) : "");
    }
    for (const auto& name : changes.forget) {
      run(*database_->forget, name);
    }
    for (const auto& mark : changes.marks) {
      run(*database_->mark, mark.instance, to_column(mark.seq), mark.at);
    }
    for (const auto& column : kTotals) {
      run(*database_->total, column.name, to_column(changes.totals.*column.field));
    }
    transaction.commit();
    return {};
  } catch (const std::exception& e) {
    return unavailable("cannot write " + database_->handle.getFilename(), e);
  }
}

}  // namespace misp_zeek::storage
