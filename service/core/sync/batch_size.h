// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/time.h"

namespace misp_zeek {

/// How many rows a batch of events asks for: it starts small, grows while MISP answers in time, and
/// shrinks when MISP fails, takes long, or has more than was expected.
class BatchSize {
 public:
  explicit BatchSize(std::uint32_t most) : most_(most), rows_(first()) {}

  /// Rows that the next batch shall have.
  std::uint64_t rows() const { return rows_; }
  std::uint64_t most() const { return most_; }
  /// Rows of an event of which nothing is known.
  std::uint64_t per_event() const { return per_event_; }
  /// The `limit` of a request that expects so many rows: about twice as many.
  std::uint32_t limit(std::uint64_t expected) const;
  /// An event of so many rows is read in pages, and its changes by deltas.
  bool is_giant(std::uint64_t rows) const { return rows > most_; }
  std::uint64_t delta_from() const { return most_ / 10 + 1; }

  void on_complete(std::size_t events, std::size_t rows, SteadyMs took);
  void on_incomplete(std::size_t events, std::uint32_t limit);
  void on_failure();

 private:
  std::uint64_t first() const { return most_ / 20 + 1; }

  std::uint64_t most_;
  std::uint64_t rows_;
  std::uint64_t per_event_ = 10;
};

}  // namespace misp_zeek
