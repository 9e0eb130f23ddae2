// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

/// `tests/data/see/values.tsv`: values of MISP, and where Zeek sees them.
namespace misp_zeek::e2e {

struct SeeRow {
  std::string type;
  std::string value;     ///< as in MISP
  std::string traffic;   ///< a verb of see_traffic.h and its argument; empty: none
  std::string expected;  ///< an Intel::Where, or "!reason" of a refusal
  std::string extra;     ///< of the package, without which it is not seen; often empty
  int line = 0;
};

/// Throws std::runtime_error for a line that is none.
std::vector<SeeRow> read_see_table(const std::string& path);

/// The text with "\\xNN" as a byte, "\\t", "\\n" and "\\\\" as usual, and "\\{N}c" as N times c.
std::string unescaped(const std::string& text);

}  // namespace misp_zeek::e2e
