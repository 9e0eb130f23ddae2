// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/config/toml_problem.h"
#include "app/config/values.h"
#include "core/base/error.h"

/// TOML without the library's types.
namespace misp_zeek::app {

/// One `key = value` of a file, or the head of a section.
struct Entry {
  enum class Kind {
    kValue,
    kZeek,            ///< the head of a [[zeek]]
    kUnknownSection,  ///< what is in it is left out
  };
  Kind kind = Kind::kValue;
  std::string key;  ///< "misp.feed.endpoint"; of a [[zeek]] without "zeek."
  std::size_t line = 0;
  std::optional<std::size_t> zeek;  ///< which [[zeek]] this belongs to, from 0
  Value value;
};

/// All entries, [[zeek]]s in their order. `sections` names the known tables. Errors: kInvalidConfig
/// for what is not TOML, the message begins with `LINE: ` and says how it would be.
Result<std::vector<Entry>> parse_toml(std::string_view text,
                                      const std::vector<std::string>& sections,
                                      const AllowedOf& allowed_of);

}  // namespace misp_zeek::app
