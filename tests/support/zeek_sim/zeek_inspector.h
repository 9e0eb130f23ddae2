// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "zeek_sim/channel.h"

namespace misp_zeek::sim {

/// Reads what a Zeek's Intel framework holds, past the service and past the package's own
/// replication state. Zeek answers through the test script `tests/support/zeek/inspect.zeek`;
/// ZeekSim answers too.
///
/// Over Broker or the WebSocket API it publishes `MISPTest::dump(nonce: count)` on
/// "misp-zeek-test/zeek", or `MISPTest::size(nonce: count)`, and collects
/// `MISPTest::dump_reply(nonce: count, last: bool, entries: vector of string)` from
/// "misp-zeek-test/reply". One thread at a time.
class ZeekInspector {
 public:
  using Options = ChannelOptions;

  /// Connects within `timeout`, trying anew while nothing listens.
  static Result<std::unique_ptr<ZeekInspector>> connect(const Options& options,
                                                        std::chrono::milliseconds timeout);

  /// All entries with a source of MISP's, sorted, each
  /// "indicator\ttype\tsource\tattribute_uuids", e.g. "192.0.2.1\tIntel::ADDR\tMISP-7\t5f...".
  /// kTimeout when the answer is not complete in time.
  Result<std::vector<std::string>> dump(std::chrono::milliseconds timeout);

  /// How many indicators workers match against, whoever put them in. Unlike dump() it keeps Zeek
  /// from nothing else. kTimeout as with dump().
  Result<std::size_t> size(std::chrono::milliseconds timeout);

  /// Zeek sees an indicator of any type, as if in traffic. Nothing says whether it matched.
  void see(const std::string& indicator);

 private:
  explicit ZeekInspector(std::unique_ptr<Channel> channel);
  /// The answer to one of the questions, sorted.
  Result<std::vector<std::string>> ask(const char* question, std::chrono::milliseconds timeout);

  std::unique_ptr<Channel> channel_;
  std::uint64_t nonce_ = 0;
};

}  // namespace misp_zeek::sim
