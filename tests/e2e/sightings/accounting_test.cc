// SPDX-License-Identifier: BSD-3-Clause
// Every match is in one metric: taken, or kept back by Zeek and why. With a real Zeek where there
// is one.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <utility>

#include "process/process.h"
#include "process/waiting.h"
#include "stack/stack.h"
#include "web/client.h"
#include "zeek_sim/zeek_sim.h"

namespace misp_zeek::e2e {
namespace {

using nlohmann::json;
using process::eventually;
using std::chrono::seconds;

constexpr const char* kName = "c2.example";

class Accounting : public testing::Test {
 protected:
  void start(const std::string& zeek) {
    stack_ = std::make_unique<stack::Stack>(stack::Options{
        .zeek = zeek,
        .transport = zeek.empty() ? sim::Transport::kBroker : sim::Transport::kWebSocket,
        .misp_arguments = {"--empty"},
        .settings = "[sightings]\naggregate = \"1s\"\nmax_per_second = 1000\n",
        .state = true});
    stack_->start_misp();
    const json event = stack_->post("/events/add", {{"info", "counted"}, {"distribution", "3"}});
    const auto id = event.at("Event").at("id").get<std::string>();
    stack_->post("/attributes/add/" + id, {{"type", "domain"}, {"value", kName}, {"to_ids", true}});
    // A second one behind the same entry: a match counts once for each.
    stack_->post("/attributes/add/" + id,
                 {{"type", "hostname"}, {"value", kName}, {"to_ids", true}});
    if (zeek.empty()) {
      auto stand_in = sim::ZeekSim::start(
          {.address = "127.0.0.1", .port = 0, .tls = {}, .disable_tls = true, .package = {}});
      if (!stand_in) {
        throw std::runtime_error(stand_in.error().message);
      }
      stand_in_ = std::move(*stand_in);
      stack_->route({0, 0, stand_in_->port()});
    } else {
      stack_->start_zeek();
    }
    start_service();
  }
  ~Accounting() override {
    if (stack_) {
      stack_->keep_files(HasFailure());
    }
  }

  void start_service() {
    stack_->start_service();
    stack_->wait_until_ready(seconds(60));
  }
  void see(int times) {
    for (int i = 0; i < times; ++i) {
      stack_->see(kName);
    }
  }
  /// The sum over the samples of a metric.
  std::uint64_t metric(const std::string& name) const {
    web::Client client(stack_->health_port());
    const auto answer = client.get("/metrics");
    std::uint64_t sum = 0;
    const std::string all = "\n" + (answer ? answer->body : "");
    for (auto at = all.find("\n" + name); at != std::string::npos;
         at = all.find("\n" + name, at + 1)) {
      const auto space = all.find(' ', at);
      sum += std::stoull(all.substr(space + 1, all.find('\n', space) - space - 1));
    }
    return sum;
  }
  std::uint64_t taken() const { return metric("misp_zeek_sighting_matches_total "); }
  std::uint64_t suppressed() const {
    return metric("misp_zeek_sighting_suppressed_matches_total{");
  }
  bool comes_to(std::uint64_t matches) const {
    return eventually([&] { return taken() + suppressed() == matches; }, seconds(10));
  }

  std::unique_ptr<stack::Stack> stack_;
  std::unique_ptr<sim::ZeekSim> stand_in_;
};

TEST_F(Accounting, OfARealZeekNamesEveryMatchWithinTenSecondsAndOverKills) {
  const std::string zeek = stack::find_zeek("auto", sim::Transport::kWebSocket);
  if (zeek.empty()) {
    GTEST_SKIP() << "no Zeek on this machine";
  }
  start(zeek);
  see(12);
  EXPECT_TRUE(comes_to(24)) << taken() << " + " << suppressed();
  EXPECT_EQ(suppressed(), 14U) << "five within five seconds are reported";
  EXPECT_TRUE(eventually(
      [&] {
        return process::content_of(stack_->file("misp.log")).find("by caps 14") !=
               std::string::npos;
      },
      seconds(10)))
      << "Zeek's own log says so";

  stack_->kill_service();
  see(12);
  start_service();
  EXPECT_TRUE(comes_to(48)) << taken() << " + " << suppressed();

  stack_->kill_zeek();
  stack_->start_zeek();
  stack_->wait_until_ready(seconds(60));
  EXPECT_TRUE(comes_to(48)) << "a new Zeek counts from 0";
  EXPECT_TRUE(eventually([&] { return stack_->held_indicators() == 1; }));
  see(12);
  EXPECT_TRUE(comes_to(72)) << taken() << " + " << suppressed();
  stack_->stop_service();
}

TEST_F(Accounting, SurvivesKillsOfTheServiceAndWhatComesMeanwhile) {
  start("");
  const auto suppress = [&](std::uint64_t matches) { stand_in_->suppress(matches); };
  const auto sight = [&](const std::string& attribute, std::int64_t ago) {
    contract::Sighting sighting;
    sighting.attribute_uuids = attribute;
    sighting.seen_at = static_cast<std::uint64_t>(std::time(nullptr) - ago);
    stand_in_->see(std::move(sighting));
  };
  const std::string both = stand_in_->items().front().attribute_uuids;
  suppress(9'590);
  sight(both, 60);
  EXPECT_TRUE(comes_to(9'592)) << taken() << " + " << suppressed();
  for (std::uint64_t kill = 1; kill <= 3; ++kill) {
    stack_->kill_service();
    suppress(100);
    sight(both, 60);
    start_service();
    EXPECT_TRUE(comes_to(9'592 + kill * 102)) << taken() << " + " << suppressed();
  }
  // Neither known nor of this time: dropped, and counted as taken all the same.
  sight("00000000-0000-4000-8000-000000000001", 60);
  sight(both, 86'400 * 30);
  EXPECT_TRUE(comes_to(9'592 + 306 + 3)) << taken() << " + " << suppressed();
  EXPECT_EQ(metric("misp_zeek_sighting_dropped_matches_total{reason=\"implausible\"}"), 3U);
  EXPECT_TRUE(eventually([&] {
    return metric("misp_zeek_sighting_sent_matches_total ") +
               metric("misp_zeek_sighting_waiting_matches ") +
               metric("misp_zeek_sighting_dropped_matches_total{") ==
           taken();
  }));
  stack_->stop_service();
}

}  // namespace
}  // namespace misp_zeek::e2e
