// SPDX-License-Identifier: BSD-3-Clause
#include "storage/state_database.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <utility>
#include <vector>

#include "storage/quarantine.h"
#include "storage/state_rows.h"

namespace misp_zeek::storage {
namespace {

/// Of the tables below: another layout is another number.
constexpr int kSchema = 2;
constexpr int kBusyMs = 1'000;

constexpr const char* kTables = R"(
CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE event (id INTEGER PRIMARY KEY, uuid BLOB, info TEXT NOT NULL,
                    publish_timestamp INTEGER NOT NULL, checksum INTEGER NOT NULL);
CREATE TABLE attribute (uuid BLOB PRIMARY KEY, event_id INTEGER NOT NULL, id INTEGER NOT NULL,
                        timestamp INTEGER NOT NULL, type TEXT NOT NULL, reject TEXT,
                        supports TEXT NOT NULL, checksum INTEGER NOT NULL,
                        tags INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE event_index (id INTEGER PRIMARY KEY, uuid BLOB NOT NULL, timestamp INTEGER NOT NULL,
                          published INTEGER NOT NULL);
)";

/// Why a file is of no use; the reason is part of its new name.
struct Unusable {
  std::string reason;
  std::string text;
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
    const int schema = database_.execAndGet("PRAGMA user_version").getInt();
    if (schema == 0 && !database_.tableExists("attribute")) {
      make_tables(fingerprint);
      return std::nullopt;
    }
    if (schema > kSchema) {
      return Unusable{"newer", "it was written by a newer version of misp-zeek (schema " +
                                   std::to_string(schema) + ", this one knows " +
                                   std::to_string(kSchema) + ")"};
    }
    if (schema != 0 && schema < kSchema) {
      return Unusable{"other", "its schema is " + std::to_string(schema) +
                                   ", from before the first release; this one is " +
                                   std::to_string(kSchema)};
    }
    const std::string health = database_.execAndGet("PRAGMA quick_check(1)").getString();
    if (schema != kSchema || health != "ok") {
      return Unusable{"damaged", "it is damaged: " + (schema == kSchema ? health : "no schema")};
    }
    if (text_of("fingerprint") != fingerprint) {
      return Unusable{"other", "it is of another MISP, filter or mapping"};
    }
    return std::nullopt;
  }

  Result<SavedSync> load(const std::function<void(SavedEvent&&)>& on_event,
                         const std::function<void(SavedAttribute&&)>& on_attribute) override {
    try {
      SQLite::Statement events(database_,
                               "SELECT id, uuid, info, publish_timestamp, checksum FROM event");
      while (events.executeStep()) {
        SavedEvent event{unsigned_of(events.getColumn(0).getInt64()), uuid_column(events, 1),
                         events.getColumn(2).getString(), events.getColumn(3).getInt64()};
        if (checksum(event) != events.getColumn(4).getInt64()) {
          return damaged("an event was altered");
        }
        on_event(std::move(event));
      }
      SQLite::Statement rows(
          database_,
          "SELECT uuid, event_id, id, timestamp, type, reject, supports, checksum, tags "
          "FROM attribute");
      while (rows.executeStep()) {
        auto attribute = attribute_of(rows);
        if (!attribute || checksum(*attribute) != rows.getColumn(7).getInt64()) {
          return damaged("an attribute was altered");
        }
        on_attribute(std::move(*attribute));
      }
      return load_sync();
    } catch (const std::exception& error) {
      return damaged(error.what());
    }
  }

  Result<void> write(const StateBatch& batch) override {
    try {
      SQLite::Transaction transaction(database_);
      write_events(batch.changes);
      write_attributes(batch.changes);
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

  SavedSync load_sync() {
    SavedSync saved{
        number_of("last_reconcile"), number_of("last_full"), number_of("index_time"), {}};
    SQLite::Statement rows(database_, "SELECT id, uuid, timestamp, published FROM event_index");
    while (rows.executeStep()) {
      if (const auto uuid = uuid_column(rows, 1)) {
        saved.index.push_back({unsigned_of(rows.getColumn(0).getInt64()), *uuid,
                               rows.getColumn(2).getInt64(), rows.getColumn(3).getInt() != 0});
      }
    }
    return saved;
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

  void write_sync(const SavedSync& sync) {
    put("last_reconcile", sync.last_reconcile);
    put("last_full", sync.last_full);
    put("index_time", sync.index_time);
    database_.exec("DELETE FROM event_index");
    SQLite::Statement put_row(database_, "INSERT INTO event_index VALUES (?, ?, ?, ?)");
    for (const auto& row : sync.index) {
      put_row.bind(1, signed_of(row.id));
      bind_uuid(put_row, 2, row.uuid);
      put_row.bind(3, row.timestamp);
      put_row.bind(4, row.published ? 1 : 0);
      put_row.exec();
      put_row.reset();
    }
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
    return tl::unexpected(Unusable{"damaged", std::string("it is damaged: ") + error.what()});
  }
  return database;
}

}  // namespace

Result<StateDatabase::Opened> StateDatabase::open(const std::string& file,
                                                  const std::string& fingerprint) {
  try {
    auto first = try_open(file, fingerprint);
    if (first) {
      return Opened{std::move(*first), ""};
    }
    const std::string name = quarantine(file, first.error().reason);
    auto second = try_open(file, fingerprint);
    if (!second) {
      return fail(ErrorCode::kUnavailable,
                  "state.path: cannot use " + file + ": " + second.error().text);
    }
    return Opened{std::move(*second),
                  "the saved state is not used: " + first.error().text + "; it is now " + name};
  } catch (const std::exception& error) {
    return fail(ErrorCode::kUnavailable, "state.path: cannot use " + file + ": " + error.what());
  }
}

}  // namespace misp_zeek::storage
