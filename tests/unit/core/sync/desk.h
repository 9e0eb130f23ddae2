// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "builders.h"
#include "core/store/indicator_store.h"
#include "core/sync/misp_sync.h"
#include "model/misp_model.h"

namespace misp_zeek::test {

/// A MispSync whose requests are answered from a model of MISP, in the test's time.
class Desk {
 public:
  explicit Desk(FilterOptions filter = {}, SyncOptions options = {}, bool site_admin = true)
      : reader{filter, site_admin ? 1U : 2U, site_admin},
        store(store_options(), "0123456789abcdef"),
        sync(options, Filter(filter), Mapping(), store, now()) {
    event_id = misp.live().next_event;
    misp.add_event(uuid(1'000'000), 1, unix_now());
  }

  static StoreOptions store_options() {
    StoreOptions options;
    options.misp_url = "https://misp.example.org";
    return options;
  }
  TimePoint now() const { return {steady, kNow + steady / 1000}; }
  std::int64_t unix_now() const { return now().unix_seconds; }

  /// An attribute with uuid(n) in the model; the messages that MISP would send.
  std::vector<FeedMessage> add(unsigned n, const std::string& value, bool to_ids = true) {
    ids[n] = misp.live().next_attribute;
    return misp.add_attribute(uuid(n), event_id, "ip-dst", value, to_ids, unix_now()).messages;
  }
  std::uint64_t id(unsigned n) const { return ids.at(n); }
  /// Attributes 1 to `count` of the event, before the service starts.
  void fill(unsigned count) {
    for (unsigned n = 1; n <= count; ++n) {
      add(n, value(n));
    }
  }
  static std::string value(unsigned n) {
    return "10.0." + std::to_string(n / 256) + "." + std::to_string(n % 256);
  }
  void say(const std::vector<FeedMessage>& messages) {
    for (const auto& message : messages) {
      sync.on_message(message, now());
    }
  }
  /// Connects the feed and lets the first full list be read.
  void bootstrap() {
    sync.on_feed_connected(now());
    pass(1'000);
    EXPECT_TRUE(sync.status().bootstrapped);
    calls.clear();
  }
  /// Lets time pass in steps of 10 ms; each request is answered within its step.
  void pass(SteadyMs duration) {
    for (const SteadyMs end = steady + duration; steady < end; steady += 10) {
      sync.tick(now());
      for (auto request = sync.next_request(now()); request; request = sync.next_request(now())) {
        calls.push_back(request->call);
        const auto& state = shown ? *shown : misp.live();
        Result<RestReply> reply = MispModel::reply(state, reader, request->call, unix_now());
        sync.on_reply(request->id,
                      spoil ? spoil(request->call, std::move(reply)) : std::move(reply), now());
      }
    }
  }
  /// The same, with a heartbeat of the feed each 10 s.
  void listen(SteadyMs duration) {
    for (const SteadyMs end = steady + duration; steady < end;) {
      sync.on_message(Heartbeat{(steady - 500'000) / 1000}, now());
      pass(std::min<SteadyMs>(10'000, end - steady));
    }
  }
  bool holds(unsigned n) const { return store.find(uuid(n)) != nullptr; }
  bool in_zeek(const std::string& value) const {
    return store.item(address(value, event_id)).has_value();
  }
  template <typename T>
  std::vector<T> calls_of() const {
    std::vector<T> result;
    for (const auto& call : calls) {
      if (const auto* wanted = std::get_if<T>(&call)) {
        result.push_back(*wanted);
      }
    }
    return result;
  }

  SteadyMs steady = 1'000'000;
  model::MispModel misp;
  model::MispModel::Reader reader;
  std::uint64_t event_id = 0;
  std::map<unsigned, std::uint64_t> ids;
  IndicatorStore store;
  MispSync sync;
  /// What REST shows while set: an earlier state, before a commit.
  std::optional<model::MispModel::State> shown;
  std::function<Result<RestReply>(const RestCall&, Result<RestReply>)> spoil;
  std::vector<RestCall> calls;

 private:
  using MispModel = model::MispModel;
};

}  // namespace misp_zeek::test
