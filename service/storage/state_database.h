// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/base/error.h"
#include "core/store/indicator_store.h"
#include "core/sync/misp_sync.h"

namespace misp_zeek::storage {

/// What is written in one transaction. After a kill at any moment either all of it is there or
/// none.
struct StateBatch {
  Unsaved changes;
  std::optional<SavedSync> sync;           ///< replaces the one before
  std::optional<std::string> fingerprint;  ///< from now on; see StateDatabase::open()
};

/// The last known set in an SQLite file: attributes with the indicators they support, events, and
/// watermarks of the reconcile. SQLite because it survives a kill at any moment and writes what
/// changed alone.
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
  };
  /// Opens or makes the file. `fingerprint` names all that decides what belongs into the set: MISP,
  /// filter, mapping. A file that is damaged, of a newer version, of another fingerprint or of a
  /// schema from before the first release is quarantined (quarantine.h) with reason damaged, newer
  /// or other. Errors: kUnavailable when no file can be made.
  static Result<Opened> open(const std::string& file, const std::string& fingerprint);

  virtual ~StateDatabase() = default;

  /// Gives all events, then all attributes. Errors: kMalformed when the content is damaged, with an
  /// unknown part already given.
  virtual Result<SavedSync> load(const std::function<void(SavedEvent&&)>& on_event,
                                 const std::function<void(SavedAttribute&&)>& on_attribute) = 0;

  /// Errors: kUnavailable (disk full, I/O error); nothing of the batch was written then.
  virtual Result<void> write(const StateBatch& batch) = 0;
};

}  // namespace misp_zeek::storage
