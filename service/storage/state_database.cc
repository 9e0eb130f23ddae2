// SPDX-License-Identifier: BSD-3-Clause
#include "storage/state_database.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <utility>
#include <vector>

#include "storage/no_storage.h"
#include "storage/quarantine.h"
#include "storage/state_rows.h"

namespace misp_zeek::storage {
namespace {

/// Of the tables below: another layout is another number.
constexpr int kSchema = 3;
constexpr int kBusyMs = 1'000;

constexpr const char* kTables = R"(
CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE event (id INTEGER PRIMARY KEY, uuid BLOB, info TEXT NOT NULL,
                    publish_timestamp INTEGER NOT NULL, checksum INTEGER NOT NULL);
CREATE TABLE attribute (uuid BLOB PRIMARY KEY, event_id INTEGER NOT NULL, id INTEGER NOT NULL,
                        timestamp INTEGER NOT NULL, type TEXT NOT NULL, reject TEXT,
                        supports TEXT NOT NULL, checksum INTEGER NOT NULL,
                        tags INTEGER NOT NULL);
CREATE TABLE event_state (id INTEGER PRIMARY KEY, uuid BLOB NOT NULL, timestamp INTEGER NOT NULL,
                          published INTEGER NOT NULL, fresh INTEGER NOT NULL,
                          read_until INTEGER NOT NULL, rows INTEGER NOT NULL,
                          checksum INTEGER NOT NULL);
)";

/// Why a file is of no use; the reason is part of its new name.
struct Unusable {
  std::string reason;
  std::string text;
  std::string old_fingerprint;
};

std::int64_t signed_of(std::uint64_t value) { return static_cast<std::int64_t>(value); }
std::uint64_t unsigned_of(std::int64_t value) { return static_cast<std::uint64_t>(value); }

void bind_uuid(SQLite::Statement& statement, int index, const Uuid& uuid) {
  statement.bindNoCopy(index, uuid.bytes.data(), static_cast<int>(uuid.bytes.size()));
}

std::optional<Uuid> uuid_column(SQLite::Statement& row, int index) {
  const auto column = row.getColumn(index);
  return uuid_from(column.getBlob(), column.getBytes());
}

tl::unexpected<Error> damaged(const std::string& what) {
  return fail(ErrorCode::kMalformed, "the saved state is damaged: " + what);
}

class SqliteState : public StateDatabase {
 public:
  explicit SqliteState(const std::string& file)
      : database_(file, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, kBusyMs) {}

  /// Makes the tables of a new file, or says why an existing one is of no use.
  std::optional<Unusable> prepare(const std::string& fingerprint) {
    database_.exec("PRAGMA journal_mode=WAL");
    database_.exec("PRAGMA synchronous=NORMAL");
    database_.exec("PRAGMA cache_size=-16384");  // KiB; uuids come in no order
    const int schema = database_.execAndGet("PRAGMA user_version").getInt();
    if (schema == 0 && !database_.tableExists("attribute")) {
      make_tables(fingerprint);
      return std::nullopt;
    }
    if (schema > kSchema) {
      return Unusable{"newer",
                      "it was written by a newer version of misp-zeek (schema " +
                          std::to_string(schema) + ", this one knows " + std::to_string(kSchema) +
                          ")",
                      ""};
    }
    if (schema != 0 && schema < kSchema) {
      return Unusable{"other",
                      "it was written by an older version of misp-zeek (schema " +
                          std::to_string(schema) + ", this one is " + std::to_string(kSchema) +
                          "): all is read from MISP again",
                      ""};
    }
    if (schema != kSchema) {
      return Unusable{"damaged", "it is damaged: no schema", ""};
    }
    if (auto old = text_of("fingerprint"); old != fingerprint) {
      return Unusable{"other", "it is of another MISP, filter or mapping", std::move(old)};
    }
    return std::nullopt;
  }

  Result<SavedSync> load(const OnStateRow& on_row) override {
    try {
      const std::string health = database_.execAndGet("PRAGMA quick_check(1)").getString();
      if (health != "ok") {
        return damaged(health);
      }
      const auto all =
          load_events(on_row).and_then([&] { return load_attributes(on_row); }).and_then([&] {
            return load_states(on_row);
          });
      if (!all) {
        return tl::unexpected<Error>(all.error());
      }
      return SavedSync{number_of("last_reconcile"), number_of("last_full"),
                       number_of("heard_until")};
    } catch (const std::exception& error) {
      return damaged(error.what());
    }
  }

