// SPDX-License-Identifier: BSD-3-Clause
// A real Zeek that reports 10,000 matches, and kill -9 for Zeek, the service and MISP. A Zeek that
// lives on loses nothing; of one that was killed, what the service had acknowledged is not lost.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "process/temporary_folder.h"
#include "process/waiting.h"
#include "stack/stack.h"

namespace misp_zeek::e2e {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kNames = 500;
constexpr std::size_t kMatches = 10'000;
constexpr std::size_t kFaults = 9;
/// Reading all costs the simulator time.
constexpr milliseconds kLook{500};

/// Sees every name once a second until there is a file "enough". Each sighting is a line "instance
/// attribute second" in taken.log as soon as the package has it, and in acknowledged.log before the
/// package forgets it. All lives of Zeek write to the same files.
constexpr const char* kScript = R"(module MISP;
redef max_item_sightings = 0;
global rounds: event();
global taken = open_for_append("taken.log");
global acknowledged = open_for_append("acknowledged.log");
global last_second = 0;
function line_of(sighting: SightingV2): string
	{
	return fmt("%s %s %d", queue_instance("MISP"), sighting$attribute_uuids, sighting$seen_at);
	}
event MISP::rounds()
	{
	if ( file_size("enough") >= 0.0 )
		return;
	local second = double_to_count(floor(time_to_double(network_time())));
	if ( second != last_second && all_items() == 500 )
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
event Intel::match(s: Intel::Seen, items: set[Intel::Item]) &priority=-10
	{
	local q = sighting_queues["MISP"];
	print taken, line_of(q$waiting[q$first + |q$waiting| - 1]);
	flush_all();
	}
event MISP::seen_ack_v2(m: SeenAckV2) &priority=10
	{
	local q = sighting_queues["MISP"];
	if ( m$instance != queue_instance("MISP") || m$seq != q$seq )
		return;
	for ( _, sighting in q$under_way )
		print acknowledged, line_of(sighting);
	flush_all();
	}
)";

/// An attribute and the second in which it was seen; how often.
using Sightings = std::map<std::pair<std::string, std::int64_t>, int>;

/// What one life of Zeek wrote down.
struct Life {
  std::string instance;
  Sightings taken;
  Sightings acknowledged;
};

std::size_t missing_in(const Sightings& wanted, const Sightings& there) {
  return static_cast<std::size_t>(std::count_if(
      wanted.begin(), wanted.end(), [&](const auto& one) { return !there.contains(one.first); }));
}

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
                       .state = true,
                       .misp_state = true});
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
    stack_->start_service();
    stack_->wait_until_ready(seconds(90));
  }

  /// In their order.
  std::vector<Life> lives() const {
    std::vector<Life> lives;
    read("taken.log", lives, &Life::taken);
    read("acknowledged.log", lives, &Life::acknowledged);
    return lives;
  }

  void read(const std::string& name, std::vector<Life>& lives, Sightings Life::*into) const {
    std::ifstream file(stack_->file(name));
    for (std::string line; std::getline(file, line);) {
      std::istringstream words(line);
      std::string instance;
      std::string attribute;
      std::string second;
      words >> instance >> attribute >> second;
      // A kill may have cut a line off.
      if (attribute.size() != 36 || second.size() != 10) {
        continue;
      }
      auto life = std::find_if(lives.begin(), lives.end(),
                               [&](const Life& known) { return known.instance == instance; });
      if (life == lives.end()) {
        life = lives.insert(life, {instance, {}, {}});
      }
      ++((*life).*into)[{attribute, std::stoll(second)}];
    }
  }

  std::size_t count(const std::string& name) const {
    std::ifstream file(stack_->file(name));
    std::size_t lines = 0;
    for (std::string line; std::getline(file, line);) {
      ++lines;
    }
    return lines;
  }

  bool wait_for_acknowledged(std::size_t number) const {
    return process::missing_at_last([&] {
             const std::size_t have = count("acknowledged.log");
             return have < number ? number - have : 0;
           }) == 0;
  }

  Sightings in_misp() const {
    Sightings all;
    for (const auto& row : stack_->get("/sightings/index/" + event_)) {
      ++all[{row.at("attribute_uuid").get<std::string>(),
             std::stoll(row.at("date_sighting").get<std::string>())}];
    }
    return all;
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
        stack_->kill_misp();
        stack_->start_misp();
    }
    stack_->wait_until_ready(seconds(90));
  }

  process::TemporaryFolder scripts_;
  std::unique_ptr<stack::Stack> stack_;
  std::string event_;
};

TEST_F(KilledRealZeek, LosesOnlyWhatAKilledZeekHadNotHadAcknowledged) {
  const std::string zeek = stack::find_zeek("auto");
  if (zeek.empty()) {
    GTEST_SKIP() << "no Zeek that this build's Broker speaks to";
  }
  start(zeek);
  for (std::size_t n = 0; n < kFaults; ++n) {
    // Somewhere between a message and its end.
    ASSERT_TRUE(wait_for_acknowledged(kMatches * (n + 1) / (kFaults + 1))) << n;
    std::this_thread::sleep_for(milliseconds(17 * n));
    fault(n);
  }
  ASSERT_TRUE(wait_for_acknowledged(kMatches));
  std::ofstream(stack_->file("enough")) << "\n";
  // The last Zeek lives, so it must get rid of all that it took.
  EXPECT_EQ(process::missing_at_last(
                [&] {
                  const Life living = lives().back();
                  return missing_in(living.taken, living.acknowledged);
                },
                kLook),
            0U);
  Sightings taken;
  Sightings owed;
  std::size_t in_memory = 0;
  for (const Life& life : lives()) {
    for (const auto& [one, times] : life.taken) {
      taken[one] += times;
    }
    owed.insert(life.acknowledged.begin(), life.acknowledged.end());
    in_memory += missing_in(life.taken, life.acknowledged);
  }
  EXPECT_EQ(missing_in(owed, taken), 0U);
  Sightings all;
  EXPECT_EQ(process::missing_at_last(
                [&] {
                  all = in_misp();
                  return missing_in(owed, all);
                },
                kLook),
            0U);
  EXPECT_EQ(missing_in(all, taken), 0U);
  std::size_t repeated = 0;
  for (const auto& [one, times] : all) {
    repeated += static_cast<std::size_t>(std::max(times - taken[one], 0));
  }
  std::printf(
      "%zu taken, %zu acknowledged, %zu in MISP, %zu repeated; killed Zeeks had %zu "
      "unacknowledged, "
      "of which %zu are not in MISP\n",
      taken.size(), owed.size(), all.size(), repeated, in_memory, missing_in(taken, all));
  // One request is under way at a kill of the service or of MISP.
  EXPECT_LE(repeated, kFaults - kFaults / 3);
  stack_->stop_service();
  stack_->keep_files(HasFailure());
}

}  // namespace
}  // namespace misp_zeek::e2e
