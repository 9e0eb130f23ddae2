// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include "message.h"

namespace misp_zeek::misp_sim {

/// Requests that change data, in their order: what a simulator repeats to be what it was before a
/// kill. A line of a file is one request; a line that a kill cut off is none.
class Journal {
 public:
  struct Entry {
    std::int64_t at = 0;  ///< seconds since 1970
    Request request;
  };

  /// Reads the file, which need not exist. Throws std::runtime_error when it cannot be written. No
  /// file: keeps nothing.
  explicit Journal(const std::string& file);

  /// What was in the file.
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
  /// A later kill of the process does not undo it.
  void add(const Entry& entry);

 private:
  std::vector<Entry> entries_;
  std::ofstream file_;
};

}  // namespace misp_zeek::misp_sim