  Result<void> write(const StateBatch& batch) override {
    try {
      SQLite::Transaction transaction(database_);
      write_events(batch.changes);
      write_attributes(batch.changes);
      write_states(batch.events);
      if (batch.sync) {
        write_sync(*batch.sync);
      }
      if (batch.fingerprint) {
        put("fingerprint", *batch.fingerprint);
      }
      transaction.commit();
      return {};
    } catch (const std::exception& error) {
      return fail(ErrorCode::kUnavailable, std::string("cannot save state: ") + error.what());
    }
  }

 private:
  void make_tables(const std::string& fingerprint) {
    SQLite::Transaction transaction(database_);
    database_.exec(kTables);
    put("fingerprint", fingerprint);
    database_.exec("PRAGMA user_version = " + std::to_string(kSchema));
    transaction.commit();
  }

  template <typename T>
  void put(const char* name, const T& value) {
    SQLite::Statement statement(database_, "INSERT OR REPLACE INTO meta VALUES (?, ?)");
    statement.bind(1, name);
    statement.bind(2, value);
    statement.exec();
  }
  std::string text_of(const char* name) {
    SQLite::Statement statement(database_, "SELECT value FROM meta WHERE name = ?");
    statement.bind(1, name);
    return statement.executeStep() ? statement.getColumn(0).getString() : "";
  }
  std::int64_t number_of(const char* name) {
    SQLite::Statement statement(database_, "SELECT value FROM meta WHERE name = ?");
    statement.bind(1, name);
    return statement.executeStep() ? statement.getColumn(0).getInt64() : 0;
  }

  static std::optional<SavedAttribute> attribute_of(SQLite::Statement& row) {
    SavedAttribute attribute;
    const auto uuid = uuid_column(row, 0);
    auto supports = decode_supports(row.getColumn(6).getString());
    if (!uuid || !supports) {
      return std::nullopt;
    }
    attribute.uuid = *uuid;
    attribute.event_id = unsigned_of(row.getColumn(1).getInt64());
    attribute.id = unsigned_of(row.getColumn(2).getInt64());
    attribute.timestamp = row.getColumn(3).getInt64();
    attribute.type = row.getColumn(4).getString();
    attribute.supports = std::move(*supports);
    attribute.tags = unsigned_of(row.getColumn(8).getInt64());
    if (!row.isColumnNull(5)) {
      attribute.reject = reject_from(row.getColumn(5).getString());
      if (!attribute.reject) {
        return std::nullopt;
      }
    }
    return attribute;
  }

  static Result<void> give(const OnStateRow& on_row, StateRow&& row) {
    return on_row(std::move(row)) ? Result<void>()
                                  : fail(ErrorCode::kCancelled, "loading was ended");
  }

  Result<void> load_events(const OnStateRow& on_row) {
    SQLite::Statement rows(database_,
                           "SELECT id, uuid, info, publish_timestamp, checksum FROM event");
    Result<void> given;
    while (given && rows.executeStep()) {
      SavedEvent event{unsigned_of(rows.getColumn(0).getInt64()), uuid_column(rows, 1),
                       rows.getColumn(2).getString(), rows.getColumn(3).getInt64()};
      given = checksum(event) == rows.getColumn(4).getInt64() ? give(on_row, std::move(event))
                                                              : damaged("an event was altered");
    }
    return given;
  }

  Result<void> load_attributes(const OnStateRow& on_row) {
    SQLite::Statement rows(
        database_,
        "SELECT uuid, event_id, id, timestamp, type, reject, supports, checksum, tags "
        "FROM attribute");
    Result<void> given;
    while (given && rows.executeStep()) {
      auto attribute = attribute_of(rows);
      const bool right = attribute && checksum(*attribute) == rows.getColumn(7).getInt64();
      given = right ? give(on_row, std::move(*attribute)) : damaged("an attribute was altered");
    }
    return given;
  }

  Result<void> load_states(const OnStateRow& on_row) {
    SQLite::Statement rows(database_,
                           "SELECT id, uuid, timestamp, published, fresh, read_until, rows, "
                           "checksum FROM event_state");
    Result<void> given;
    while (given && rows.executeStep()) {
      SavedEventState state;
      state.row = {unsigned_of(rows.getColumn(0).getInt64()), uuid_column(rows, 1).value_or(Uuid{}),
                   rows.getColumn(2).getInt64(), rows.getColumn(3).getInt() != 0};
      state.fresh = rows.getColumn(4).getInt() != 0;
      state.read_until = rows.getColumn(5).getInt64();
      state.rows = unsigned_of(rows.getColumn(6).getInt64());
      given = checksum(state) == rows.getColumn(7).getInt64()
                  ? give(on_row, std::move(state))
                  : damaged("an event's state was altered");
    }
    return given;
  }

