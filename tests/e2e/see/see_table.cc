// SPDX-License-Identifier: BSD-3-Clause
#include "see_table.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace misp_zeek::e2e {
namespace {

std::vector<std::string> columns_of(const std::string& line) {
  std::vector<std::string> columns;
  std::istringstream in(line);
  for (std::string column; std::getline(in, column, '\t');) columns.push_back(column);
  return columns;
}

/// What stands behind a backslash at `at`; moves `at` behind it.
std::string escape_at(const std::string& text, std::size_t& at) {
  constexpr int kHex = 16;
  const char kind = text.at(at++);
  switch (kind) {
    case 't':
      return "\t";
    case 'n':
      return "\n";
    case '\\':
      return "\\";
    case 'x': {
      const auto byte = std::stoi(text.substr(at, 2), nullptr, kHex);
      at += 2;
      return std::string(1, static_cast<char>(byte));
    }
    case '{': {
      const auto end = text.find('}', at);
      const auto times = std::stoul(text.substr(at, end - at));
      at = end + 2;
      return std::string(times, text.at(end + 1));
    }
    default:
      throw std::runtime_error("no escape: \\" + std::string(1, kind));
  }
}

}  // namespace

std::string unescaped(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at++];
    if (c == '\\') {
      out += escape_at(text, at);
    } else {
      out += c;
    }
  }
  return out;
}

std::vector<SeeRow> read_see_table(const std::string& path) {
  std::ifstream file(path);
  std::vector<SeeRow> rows;
  int number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (line.empty() || line.starts_with('#')) continue;
    const auto columns = columns_of(line);
    constexpr std::size_t kColumns = 4;
    if (columns.size() != kColumns) {
      throw std::runtime_error(path + ":" + std::to_string(number) + ": not four columns");
    }
    const auto blank = std::min(columns[3].find(' '), columns[3].size());
    rows.push_back({columns[0], unescaped(columns[1]),
                    columns[2] == "-" ? "" : unescaped(columns[2]), columns[3].substr(0, blank),
                    columns[3].substr(std::min(blank + 1, columns[3].size())), number});
  }
  if (rows.empty()) throw std::runtime_error("no table in " + path);
  return rows;
}

}  // namespace misp_zeek::e2e
