// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "process/tcp_proxy.h"
#include "process/waiting.h"
#include "stack/stack.h"
#include "zeek_sim/zeek_sim.h"

namespace misp_zeek::e2e {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kMatches = 10'000;
constexpr std::size_t kAttributes = 1'000;
/// Within the days that the service believes.
const std::int64_t kFirst = std::time(nullptr) - 86'400;
constexpr std::size_t kFaults = 16;

/// What MISP has: how often each (attribute, time).
using InMisp = std::map<std::pair<std::string, std::int64_t>, int>;

class KilledSightings : public testing::Test {
 protected:
  KilledSightings()
      : stack_({.zeek = "",
                .misp_arguments = {},
                .zeek_arguments = {},
                // Each match has a second of its own, so it is a sighting of its own.
                .settings = "[sightings]\naggregate = \"1s\"\nmax_per_second = 1000\n",
                .start_limit = seconds(40),
                .state = true,
                .misp_state = true}) {}

  void start() {
    stack_.start_misp();
    stack_.post("/sim/load", {{"events", 1}, {"attributes", kAttributes}});
    auto zeek = sim::ZeekSim::start(
        {.address = "127.0.0.1", .port = 0, .tls = {}, .disable_tls = true, .package = {}});
    ASSERT_TRUE(zeek) << zeek.error().message;
    zeek_ = std::move(*zeek);
    proxy_ = std::make_unique<process::TcpProxy>(stack_.misp_http_port());
    stack_.route({proxy_->port(), 0, zeek_->port()});
    start_service();
    items_ = zeek_->items();
    ASSERT_GE(items_.size(), kAttributes);
  }

  void start_service() {
    stack_.start_service();
    stack_.wait_until_ready(seconds(60));
  }

  std::pair<std::string, std::int64_t> match(std::size_t number) const {
    return {items_.at(number % kAttributes).attribute_uuids,
            kFirst + static_cast<std::int64_t>(number)};
  }

  void see(std::size_t number) {
    contract::Sighting sighting;
    std::tie(sighting.attribute_uuids, std::ignore) = match(number);
    sighting.seen_at = static_cast<std::uint64_t>(match(number).second);
    zeek_->see(std::move(sighting));
  }

  InMisp in_misp() const {
    InMisp all;
    std::set<std::uint64_t> events;
    for (const auto& item : items_) {
      events.insert(item.entry.event_id);
    }
    for (const auto event : events) {
      for (const auto& sighting : stack_.get("/sightings/index/" + std::to_string(event))) {
        const auto& row = sighting.contains("Sighting") ? sighting["Sighting"] : sighting;
        ++all[{row.at("attribute_uuid").get<std::string>(),
               std::stoll(row.at("date_sighting").get<std::string>())}];
      }
    }
    return all;
  }

  void fault(std::size_t number) {
    switch (number % 4) {
      case 0:
        stack_.kill_service();
        start_service();
        break;
      case 1:
        proxy_->close();
        std::this_thread::sleep_for(milliseconds(100));
        proxy_->open();
        break;
      case 2:
        stack_.kill_misp();
        stack_.start_misp();
        break;
      default:
        // Zeek's memory is gone, and the service does not know yet.
        lost_ = zeek_->restart_package();
        stack_.kill_service();
        start_service();
    }
  }

  stack::Stack stack_;
  std::unique_ptr<sim::ZeekSim> zeek_;
  std::unique_ptr<process::TcpProxy> proxy_;
  std::vector<Item> items_;
  std::size_t lost_ = 0;  ///< sightings that went with Zeek in the last fault
};

TEST_F(KilledSightings, AreAllInMispAndAtMostTheOnesUnderWayTwice) {
  start();
  std::set<std::pair<std::string, std::int64_t>> expected;
  std::set<std::pair<std::string, std::int64_t>> lost;
  std::vector<std::size_t> told;
  std::size_t number = 0;
  for (std::size_t phase = 0; phase < kFaults; ++phase) {
    for (; number < kMatches * (phase + 1) / kFaults; ++number) {
      see(number);
      told.push_back(number);
    }
    // Somewhere in the middle of what that leads to.
    std::this_thread::sleep_for(milliseconds(5 * phase));
    lost_ = 0;
    fault(phase);
    for (std::size_t i = 0; i < lost_; ++i) {
      lost.insert(match(told[told.size() - 1 - i]));
    }
  }
  for (std::size_t n = 0; n < kMatches; ++n) {
    if (!lost.contains(match(n))) {
      expected.insert(match(n));
    }
  }
  InMisp all;
  const auto missing = process::missing_at_last(
      [&] {
        all = in_misp();
        return static_cast<std::size_t>(std::count_if(
            expected.begin(), expected.end(), [&](const auto& one) { return !all.contains(one); }));
      },
      seconds(1));
  std::size_t repeated = 0;
  for (const auto& [one, times] : all) {
    repeated += static_cast<std::size_t>(times - 1);
    EXPECT_TRUE(expected.contains(one) || lost.contains(one)) << one.first << " " << one.second;
  }
  std::printf("%zu matches, %zu faults: %zu in MISP, %zu went with Zeek, %zu repeated\n", kMatches,
              kFaults, all.size(), lost.size(), repeated);
  EXPECT_EQ(missing, 0U);
  EXPECT_LE(repeated, kFaults);
  EXPECT_EQ(zeek_->waiting_sightings(), 0U);
  stack_.stop_service();
  stack_.keep_files(HasFailure());
}

}  // namespace
}  // namespace misp_zeek::e2e
