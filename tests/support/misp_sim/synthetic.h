// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

#include "database.h"

namespace misp_zeek::misp_sim {

struct SyntheticSet {
  std::uint64_t events = 1;
  std::uint64_t attributes = 0;  ///< spread evenly over the events
  std::uint64_t seed = 1;        ///< equal seeds make equal values
  int to_ids_percent = 100;
  int published_percent = 100;
};

/// Adds a large set without any message: mixed types of a sensor's interest, valid values, none
/// twice within one seed.
void add_synthetic(Database& db, const SyntheticSet& set, std::int64_t now);

}  // namespace misp_zeek::misp_sim
