// SPDX-License-Identifier: BSD-3-Clause
#include "app/runtime/read_once.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "app/process/clocks.h"
#include "app/runtime/wiring.h"

namespace misp_zeek::app {

Result<void> read_once(const Config& config, MispRest& rest, IndicatorStore& store) {
  SyncOptions options = sync_options(config);
  options.feed = false;
  options.feed_wait = 0;
  options.parallel = 1;
  MispSync sync(options, Filter(config.filter), Mapping::create(config.mapping).value(), store,
                read_clocks());
  while (!sync.status().bootstrapped) {
    const TimePoint now = read_clocks();
    sync.tick(now);
    const auto request = sync.next_request(now);
    if (!request) {
      const SteadyMs wait = std::clamp<SteadyMs>(sync.deadline(now) - now.steady, 1, 1'000);
      std::this_thread::sleep_for(std::chrono::milliseconds(wait));
      continue;
    }
    const auto reply = rest.call(request->call);
    if (!reply) {
      return tl::unexpected<Error>(reply.error());
    }
    sync.on_reply(request->id, reply, read_clocks());
    if (!sync.status().rest_error.empty()) {
      return fail(ErrorCode::kUnavailable, sync.status().rest_error);
    }
  }
  return {};
}

}  // namespace misp_zeek::app
