// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "core/model/indicator.h"
#include "zeek/wire.h"

/// The example messages of `proto/golden`.
namespace misp_zeek::golden {

/// Names of all message files, sorted, without ".json" and without "digest".
std::vector<std::string> message_names();

/// Reads one. Records become vectors in the order of `proto/README.md`, which stands here a second
/// time on purpose. Throws std::runtime_error when a record lacks a field or has one more.
zeek::WireEvent read_message(const std::string& name);

struct Digest {
  struct Entry {
    zeek::WireValue item;  ///< as in apply_v2
    std::string hash;
    std::string mixed;  ///< with the key
  };
  std::string key;
  std::vector<Entry> entries;
  std::string digest;
};
Digest read_digest();

}  // namespace misp_zeek::golden
