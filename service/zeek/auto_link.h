// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/session/zeek_link.h"

namespace misp_zeek::zeek {

/// One port of a Zeek.
struct Way {
  std::string name;  ///< "25761 (WebSocket)"
  std::function<std::unique_ptr<ZeekLink>()> make;
};

struct AutoLinkOptions {
  std::string name = "zeek";  ///< of this Zeek in the configuration; begins every error's text
  std::string address = "127.0.0.1";
  std::vector<Way> ways;                            ///< in the order of preference; at least one
  std::chrono::milliseconds patience{2'000};        ///< for a way to be up
  std::chrono::milliseconds loyalty{10'000};        ///< to a way that was up and is down
  std::chrono::milliseconds retry_interval{1'000};  ///< after the first round without success
  std::chrono::milliseconds max_retry_interval{15'000};
};

/// Link to one Zeek by the first of several ways that is up. It looks at the ways in turn, and
/// stays with one while that is up, and a while longer.
///
/// LinkDown is reported when a connection is lost, and after a round without success: with what is
/// wrong with the first way at which something listens, or with all names where nothing does.
///
/// Threads: as ZeekLink. One of its own, besides those of the way that is tried.
class AutoLink final : public ZeekLink {
 public:
  explicit AutoLink(AutoLinkOptions options);
  ~AutoLink() override;
  AutoLink(const AutoLink&) = delete;
  AutoLink& operator=(const AutoLink&) = delete;

  void start(std::string service_id, OnReport on_report) override;
  bool send(contract::ToZeek message) override;
  void stop() override;

 private:
  class Search;

  AutoLinkOptions options_;
  std::unique_ptr<Search> search_;
};

}  // namespace misp_zeek::zeek
