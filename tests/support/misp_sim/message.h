// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace misp_zeek::misp_sim {

/// A request to the REST API, taken apart as CakePHP does:
/// `/events/edit/7/fast_update:1` is controller `events`, action `edit`, argument `7`, named
/// `fast_update` = `1`.
struct Request {
  std::string method;
  std::string path;  ///< percent-decoded, without a `.json` suffix
  std::string controller;
  std::string action;
  std::vector<std::string> arguments;
  std::map<std::string, std::string> named;
  std::string body;
  std::string authorization;

  /// The argument at `index`, "" when there are fewer.
  [[nodiscard]] std::string argument(std::size_t index) const {
    return index < arguments.size() ? arguments[index] : std::string();
  }
};

/// `target` is the path with the query, which is handed on as named arguments.
[[nodiscard]] Request parse_request(std::string method, const std::string& target);

struct Response {
  int status = 200;
  std::string body;
  std::string content_type = "application/json; charset=UTF-8";
  std::vector<std::pair<std::string, std::string>> headers;
  /// The answer is announced in full, and the connection closed in the middle.
  bool cut = false;
  /// The body is spread over this time.
  std::chrono::milliseconds slow{0};
  /// The answer leaves this much later: COMMIT comes after the messages.
  std::chrono::milliseconds delay{0};
  /// What the answer costs MISP; as many answers as it has processors are worked on at a time.
  std::chrono::microseconds work{0};
};

/// `{"name":text,"message":text,"url":path}`, as most of MISP's errors look.
[[nodiscard]] Response error_response(int status, const std::string& text, const std::string& url);

}  // namespace misp_zeek::misp_sim
