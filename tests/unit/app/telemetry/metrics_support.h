// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "app/telemetry/metrics.h"
#include "app/telemetry/view.h"

namespace misp_zeek::app {

/// A service without ports, as those who tell of it see it.
struct Scene {
  Config config;
  IndicatorStore store{{}, "0000000000000001"};
  MispSync sync{{}, Filter(FilterOptions{}), Mapping(), store, {0, 1000}};
  std::vector<Peer> peers;
  std::string feed_problem;
  LatencyHistory latency;
  const SightingQueue* sightings = nullptr;
  const MatchNotices* notices = nullptr;
  bool paused = false;
  bool loading = false;
  std::string start_cause;
  std::string storage_problem;

  Scene() {
    ZeekConfig zeek;
    zeek.name = "sensor-1";
    config.zeek = {zeek};
    config.feed.endpoints = {"tcp://misp.example.org:50000"};
    peers.push_back({nullptr, std::make_unique<ZeekSession>(zeek.name, SessionOptions{}, store),
                     false, Propagation(10), std::nullopt});
  }

  View view() const {
    return {config,  store, sync,   peers,   feed_problem, nullptr,        0, latency, sightings,
            notices, 0,     paused, loading, start_cause,  storage_problem};
  }

  /// Puts in an attribute of the given type and value, as MISP's event 7.
  void put(int number, const std::string& type, const std::string& value) {
    Attribute attribute;
    attribute.uuid.bytes.back() = static_cast<std::uint8_t>(number);
    attribute.id = static_cast<std::uint64_t>(number);
    attribute.event_id = 7;
    attribute.type = type;
    attribute.value = value;
    Event event;
    event.id = 7;
    event.info = "a campaign";
    auto mapped = sync.mapping().map(type, value);
    if (mapped) {
      store.upsert(attribute, event, *mapped);
    } else {
      store.upsert(attribute, event, {}, mapped.error());
    }
  }
};

/// "NAME TYPE LABEL,LABEL" of every metric in Prometheus' text format, in its order.
std::vector<std::string> describe_metrics(const std::string& text);

/// Runs `promtool ARGUMENTS < input`. Status -1: there is no promtool on this machine.
struct PromtoolResult {
  int status = -1;
  std::string output;
};
PromtoolResult run_promtool(const std::string& arguments, const std::string& input);

}  // namespace misp_zeek::app
