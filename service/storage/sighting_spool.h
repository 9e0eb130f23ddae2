// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <string>

#include "core/sightings/sighting.h"

namespace misp_zeek::storage {

/// Sightings in a SQLite file. A write is one transaction that is on disk when write() returns; a
/// file of 100,000 rows has about 15 MB. One thread at a time.
class SightingSpool : public SightingStorage {
 public:
  /// Opens the file, or makes it. An empty `path` keeps all in memory: nothing survives the
  /// process. A file that is damaged, or of a newer version of this program, is quarantined first
  /// (quarantine.h). Errors, with path and cause: kNoStorage, kUnavailable.
  static Result<std::unique_ptr<SightingSpool>> open(const std::string& path);
  ~SightingSpool() override;

  Result<SightingState> load() override;
  Result<void> write(const SightingWrite& changes) override;

  /// What became of a file that could not be used, for an operator; empty: nothing.
  const std::string& quarantined() const { return quarantined_; }

 private:
  struct Database;
  explicit SightingSpool(std::unique_ptr<Database> database);

  std::unique_ptr<Database> database_;
  std::string quarantined_;
};

}  // namespace misp_zeek::storage
