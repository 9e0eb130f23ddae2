// SPDX-License-Identifier: BSD-3-Clause
// A real Zeek that reports 10,000 matches, and kill -9 for Zeek and the service, cut connections
// for MISP. What the service acknowledged to Zeek must come to MISP; what Zeek had in memory may
// go.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <thread>
#include <utility>

#include "process/tcp_proxy.h"
#include "process/temporary_folder.h"
#include "stack/stack.h"

namespace misp_zeek::e2e {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr int kNames = 500;
constexpr std::size_t kMatches = 10'000;
constexpr std::size_t kFaults = 9;

/// Sees every name once a second, and writes down which sightings were acknowledged, before the
/// package forgets them. Each line is "attribute second", and lines of all lives of Zeek add up.
constexpr const char* kScript = R"(module MISP;
redef max_item_sightings = 0;
global acknowledged = open_for_append("acknowledged.log");
global last_second = 0;
event rounds()
	{
	local second = double_to_count(floor(time_to_double(network_time())));
	if ( second != last_second && item_count() == 500 )
		{
		last_second = second;
		local i = 0;
		while ( i < 500 )
			{
			Intel::seen(Intel::Seen($indicator=fmt("n%d.kill.example", i),
			                        $indicator_type=Intel::DOMAIN, $where=Intel::IN_ANYWHERE));
			++i;
			}
		}
	schedule 50msec { MISP::rounds() };
	}
event zeek_init()
	{
	schedule 50msec { MISP::rounds() };
	}
event MISP::seen_ack_v1(of_instance: string, seq: count) &priority=10
	{
	if ( of_instance != instance || seq != seen_seq )
		return;
	for ( _, sighting in under_way )
		print acknowledged, fmt("%s %d", sighting$attribute_uuids, sighting$seen_at);
	flush_all();
	}
)";

/// How often each (attribute, second).
using Sightings = std::map<std::pair<std::string, std::int64_t>, int>;

class KilledRealZeek : public testing::Test {
 protected:
  void start(const std::string& zeek) {
    stack_ = std::make_unique<stack::Stack>(
        stack::Options{.zeek = zeek,
                       .misp_arguments = {"--empty"},
                       .zeek_arguments = {scripts_.write("rounds.zeek", kScript)},
                       // A second of a name is a sighting of its own.
                       .settings = "[sightings]\naggregate = \"1s\"\nmax_per_second = 1000\n",
                       .start_limit = seconds(60),
                       .state = true});
    stack_->start_misp();
    const json event = stack_->post("/events/add", {{"info", "kill"}, {"distribution", "3"}});
    event_ = event.at("Event").at("id").get<std::string>();
    for (int n = 0; n < kNames; ++n) {
      stack_->post("/attributes/add/" + event_,
                   {{"type", "domain"},
                    {"value", "n" + std::to_string(n) + ".kill.example"},
                    {"to_ids", true}});
    }
    stack_->start_zeek();
    proxy_ = std::make_unique<process::TcpProxy>(stack_->misp_http_port());
    stack_->route({proxy_->port(), 0, 0});
    stack_->start_service();
    stack_->wait_until_ready(seconds(90));
  }

  Sightings acknowledged() const {
    Sightings lines;
    std::ifstream file(stack_->file("acknowledged.log"));
    // A kill may have cut a line off.
    const std::regex whole("([0-9a-f-]{36}) ([0-9]{10})");
    std::smatch part;
    for (std::string line; std::getline(file, line);) {
      if (std::regex_match(line, part, whole)) {
        ++lines[{part[1].str(), std::stoll(part[2].str())}];
      }
    }
    return lines;
  }

  Sightings in_misp() const {
    Sightings all;
    for (const auto& row : stack_->get("/sightings/index/" + event_)) {
      ++all[{row.at("attribute_uuid").get<std::string>(),
             std::stoll(row.at("date_sighting").get<std::string>())}];
    }
    return all;
  }

  bool wait_for_acknowledged(std::size_t number) const {
    const auto deadline = steady_clock::now() + seconds(120);
    while (acknowledged().size() < number && steady_clock::now() < deadline) {
      std::this_thread::sleep_for(milliseconds(20));
    }
    return acknowledged().size() >= number;
  }

  void fault(std::size_t number) {
    switch (number % 3) {
      case 0:
        stack_->kill_zeek();
        stack_->start_zeek();
        break;
      case 1:
        stack_->kill_service();
        stack_->start_service();
        break;
      default:
        proxy_->close();
        std::this_thread::sleep_for(milliseconds(200));
        proxy_->open();
    }
    stack_->wait_until_ready(seconds(90));
  }

  process::TemporaryFolder scripts_;
  std::unique_ptr<stack::Stack> stack_;
  std::unique_ptr<process::TcpProxy> proxy_;
  std::string event_;
};

TEST_F(KilledRealZeek, WhatWasAcknowledgedIsInMispAndAtMostTheOnesUnderWayTwice) {
  const std::string zeek = stack::find_zeek("auto");
  if (zeek.empty()) {
    GTEST_SKIP() << "no Zeek that this build's Broker speaks to";
  }
  start(zeek);
  for (std::size_t n = 0; n < kFaults; ++n) {
    // Somewhere between a message and its end.
    ASSERT_TRUE(wait_for_acknowledged(kMatches * (n + 1) / kFaults)) << n;
    std::this_thread::sleep_for(milliseconds(17 * n));
    fault(n);
  }
  ASSERT_TRUE(wait_for_acknowledged(kMatches));
  stack_->kill_zeek();
  const Sightings told = acknowledged();
  Sightings all = in_misp();
  const auto missing = [&] {
    return std::count_if(told.begin(), told.end(),
                         [&](const auto& one) { return !all.contains(one.first); });
  };
  const auto deadline = steady_clock::now() + seconds(120);
  while (missing() > 0 && steady_clock::now() < deadline) {
    std::this_thread::sleep_for(milliseconds(500));
    all = in_misp();
  }
  std::size_t repeated = 0;
  for (const auto& [one, times] : all) {
    repeated += static_cast<std::size_t>(times - 1);
  }
  std::printf("%zu acknowledged, %zu in MISP, %zu repeated, %zu faults\n", told.size(), all.size(),
              repeated, kFaults);
  EXPECT_EQ(missing(), 0);
  EXPECT_LE(repeated, kFaults);
  stack_->stop_service();
  stack_->keep_files(HasFailure());
}

}  // namespace
}  // namespace misp_zeek::e2e
