// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "core/base/error.h"
#include "core/store/indicator_store.h"
#include "core/sync/sync_status.h"

namespace misp_zeek::storage {

/// What is written in one transaction. After a kill at any moment either all of it is there or
/// none.
struct StateBatch {
  Unsaved changes;
  UnsavedEvents events;                    ///< of the event table; they hold for `changes`
  std::optional<SavedSync> sync;           ///< replaces the one before
  std::optional<std::string> fingerprint;  ///< from now on; see StateDatabase::open()
};

using StateRow = std::variant<SavedEvent, SavedAttribute, SavedEventState>;
/// False ends the reading.
using OnStateRow = std::function<bool(StateRow&&)>;

/// The last known set in an SQLite file: attributes with the indicators they support, events, the
/// event table and watermarks of the reconcile. SQLite because it survives a kill at any moment and
/// writes what changed alone.
///
/// A row is right by itself: after a kill some may be older than others, which a reconcile mends.
/// After a power cut the last seconds may be missing too (synchronous=NORMAL). One thread at a
/// time.
class StateDatabase {
 public:
  struct Opened {
    std::unique_ptr<StateDatabase> database;
    /// Why an older file could not be used, and where it is now; empty: it was used or not there.
    std::string quarantined;
    /// Of a file that was quarantined because its fingerprint is another one.
    std::string old_fingerprint;
  };
  /// Opens or makes the file. `fingerprint` names all that decides what belongs into the set: MISP,
  /// filter, mapping. A file that is no database, of another schema or of another fingerprint is
  /// quarantined (quarantine.h) with reason damaged, newer or other. Errors: when no file can be
  /// made, kNoStorage because of the disk, else kUnavailable.
  static Result<Opened> open(const std::string& file, const std::string& fingerprint);

  virtual ~StateDatabase() = default;

  /// Checks the file and gives all events, then all attributes, then the event table. Takes long
  /// for a large file. Errors: kMalformed when the content is damaged, with an unknown part already
  /// given; kCancelled.
  virtual Result<SavedSync> load(const OnStateRow& on_row) = 0;

  /// Errors: kUnavailable (disk full, I/O error); nothing of the batch was written then.
  virtual Result<void> write(const StateBatch& batch) = 0;
};

}  // namespace misp_zeek::storage
