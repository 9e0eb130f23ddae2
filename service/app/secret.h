// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <ostream>
#include <string>
#include <utility>

namespace misp_zeek::app {

/// A key or password. It cannot be streamed or formatted; reveal() marks every place of use.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  const std::string& reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

 private:
  std::string value_;
};
std::ostream& operator<<(std::ostream&, const Secret&) = delete;

}  // namespace misp_zeek::app
