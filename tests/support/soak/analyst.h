// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <random>
#include <string>
#include <vector>

#include "stack/stack.h"

namespace misp_zeek::soak {

/// Works in the simulated MISP at random, with few values, so that attributes share indicators.
class Analyst {
 public:
  Analyst(stack::Stack& stack, std::mt19937& random) : stack_(stack), random_(random) {}

  /// One change. What MISP refuses, or a fault prevents, is no error. Returns its name.
  std::string operate();

  /// What Zeek must hold now, as ZeekInspector::dump() gives it; or only what no analyst ever
  /// touches, so that Zeek must hold it all the time.
  std::vector<std::string> expected(bool untouched_only = false) const;

  std::uint64_t operations() const { return operations_; }

 private:
  struct Row {
    std::string id;
    std::string event;
    std::string type;
  };
  void look();
  std::string add();
  bool ask(const std::string& path, const nlohmann::json& body);
  const Row& any_row() { return rows_[random_() % rows_.size()]; }

  stack::Stack& stack_;
  std::mt19937& random_;
  std::vector<Row> rows_;  ///< of this analyst's events, at most some operations old
  std::vector<std::string> events_;
  std::vector<std::string> deleted_;
  std::uint64_t operations_ = 0;
};

}  // namespace misp_zeek::soak
