// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "process/process.h"
#include "process/waiting.h"
#include "stack/stack.h"
#include "web/client.h"

namespace misp_zeek {

using process::content_of;
using process::eventually;

/// What `misp-zeek VERB...` printed, on both channels, and its exit status.
struct Outcome {
  int status = -1;
  std::string text;
};

/// A MISP with some indicators, the stand-in for Zeek and a service in sync with both.
class Operators : public testing::Test {
 protected:
  static constexpr std::chrono::seconds kLimit{40};
  /// Text that breaks out of HTML, of lines of a file and of a terminal when it is not handled.
  static constexpr const char* kHostile = "<img src=x onerror=alert(1)>\\x09\"'&.exe";

  Operators();
  void TearDown() override { stack_.keep_files(HasFailure()); }

  /// Of the one event; waits for nothing.
  void add(const std::string& type, const std::string& value, bool to_ids = true);
  Outcome command(const std::vector<std::string>& verb);
  web::Answer read(const std::string& target) const;
  nlohmann::json status() const;

  stack::Stack stack_;
  std::string event_id_;
};

}  // namespace misp_zeek