  void write_events(const Unsaved& changes) {
    SQLite::Statement put_event(database_, "INSERT OR REPLACE INTO event VALUES (?, ?, ?, ?, ?)");
    for (const auto& event : changes.events) {
      put_event.bind(1, signed_of(event.id));
      event.uuid ? bind_uuid(put_event, 2, *event.uuid) : put_event.bind(2);
      put_event.bindNoCopy(3, event.info);
      put_event.bind(4, event.publish_timestamp);
      put_event.bind(5, checksum(event));
      put_event.exec();
      put_event.reset();
    }
    SQLite::Statement drop_event(database_, "DELETE FROM event WHERE id = ?");
    for (const auto id : changes.gone_events) {
      drop_event.bind(1, signed_of(id));
      drop_event.exec();
      drop_event.reset();
    }
  }

  void write_attributes(const Unsaved& changes) {
    SQLite::Statement put_attribute(
        database_, "INSERT OR REPLACE INTO attribute VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    for (const auto& attribute : changes.attributes) {
      const std::string supports = encode_supports(attribute.supports);
      bind_uuid(put_attribute, 1, attribute.uuid);
      put_attribute.bind(2, signed_of(attribute.event_id));
      put_attribute.bind(3, signed_of(attribute.id));
      put_attribute.bind(4, attribute.timestamp);
      put_attribute.bindNoCopy(5, attribute.type);
      attribute.reject ? put_attribute.bind(6, std::string(to_string(*attribute.reject)))
                       : put_attribute.bind(6);
      put_attribute.bindNoCopy(7, supports);
      put_attribute.bind(8, checksum(attribute));
      put_attribute.bind(9, signed_of(attribute.tags));
      put_attribute.exec();
      put_attribute.reset();
    }
    SQLite::Statement drop_attribute(database_, "DELETE FROM attribute WHERE uuid = ?");
    for (const auto& uuid : changes.gone_attributes) {
      bind_uuid(drop_attribute, 1, uuid);
      drop_attribute.exec();
      drop_attribute.reset();
    }
  }

  void write_states(const UnsavedEvents& events) {
    SQLite::Statement put_state(
        database_, "INSERT OR REPLACE INTO event_state VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    for (const auto& state : events.events) {
      put_state.bind(1, signed_of(state.row.id));
      bind_uuid(put_state, 2, state.row.uuid);
      put_state.bind(3, state.row.timestamp);
      put_state.bind(4, state.row.published ? 1 : 0);
      put_state.bind(5, state.fresh ? 1 : 0);
      put_state.bind(6, state.read_until);
      put_state.bind(7, signed_of(state.rows));
      put_state.bind(8, checksum(state));
      put_state.exec();
      put_state.reset();
    }
    SQLite::Statement drop_state(database_, "DELETE FROM event_state WHERE id = ?");
    for (const auto id : events.gone) {
      drop_state.bind(1, signed_of(id));
      drop_state.exec();
      drop_state.reset();
    }
  }

  void write_sync(const SavedSync& sync) {
    put("last_reconcile", sync.last_reconcile);
    put("last_full", sync.last_full);
    put("heard_until", sync.heard_until);
  }

  SQLite::Database database_;
};

/// The database, or why the file is of no use. Throws SQLite::Exception when it cannot be had at
/// all.
tl::expected<std::unique_ptr<StateDatabase>, Unusable> try_open(const std::string& file,
                                                                const std::string& fingerprint) {
  auto database = std::make_unique<SqliteState>(file);
  try {
    if (auto unusable = database->prepare(fingerprint)) {
      return tl::unexpected(std::move(*unusable));
    }
  } catch (const SQLite::Exception& error) {
    if (!is_damage(error)) {
      throw;
    }
    return tl::unexpected(Unusable{"damaged", std::string("it is damaged: ") + error.what(), ""});
  }
  return database;
}

}  // namespace

Result<StateDatabase::Opened> StateDatabase::open(const std::string& file,
                                                  const std::string& fingerprint) {
  try {
    auto first = try_open(file, fingerprint);
    if (first) {
      return Opened{std::move(*first), "", ""};
    }
    const std::string name = quarantine(file, first.error().reason);
    auto second = try_open(file, fingerprint);
    if (!second) {
      return fail(ErrorCode::kUnavailable,
                  "state.path: cannot use " + file + ": " + second.error().text);
    }
    return Opened{std::move(*second),
                  "the saved state is not used: " + first.error().text + "; it is now " + name,
                  first.error().old_fingerprint};
  } catch (const SQLite::Exception& error) {
    return fail(storage_error(error, file), "state.path: cannot use " + file + ": " + error.what());
  } catch (const std::exception& error) {
    return fail(ErrorCode::kUnavailable, "state.path: cannot use " + file + ": " + error.what());
  }
}

}  // namespace misp_zeek::storage
